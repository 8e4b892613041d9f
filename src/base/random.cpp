#include "base/random.hpp"

#include <openssl/rand.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

namespace lk {
namespace {

// Counts the forks between this process and the one that loaded the library.
std::atomic<std::uint32_t> fork_generation{1};

[[maybe_unused]] const int fork_handler = pthread_atfork(
    nullptr, nullptr, [] { fork_generation.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

void RandomBytes::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        if (used_ == store_.size() ||
            process_generation_ != fork_generation.load(std::memory_order_relaxed)) {
            refill();
        }
        const std::size_t count = std::min(out.size(), store_.size() - used_);
        std::memcpy(out.data(), store_.data() + used_, count);
        used_ += count;
        out = out.subspan(count);
    }
}

std::uint64_t RandomBytes::below(std::uint64_t bound) {
    if (bound == 0) return 0;
    std::uint64_t drawn = 0;
    fill({reinterpret_cast<std::uint8_t*>(&drawn), sizeof drawn});
    return drawn % bound;
}

void RandomBytes::refill() {
    // Without random bytes ids would collide, and nothing the caller could do would help.
    if (RAND_bytes(store_.data(), static_cast<int>(store_.size())) != 1) std::abort();
    process_generation_ = fork_generation.load(std::memory_order_relaxed);
    used_ = 0;
}

}  // namespace lk
