#include "base/borrowed_thread.hpp"

#include <pthread.h>

#include <cerrno>
#include <ctime>

namespace lk {
namespace {

sigset_t broken_pipe() noexcept {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

bool is_pending() noexcept {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

}  // namespace

BorrowedThread::BorrowedThread() noexcept {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state_before_);
    const sigset_t set = broken_pipe();
    pthread_sigmask(SIG_BLOCK, &set, &mask_before_);
    was_blocked_ = sigismember(&mask_before_, SIGPIPE) == 1;
    // One that is blocked may wait for the program to take it.
    was_pending_ = was_blocked_ && is_pending();
}

BorrowedThread::~BorrowedThread() {
    // One of ours waits for this thread, and would be delivered with the old mask.
    if (!was_pending_) {
        const sigset_t set = broken_pipe();
        const timespec no_time{};
        while (sigtimedwait(&set, nullptr, &no_time) < 0 && errno == EINTR) {
        }
    }
    if (!was_blocked_) pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    pthread_setcancelstate(cancel_state_before_, nullptr);
}

}  // namespace lk
