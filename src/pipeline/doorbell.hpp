#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/loop.hpp"

namespace lk::pipeline {

/// How dispatching threads wake the driver, and only when it has something to gain.
///
/// The driver sets what it listens for, then looks once more for records under the stripes' locks;
/// a dispatching thread writes its record under such a lock, then looks here. So either the driver
/// sees the record or the thread sees what the driver listens for.
class Doorbell {
  public:
    enum class Listens {
        to_nothing,     ///< Awake, or no place for a request: an answer will wake it.
        to_full_pages,  ///< Records wait and cannot be hurried: it comes back by itself.
        to_full_pages_and_half_budgets,  ///< Records linger: it comes back by itself.
        to_everything,
    };

    explicit Doorbell(std::shared_ptr<Loop> loop) noexcept : loop_(std::move(loop)) {}

    [[nodiscard]] const std::shared_ptr<Loop>& loop() const noexcept { return loop_; }

    // Who asks for room in vain says so and then rings: this order, too, must hold (see ring()).
    void listen(Listens listens) noexcept { listens_.store(listens, std::memory_order_seq_cst); }

    /// `budget_half_full` is asked only where it matters.
    template <class HalfFull>
    void record_written(bool page_full, HalfFull budget_half_full) noexcept {
        Listens listens = listens_.load(std::memory_order_relaxed);
        switch (listens) {
            case Listens::to_nothing: return;
            case Listens::to_full_pages:
                if (!page_full) return;
                break;
            case Listens::to_full_pages_and_half_budgets:
                if (!page_full && !budget_half_full()) return;
                break;
            case Listens::to_everything: break;
        }
        if (listens_.compare_exchange_strong(listens, Listens::to_nothing,
                                             std::memory_order_relaxed)) {
            loop_->wake();
        }
    }

    /// Somebody waits for room: what lingers must go. Where nobody listens the driver has still to
    /// look at who asked in vain (Budget::is_sought()).
    void ring() noexcept {
        if (listens_.exchange(Listens::to_nothing, std::memory_order_seq_cst) !=
            Listens::to_nothing) {
            loop_->wake();
        }
    }

  private:
    std::shared_ptr<Loop> loop_;
    std::atomic<Listens> listens_{Listens::to_nothing};
};

}  // namespace lk::pipeline
