#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/pending.hpp"

namespace lk::pipeline {

/// Pendings, recycled. They are apart from the pages with the records' bytes, so that the bytes can
/// move without anybody who holds a Pending noticing.
class PendingPool {
  public:
    static constexpr std::size_t in_slab = 256;
    /// Under load more are made at once, so that few calls pay for fresh memory.
    static constexpr std::size_t most_in_slab = 8 * in_slab;

    PendingPool() = default;
    PendingPool(const PendingPool&) = delete;
    PendingPool& operator=(const PendingPool&) = delete;

    /// A chain of free ones, 1 to in_slab, linked through Pending::next. From any thread. No more,
    /// so that who takes some leaves the rest to others.
    [[nodiscard]] Pending* take_some();
    /// Gives back a chain, linked likewise. From the driver's thread alone.
    void give_back(Pending* first, Pending* last) noexcept;

  private:
    // A stack that one thread pushes to and that is emptied as a whole, so there is no ABA.
    std::atomic<Pending*> returned_{nullptr};
    std::mutex mutex_;
    Pending* free_ = nullptr;  // taken from there, for whoever comes next
    std::vector<std::unique_ptr<Pending[]>> slabs_;
};

}  // namespace lk::pipeline
