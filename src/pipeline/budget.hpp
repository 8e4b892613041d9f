#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace lk::pipeline {

/// How many bytes unsettled records hold, and who waits for room. Thread-safe.
class Budget {
  public:
    explicit Budget(std::size_t bytes) noexcept : bytes_(bytes) {}

    /// Room is asked for before a record is written and taken when it is, so that threads which ask
    /// at the same moment may together exceed the budget by a record each.
    [[nodiscard]] bool has_room() const noexcept {
        return held_.load(std::memory_order_relaxed) < bytes_;
    }
    /// Blocks until there is room (true) or close() (false).
    bool wait_for_room();
    void take(std::size_t bytes) noexcept { held_.fetch_add(bytes, std::memory_order_relaxed); }
    void give_back(std::size_t bytes) noexcept;
    /// Wakes whoever waits, for good.
    void close() noexcept;

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t held() const noexcept {
        return held_.load(std::memory_order_relaxed);
    }

  private:
    const std::size_t bytes_;
    std::atomic<std::size_t> held_{0};
    std::atomic<int> waiting_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
};

}  // namespace lk::pipeline
