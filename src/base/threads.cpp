#include "base/threads.hpp"

#include <pthread.h>

#include <csignal>

namespace lk {

std::thread start_thread(const char* name, std::function<void()> body) {
    // A new thread inherits the mask, so it is never open to a signal, not even for a moment.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct Restore {
        sigset_t* mask;
        ~Restore() { pthread_sigmask(SIG_SETMASK, mask, nullptr); }
    } const restore{&before};
    std::thread thread(std::move(body));
    pthread_setname_np(thread.native_handle(), name);
    return thread;
}

}  // namespace lk
