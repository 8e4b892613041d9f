#include "allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> count{0};
thread_local std::uint64_t count_of_this_thread = 0;

void* counted(std::size_t bytes) {
    count.fetch_add(1, std::memory_order_relaxed);
    ++count_of_this_thread;
    if (void* memory = std::malloc(bytes)) return memory;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) {
    return counted(bytes);
}
void* operator new[](std::size_t bytes) {
    return counted(bytes);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace lk::bench {

std::uint64_t allocations() noexcept {
    return count.load(std::memory_order_relaxed);
}

std::uint64_t allocations_of_this_thread() noexcept {
    return count_of_this_thread;
}

}  // namespace lk::bench
