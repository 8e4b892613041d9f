#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>

namespace lk::pipeline {

/// How records ended, by the flush() that is to tell of them: each flush() begins a generation,
/// and counts those before it.
class Generations {
  public:
    Generations() = default;
    Generations(const Generations&) = delete;
    Generations& operator=(const Generations&) = delete;

    struct Tally {
        std::uint64_t unsettled = 0;
        std::uint64_t published = 0;
        std::uint64_t failed = 0;
        std::uint64_t unknown = 0;
        /// Of the unsettled: those in paused lanes.
        std::uint64_t paused = 0;
        /// Left in the outbox for the next run.
        std::uint64_t kept = 0;

        Tally& operator+=(const Tally& other) noexcept {
            unsettled += other.unsettled;
            published += other.published;
            failed += other.failed;
            unknown += other.unknown;
            paused += other.paused;
            kept += other.kept;
            return *this;
        }
    };
    /// Of records that an earlier run of the program dispatched: no flush() waits for them.
    static constexpr std::uint32_t earlier_run = std::numeric_limits<std::uint32_t>::max();

    /// What an earlier run dispatched came before all.
    [[nodiscard]] static constexpr bool is_up_to(std::uint32_t generation,
                                                 std::uint32_t last) noexcept {
        return generation <= last || generation == earlier_run;
    }

    void accepted(std::uint32_t generation, std::uint64_t count = 1) {
        of(generation).unsettled += count;
    }
    /// They stay in the outbox.
    void kept(std::uint32_t generation, std::uint64_t count) {
        Tally& tally = of(generation);
        tally.unsettled -= count;
        tally.kept += count;
    }
    /// The tally in which the settled record is to be counted.
    Tally& settled(std::uint32_t generation) {
        Tally& tally = of(generation);
        --tally.unsettled;
        return tally;
    }

    void paused(std::uint32_t generation, std::uint64_t count = 1) {
        of(generation).paused += count;
    }
    void resumed(std::uint32_t generation, std::uint64_t count = 1) {
        of(generation).paused -= count;
    }

    /// Some are unsettled and not paused either.
    [[nodiscard]] bool any_moving_up_to(std::uint32_t generation) const {
        for (std::size_t i = 0; i < tallies_.size() && first_ + i <= generation; ++i) {
            if (tallies_[i].unsettled != tallies_[i].paused) return true;
        }
        return false;
    }
    [[nodiscard]] bool any_unsettled_up_to(std::uint32_t generation) const {
        for (std::size_t i = 0; i < tallies_.size() && first_ + i <= generation; ++i) {
            if (tallies_[i].unsettled != 0) return true;
        }
        return false;
    }

    /// The sum up to a generation. What is settled is then told and counted no more; what is not
    /// stays for a later flush().
    Tally take_up_to(std::uint32_t generation) {
        latest_ = nullptr;
        Tally sum;
        for (std::size_t i = 0; i < tallies_.size() && first_ + i <= generation; ++i) {
            Tally& tally = tallies_[i];
            sum += tally;
            tally = {.unsettled = tally.unsettled, .paused = tally.paused};
        }
        while (!tallies_.empty() && first_ <= generation && tallies_.front().unsettled == 0) {
            tallies_.pop_front();
            ++first_;
        }
        // All records of these generations have been accepted by now, so none comes for them.
        if (tallies_.empty()) first_ = std::max(first_, std::uint64_t{generation} + 1);
        return sum;
    }

    /// Nobody will ask for the sum up to a generation before this one, so those before it are
    /// counted with it.
    void join_up_to(std::uint32_t generation) {
        latest_ = nullptr;
        while (tallies_.size() > 1 && first_ < generation) {
            const Tally joined = tallies_.front();
            tallies_.pop_front();
            ++first_;
            tallies_.front() += joined;
        }
    }

    /// Of those that an earlier run had dispatched, counted and then counted no more.
    std::uint64_t take_earlier_kept() noexcept { return std::exchange(earlier_.kept, 0); }

  private:
    // Stripes are drained one after another, so a record may come after one of a later generation,
    // but not after its own was taken.
    Tally& of(std::uint32_t generation) {
        if (latest_ != nullptr && generation == latest_generation_) return *latest_;
        if (generation == earlier_run) return earlier_;
        while (tallies_.empty() || first_ + tallies_.size() <= generation) tallies_.emplace_back();
        latest_ = &tallies_[generation < first_ ? 0 : generation - first_];
        latest_generation_ = generation;
        return *latest_;
    }

    std::deque<Tally> tallies_;
    Tally earlier_;
    std::uint64_t first_ = 0;
    // What the last of() found: nearly always what the next one looks for.
    Tally* latest_ = nullptr;
    std::uint32_t latest_generation_ = 0;
};

}  // namespace lk::pipeline
