#include "base/fork.hpp"

#include <pthread.h>

#include <utility>

namespace lk {
namespace detail {

constinit std::atomic<std::uint32_t> forks{1};

}  // namespace detail

namespace {

[[maybe_unused]] const int fork_handler =
    pthread_atfork(nullptr, nullptr, [] { detail::forks.fetch_add(1, std::memory_order_relaxed); });

struct Kept {
    std::shared_ptr<const void> object;
    Kept* next;
};

// Without a destructor, and without a lock that another thread could have held at a fork.
constinit std::atomic<Kept*> all_kept{nullptr};

}  // namespace

void keep_for_good(std::shared_ptr<const void> inherited) noexcept {
    if (inherited == nullptr) return;
    // A child without memory for this ends here.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new)
    auto* const kept = new Kept{std::move(inherited), all_kept.load(std::memory_order_relaxed)};
    while (!all_kept.compare_exchange_weak(kept->next, kept, std::memory_order_release,
                                           std::memory_order_relaxed)) {
    }
}

}  // namespace lk
