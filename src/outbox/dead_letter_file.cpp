#include "outbox/dead_letter_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace lk::outbox {

namespace {

/// The file is this process's while one lives. fcntl()'s lock: a child does not share it.
class Locked {
  public:
    explicit Locked(int file) : file_(file) { set(F_WRLCK); }
    ~Locked() { set(F_UNLCK); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

  private:
    // Where there are no locks, as on a pipe, whole lines are written all the same.
    void set(short type) const {
        struct flock whole {};
        whole.l_type = type;
        whole.l_whence = SEEK_SET;
        while (::fcntl(file_, F_SETLKW, &whole) != 0 && errno == EINTR) {
        }
    }

    int file_;
};

bool ends_within_a_line(int file) {
    struct stat facts {};
    char last = '\n';
    return ::fstat(file, &facts) == 0 && facts.st_size > 0 &&
           ::pread(file, &last, 1, facts.st_size - 1) == 1 && last != '\n';
}

// Zero, or the reason.
int write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
}

int synchronize(int file) {
    if (::fdatasync(file) == 0) return 0;
    // What is no file, such as a pipe or a terminal, cannot be synchronised.
    return errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
}

// That its name stands after the machine fails.
void synchronize_folder_of(const std::string& path) {
    const std::filesystem::path parent = std::filesystem::absolute(path).parent_path();
    const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    ::fsync(folder);
    ::close(folder);
}

}  // namespace

Error DeadLetterFile::failed(const char* doing, int reason) const {
    return {.code = ErrorCode::outbox,
            .message = std::string("cannot ") + doing + " the dead letter file " + path_ + ": " +
                       std::generic_category().message(reason) +
                       "; see that its folder is there, that this user may write it and that the "
                       "disk has room, or name another file"};
}

Expected<std::unique_ptr<DeadLetterFile>, Error> DeadLetterFile::open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    std::unique_ptr<DeadLetterFile> opened(new DeadLetterFile(path, file));
    if (file < 0) {
        Error error = opened->failed("open", errno);
        error.code = ErrorCode::bad_option;
        return error;
    }
    synchronize_folder_of(path);
    const Locked locked(file);
    if (ends_within_a_line(file)) {
        if (const int reason = write_all(file, "\n")) return opened->failed("write", reason);
    }
    return opened;
}

DeadLetterFile::~DeadLetterFile() {
    if (file_ >= 0) ::close(file_);
}

std::optional<Error> DeadLetterFile::append(std::span<const std::string_view> lines) {
    const auto is_several = [](std::string_view line) {
        return line.find('\n') != std::string_view::npos;
    };
    if (std::any_of(lines.begin(), lines.end(), is_several)) {
        return Error{.code = ErrorCode::bad_input,
                     .message =
                         "a dead letter must be one line, and this one has a line's end in "
                         "it"};
    }
    if (origin_.inherited()) {
        return Error{.code = ErrorCode::forked,
                     .message = "the dead letter file " + path_ +
                                " was opened before fork(), in the parent process; open it again"};
    }
    const std::lock_guard lock(mutex_);
    const int reason = write_lines(lines);
    if (reason == 0) return std::nullopt;
    return failed("write", reason);
}

// Zero, or the reason. What is written of lines that cannot be written wholly is taken back.
int DeadLetterFile::write_lines(std::span<const std::string_view> lines) {
    const Locked locked(file_);
    struct stat before {};
    const bool is_file = ::fstat(file_, &before) == 0 && S_ISREG(before.st_mode);
    text_.clear();
    if (is_file && ends_within_a_line(file_)) text_ += '\n';
    for (const std::string_view line : lines) text_.append(line).append("\n");
    int reason = write_all(file_, text_);
    if (reason == 0) reason = synchronize(file_);
    // Where that fails, too, the next line begins with the end of this one.
    if (reason != 0 && is_file && ::ftruncate(file_, before.st_size) != 0) return reason;
    return reason;
}

}  // namespace lk::outbox
