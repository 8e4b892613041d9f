#include "cli/interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace lk::cli {
namespace {

std::atomic<bool> asked_to_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler stores to it");

int pipe_ends[2] = {-1, -1};

void on_signal(int) {
    const int saved = errno;
    asked_to_stop.store(true, std::memory_order_relaxed);
    // Whoever sends a second one does not want to wait for the rest.
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    // The pipe is empty, so a byte always fits.
    [[maybe_unused]] const ssize_t written = write(pipe_ends[1], "!", 1);
    errno = saved;
}

}  // namespace

void watch_for_interrupts() {
    if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "can not make a pipe");
    }
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    for (const int signal : {SIGINT, SIGTERM}) {
        // A shell that starts the command in the background has SIGINT ignored; it stays so.
        struct sigaction before {};
        sigaction(signal, nullptr, &before);
        if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
    }
}

bool interrupted() noexcept {
    return asked_to_stop.load(std::memory_order_relaxed);
}

int interrupt_fd() noexcept {
    return pipe_ends[0];
}

bool wait_for_interrupt(std::chrono::milliseconds at_most) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point until = Clock::now() + at_most;
    while (!interrupted()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0) break;
        const auto step = std::min(left, std::chrono::milliseconds(std::chrono::hours(1)));
        pollfd waiting{interrupt_fd(), POLLIN, 0};
        poll(&waiting, 1, static_cast<int>(step.count()));
    }
    return interrupted();
}

}  // namespace lk::cli
