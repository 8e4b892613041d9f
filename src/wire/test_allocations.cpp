#include "wire/test_allocations.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t largest_bytes = 0;

}  // namespace

namespace lk::wire {

std::size_t largest_allocation() noexcept {
    return largest_bytes;
}
void forget_allocations() noexcept {
    largest_bytes = 0;
}

}  // namespace lk::wire

// All of the forms, as a sanitizer brings its own and takes a mixture for a mistake; and in a file
// of its own, as the compiler takes the pairs for one where it can look into them.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    largest_bytes = std::max(largest_bytes, bytes);
    return std::malloc(bytes);
}
void* operator new(std::size_t bytes) {
    if (void* const memory = operator new(bytes, std::nothrow)) return memory;
    throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) {
    return operator new(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
    return operator new(bytes, std::nothrow);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
