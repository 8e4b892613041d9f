#include "failing_new.hpp"

#include <sys/prctl.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

constexpr std::size_t thread_name_bytes = 16;
char other_thread[thread_name_bytes];
std::atomic<bool> others_fail{false};
std::atomic<std::uint64_t> others_number{0};
std::uint64_t others_first = 0;
std::uint64_t others_last = 0;
std::atomic<std::uint64_t> others_failed{0};

bool must_fail_by_name() noexcept {
    if (!others_fail.load(std::memory_order_acquire)) return false;
    char name[thread_name_bytes] = {};
    prctl(PR_GET_NAME, name);
    if (std::strncmp(name, other_thread, sizeof name) != 0) return false;
    const std::uint64_t number = ++others_number;
    if (number < others_first || number > others_last) return false;
    ++others_failed;
    return true;
}

thread_local std::uint64_t left = 0;
thread_local bool failed = false;

bool must_fail() noexcept {
    if (must_fail_by_name()) return true;
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

void fail_allocations_of(const char* thread, std::uint64_t first, std::uint64_t count) {
    std::strncpy(other_thread, thread, sizeof other_thread - 1);
    others_number = 0;
    others_failed = 0;
    others_first = first;
    others_last = first + count - 1;
    others_fail.store(true, std::memory_order_release);
}

std::uint64_t stop_failing_others() {
    others_fail.store(false, std::memory_order_release);
    return others_failed;
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

// A sanitizer's own would not fit to what is deleted here.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return must_fail() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
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
