#include "memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

namespace lk::soak {

namespace {

using namespace std::chrono_literals;

constexpr auto a_moment = 200ms;
constexpr int most_moments = 50;

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t all_pages = 0;
    std::size_t resident_pages = 0;
    statm >> all_pages >> resident_pages;
    return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// In runs of 120 s with 10,000 events/s what is allocated grew by 4 KiB, what is resident by 0.1
// MiB. A hundred bytes leaked in a thousand events make 50 KiB in such a run.
constexpr std::size_t most_allocated_growth = std::size_t{16} * 1024;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// What their own malloc() keeps comes and goes.
constexpr std::size_t most_resident_growth = std::size_t{24} * 1024 * 1024;
#else
constexpr std::size_t most_resident_growth = std::size_t{512} * 1024;
#endif

std::optional<std::string> growth_of(const std::vector<Memory>& seen, std::size_t Memory::*bytes,
                                     const char* what, std::size_t most) {
    const auto least = [&](auto from, auto to) {
        const auto found = std::min_element(from, to, [&](const Memory& one, const Memory& other) {
            return one.*bytes < other.*bytes;
        });
        return (*found).*bytes;
    };
    const auto quarter = static_cast<std::ptrdiff_t>(seen.size() / 4);
    const std::size_t before = least(seen.begin() + quarter, seen.begin() + 2 * quarter);
    const std::size_t after = least(seen.end() - quarter, seen.end());
    if (after <= before + most) return std::nullopt;
    return std::string(what) + " memory grew from " + std::to_string(before / 1024) + " to " +
           std::to_string(after / 1024) + " KiB, by more than " + std::to_string(most / 1024);
}

}  // namespace

Memory Memory::now() {
    malloc_trim(0);
    const auto all = mallinfo2();
    return {.allocated = all.uordblks + all.hblkhd, .resident = resident_bytes()};
}

Memory Memory::once_quiet() {
    Memory last = now();
    for (int moment = 0; moment < most_moments; ++moment) {
        std::this_thread::sleep_for(a_moment);
        const Memory next = now();
        if (next.allocated == last.allocated) return next;
        last = next;
    }
    return last;
}

std::optional<std::string> MemoryWatch::growth() const {
    const bool is_known = seen_.size() >= 4 && seen_.back().allocated > 0;
    if (!is_known) return std::nullopt;
    auto grown = growth_of(seen_, &Memory::allocated, "allocated", most_allocated_growth);
    if (grown) return grown;
    return growth_of(seen_, &Memory::resident, "resident", most_resident_growth);
}

}  // namespace lk::soak
