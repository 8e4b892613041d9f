#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "pipeline/free_chains.hpp"
#include "pipeline/pending.hpp"
#include "pipeline/slabs.hpp"

namespace lk::pipeline {

/// Free Pendings: they are in no lane.
using FreePendings = FreeChains<Pending, &Pending::next, &Pending::lane_next>;

/// Pendings, recycled. They are apart from the pages with the records' bytes, so that the bytes can
/// move without anybody who holds a Pending noticing.
class PendingPool {
  public:
    static constexpr std::size_t in_slab = 256;

    /// `grown` is told of bytes that were allocated, and, negative, of those given back.
    explicit PendingPool(std::function<void(std::ptrdiff_t)> grown) : grown_(std::move(grown)) {}
    PendingPool(const PendingPool&) = delete;
    PendingPool& operator=(const PendingPool&) = delete;

    /// A chain of a few free ones, linked through Pending::next. From any thread.
    [[nodiscard]] Pending* take_some();
    /// Empties the chains. From the driver's thread alone.
    void give_back(FreePendings& chains) noexcept;
    /// Gives memory that no Pending needs back to the system. Takes a while.
    void trim();

  private:
    // A stack of chains that one thread pushes to and that is emptied as a whole, so there is no
    // ABA.
    std::atomic<Pending*> returned_{nullptr};
    std::mutex mutex_;
    Pending* free_ = nullptr;  // chains taken from there, for whoever comes next
    Slabs<Pending, &Pending::next, &Pending::lane_next> slabs_{in_slab};
    const std::function<void(std::ptrdiff_t)> grown_;
};

}  // namespace lk::pipeline
