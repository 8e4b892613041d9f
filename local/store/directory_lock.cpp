#include "local/store/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace lk::local {

namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
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

bool write_holder(int file) {
    const std::string text =
        "process " + std::to_string(::getpid()) + " (" + program_invocation_short_name + ")\n";
    return ::ftruncate(file, 0) == 0 &&
           ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

Expected<DirectoryLock, Error> DirectoryLock::claim(const std::string& directory) {
    // A data directory holds a private key and other people's data, so nobody else gets in.
    std::error_code error;
    const bool existed = std::filesystem::is_directory(directory, error);
    if (!existed) {
        std::filesystem::create_directories(directory, error);
        if (!error) {
            std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
        }
        if (error) {
            return refused("cannot create the data directory " + directory + ": " +
                           error.message());
        }
    }
    const std::string path = directory + "/lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return refused("cannot use the data directory " + directory + ": " + path + ": " +
                       reason(errno));
    }
    DirectoryLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return refused("cannot lock the data directory " + directory + ": " + reason(errno));
        }
        return refused("the data directory " + directory + " is in use by " + holder(file) +
                       "; stop that, talk to it over its endpoint, or use another directory");
    }
    if (!write_holder(file)) {
        return refused("cannot write " + path + ": " + reason(errno));
    }
    return lock;
}

DirectoryLock::~DirectoryLock() {
    if (file_ >= 0) ::close(file_);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

}  // namespace lk::local
