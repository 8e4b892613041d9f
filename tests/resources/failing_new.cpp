#include "failing_new.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t left = 0;
thread_local bool failed = false;

bool must_fail() noexcept {
    if (left == 0 || --left > 0) return false;
    failed = true;
    return true;
}

void* checked(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

namespace lk::testing {

void fail_allocation(std::uint64_t number) {
    failed = false;
    left = number;
}

void stop_failing() {
    left = 0;
}

bool allocation_failed() {
    return failed;
}

}  // namespace lk::testing

void* operator new(std::size_t bytes) {
    return checked(must_fail() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes));
}

void* operator new(std::size_t bytes, std::align_val_t alignment) {
    const auto unit = static_cast<std::size_t>(alignment);
    return checked(must_fail() ? nullptr
                               : std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit));
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
