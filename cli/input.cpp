#include "cli/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "cli/interrupt.hpp"

namespace lk::cli {
namespace {

std::string reason(int code) {
    return std::generic_category().message(code);
}

}  // namespace

std::string problem_with_input(const std::string& path) {
    if (path == "-") return {};
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0 || access(path.c_str(), R_OK) != 0) {
        return "can not read " + path + ": " + reason(errno);
    }
    if (S_ISDIR(facts.st_mode)) {
        return "can not read " + path + ": it is a directory; give the files in it";
    }
    return {};
}

Expected<Input, std::string> Input::open(const std::string& path) {
    if (path == "-") return Input(STDIN_FILENO, "stdin");
    // A pipe that nobody writes to yet must not hold up the opening: reading waits, and that can be
    // interrupted.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) return "can not read " + path + ": " + reason(errno);
    return Input(fd, path);
}

Input::Input(int fd, std::string name) noexcept : fd_(fd), name_(std::move(name)) {}

Input::Input(Input&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      error_(std::move(other.error_)) {}

Input::~Input() {
    if (fd_ > STDIN_FILENO) close(fd_);
}

bool Input::is_terminal() const noexcept {
    return isatty(fd_) == 1;
}

void Input::will_be_read_whole() const noexcept {
    posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

std::ptrdiff_t Input::read(std::span<char> buffer, const std::function<void()>& idle) {
    constexpr int a_second = 1000;
    while (true) {
        if (interrupted()) return -1;
        pollfd waiting[2] = {{fd_, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
        const int some = poll(waiting, 2, a_second);
        if (some == 0) idle();
        if (some <= 0) continue;
        if (waiting[0].revents == 0) continue;
        const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
        if (got >= 0) return got;
        if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) continue;
        error_ = "reading " + name_ + " failed: " + reason(errno);
        return -1;
    }
}

}  // namespace lk::cli
