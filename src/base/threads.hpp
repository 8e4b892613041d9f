#pragma once

#include <functional>
#include <thread>

namespace lk {

/// A thread of the library: all signals blocked, so that the program's handlers run on the
/// program's own threads, and named (at most 15 characters) for whoever looks with a debugger.
std::thread start_thread(const char* name, std::function<void()> body);

}  // namespace lk
