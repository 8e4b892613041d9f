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
        to_nothing,  ///< Awake, or no place for a request: an answer will wake it.
        to_enough,   ///< Records linger: it comes back by itself.
        to_everything,
    };

    explicit Doorbell(std::shared_ptr<Loop> loop) noexcept : loop_(std::move(loop)) {}

    [[nodiscard]] const std::shared_ptr<Loop>& loop() const noexcept { return loop_; }

    void listen(Listens listens) noexcept { listens_.store(listens, std::memory_order_relaxed); }

    /// `enough`: a page is full or the budget half full, so that nothing should linger on.
    void record_written(bool enough) noexcept {
        Listens listens = listens_.load(std::memory_order_relaxed);
        if (listens == Listens::to_nothing || (listens == Listens::to_enough && !enough)) {
            return;
        }
        if (listens_.compare_exchange_strong(listens, Listens::to_nothing,
                                             std::memory_order_relaxed)) {
            loop_->wake();
        }
    }

    /// Somebody waits for room: what lingers must go.
    void ring() noexcept {
        if (listens_.exchange(Listens::to_nothing, std::memory_order_relaxed) !=
            Listens::to_nothing) {
            loop_->wake();
        }
    }

  private:
    std::shared_ptr<Loop> loop_;
    std::atomic<Listens> listens_{Listens::to_nothing};
};

}  // namespace lk::pipeline
