#pragma once

#include <coroutine>
#include <exception>
#include <future>

namespace lk {

/// The smallest coroutine that a test can wait for.
struct Task {
    struct promise_type {
        std::promise<void> finished;
        Task get_return_object() { return {finished.get_future()}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { finished.set_value(); }
        void unhandled_exception() { finished.set_exception(std::current_exception()); }
    };
    std::future<void> finished;
};

}  // namespace lk
