#include "base/directory_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "base/per_process.hpp"

namespace lk {

namespace {

// The lock is one of fcntl(): unlike flock()'s it is not handed on by fork(). But it knows no
// difference within a process, and is lost when the process closes any descriptor of the file:
// what this process holds is not opened again.
struct Held {
    std::mutex mutex;
    std::set<std::pair<std::uint64_t, std::uint64_t>> files;  // device and inode
};

constinit PerProcess<Held> held;

// With the mend, where there is one.
std::string reason(int error) {
    const bool lacks_rights = error == EACCES || error == EPERM || error == EROFS;
    return std::generic_category().message(error) +
           (lacks_rights ? "; choose one that this user may write to" : "");
}

Error refused(std::string message) {
    return {.code = ErrorCode::bad_option, .message = std::move(message)};
}

std::string read_all(int file) {
    char text[256];
    const ssize_t count = ::pread(file, text, sizeof text, 0);
    return count > 0 ? std::string(text, static_cast<std::size_t>(count)) : std::string();
}

/// "process 4711 (lk-dispatch)": what the holder wrote, printable characters alone.
std::string holder(int file) {
    std::string text;
    for (const char c : read_all(file)) {
        if (c >= ' ' && c <= '~') text += c;
    }
    return text.empty() ? "another process" : text;
}

// Over what is there: given up, its place might be somebody else's on a full disk.
bool write_holder(int file) {
    const std::string text =
        "process " + std::to_string(::getpid()) + " (" + program_invocation_short_name + ")\n";
    const auto bytes = static_cast<ssize_t>(text.size());
    return ::pwrite(file, text.data(), text.size(), 0) == bytes && ::ftruncate(file, bytes) == 0;
}

// It may hold other people's data, so nobody else gets in.
std::error_code make_private(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (!error) {
        std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    }
    return error;
}

bool lock_file(int file) {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return ::fcntl(file, F_SETLK, &whole) == 0;
}

}  // namespace

Expected<DirectoryLock, Error> DirectoryLock::claim(const std::string& directory,
                                                    const DirectoryUse& use) {
    const std::string named = std::string("the ") + use.name + " " + directory;
    std::error_code error;
    if (!std::filesystem::is_directory(directory, error)) {
        // Links that lead nowhere are something, too.
        if (std::filesystem::exists(std::filesystem::symlink_status(directory, error))) {
            return refused(named + " is not a folder; give one that is, or a name that is free");
        }
        if ((error = make_private(directory))) {
            return refused("cannot create " + named + ": " + reason(error.value()));
        }
    }
    const std::string path = directory + "/lock";
    Held& ours = held.get();
    const std::lock_guard guard(ours.mutex);
    struct stat facts {};
    const auto id = [&] {
        return std::pair<std::uint64_t, std::uint64_t>(facts.st_dev, facts.st_ino);
    };
    if (::stat(path.c_str(), &facts) == 0 && ours.files.contains(id())) {
        return refused(named + " is in use by this process already; " + use.mend);
    }
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::fstat(file, &facts) != 0) {
        const int failure = errno;
        if (file >= 0) ::close(file);
        return refused("cannot use " + named + ": " + path + ": " + reason(failure));
    }
    if (!lock_file(file)) {
        const int failure = errno;
        const std::string by = holder(file);
        ::close(file);
        if (failure != EAGAIN && failure != EACCES) {
            return refused("cannot lock " + named + ": " + reason(failure));
        }
        return refused(named + " is in use by " + by + "; " + use.mend);
    }
    if (!write_holder(file)) {
        const int failure = errno;
        ::close(file);
        return refused("cannot write " + path + ": " + reason(failure));
    }
    ours.files.insert(id());
    return DirectoryLock(file, facts.st_dev, facts.st_ino);
}

DirectoryLock::~DirectoryLock() {
    if (file_ < 0) return;
    if (origin_.inherited()) {
        ::close(file_);
        return;
    }
    Held& ours = held.get();
    const std::lock_guard guard(ours.mutex);
    ::close(file_);
    ours.files.erase({device_, inode_});
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      device_(other.device_),
      inode_(other.inode_),
      origin_(other.origin_) {}

}  // namespace lk
