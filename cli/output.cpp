#include "cli/output.hpp"

#include <poll.h>
#include <unistd.h>
#include <climits>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "cli/interrupt.hpp"

namespace lk::cli {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

// How long a reader that takes nothing holds up an end that was asked for.
constexpr int patience_once_interrupted_ms = 1000;

}  // namespace

Output::Output() {
    held_.reserve(block_bytes);
}

void Output::write(std::string_view text) {
    if (failed()) return;
    held_ += text;
    if (held_.size() >= block_bytes) flush();
}

void Output::write_line(std::string_view line) {
    write(line);
    write("\n");
}

bool Output::flush() {
    std::string_view left = held_;
    while (!failed() && !left.empty()) {
        std::size_t bytes = left.size();
        if (interrupted()) {
            pollfd waiting{STDOUT_FILENO, POLLOUT, 0};
            if (poll(&waiting, 1, patience_once_interrupted_ms) == 0) {
                error_ = EINTR;
                break;
            }
            // A pipe that has room at all has room for this, so that write() does not wait.
            bytes = std::min<std::size_t>(bytes, PIPE_BUF);
        }
        const ssize_t written = ::write(STDOUT_FILENO, left.data(), bytes);
        if (written >= 0) {
            left.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd waiting[2] = {{STDOUT_FILENO, POLLOUT, 0}, {interrupt_fd(), POLLIN, 0}};
            poll(waiting, 2, -1);
        } else if (errno != EINTR) {
            error_ = errno;
        }
    }
    held_.clear();
    // A follower would else wait for the next record to learn that it may go.
    pollfd stdout_now{STDOUT_FILENO, 0, 0};
    if (!failed() && poll(&stdout_now, 1, 0) == 1 && (stdout_now.revents & POLLERR) != 0) {
        error_ = EPIPE;
    }
    return !failed();
}

bool Output::reader_gone() const noexcept {
    return error_ == EPIPE;
}

std::string Output::reason() const {
    return "writing to stdout failed: " + std::generic_category().message(error_);
}

}  // namespace lk::cli
