#pragma once

#include <csignal>

namespace lk {

/// While one lives, a thread of the program's does the library's work. A write to a connection that
/// the far end has closed must not end the program by SIGPIPE there (OpenSSL writes without
/// MSG_NOSIGNAL), nor may pthread_cancel() end the thread in the midst of it. All other signals
/// reach it as ever: it may be the only thread that takes Ctrl-C.
class BorrowedThread {
  public:
    BorrowedThread() noexcept;
    ~BorrowedThread();
    BorrowedThread(const BorrowedThread&) = delete;
    BorrowedThread& operator=(const BorrowedThread&) = delete;

  private:
    sigset_t mask_before_{};
    int cancel_state_before_ = 0;
    bool was_blocked_ = false;
    bool was_pending_ = false;
};

}  // namespace lk
