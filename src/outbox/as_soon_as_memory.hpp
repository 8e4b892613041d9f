#pragma once

#include <chrono>
#include <new>
#include <thread>

namespace lk::outbox {

/// For what must be done and only needs memory: does it, and where there is none does it again,
/// until there is. `work` must leave nothing half done when it throws std::bad_alloc.
template <class Work>
auto as_soon_as_memory(const Work& work) {
    for (;;) {
        try {
            return work();
        } catch (const std::bad_alloc&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
}

}  // namespace lk::outbox
