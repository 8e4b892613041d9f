#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "outbox/outbox.hpp"
#include "pipeline/key_set.hpp"
#include "pipeline/slot.hpp"

namespace lk::pipeline {

/// A page of which records are in the outbox alone.
struct ShelvedPage {
    outbox::PageId id = 0;
    std::uint32_t records = 0;
    /// Their key, when all have the same; 0: several, or random ones.
    std::uint64_t only_lane = 0;
    /// Which they are, by their index; empty: all that are not settled.
    std::vector<std::uint32_t> indices = {};
    /// Which flush() counts them: runs of equal generations, in their order.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> generations = {};
    /// Results that somebody still wants, by the record's index.
    std::vector<std::pair<std::uint32_t, detail::Slot*>> wanted = {};

    /// The next record, in the order of their indices; `slot` may be null.
    void add(std::uint32_t index, std::uint32_t generation, detail::Slot* slot, std::uint64_t lane);
    /// Calls `each` with every record's index, generation, and slot or null.
    template <class Each>
    void for_each(const outbox::KeptPage& page, Each each) const {
        std::size_t run = 0;
        std::uint32_t in_run = 0;
        auto slot = wanted.begin();
        auto index = indices.begin();
        for (std::uint32_t i = 0; i < page.records.size() && run < generations.size(); ++i) {
            if (page.settled[i]) continue;
            if (!indices.empty()) {
                if (index == indices.end()) return;
                if (i != *index) continue;
                ++index;
            }
            const bool is_wanted = slot != wanted.end() && slot->first == i;
            const std::uint32_t generation = generations[run].first;
            if (++in_run == generations[run].second) {
                ++run;
                in_run = 0;
            }
            each(i, generation, is_wanted ? (slot++)->second : nullptr);
        }
    }
};

/// What waits in the outbox until there is room in memory for it, in the order of dispatch: some
/// bytes a page and a key are all that is kept of it here.
///
/// It is gone through in passes. What cannot go on, and what is behind it of the same keys, is
/// passed over until the next one.
class Shelf {
  public:
    /// `most_key_bytes`: see KeySet.
    explicit Shelf(std::size_t most_key_bytes)
        : keys_(most_key_bytes), passed_over_keys_(most_key_bytes) {}

    void add(ShelvedPage page);
    /// A record of the page that was added, or is about to be.
    void add_key(std::uint64_t lane) {
        if (lane != 0) keys_.add(lane);
    }
    /// It is on the shelf no more.
    void remove_key(std::uint64_t lane) noexcept {
        if (lane != 0) keys_.remove(lane);
    }
    /// A record of this key may be on the shelf, so a later one must go behind it.
    [[nodiscard]] bool may_hold(std::uint64_t lane) const noexcept {
        return lane != 0 && keys_.may_hold(lane);
    }

    [[nodiscard]] bool empty() const noexcept { return pages_.empty() && passed_over_.empty(); }
    [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return memory_ + keys_.memory_bytes() + passed_over_keys_.memory_bytes();
    }

    [[nodiscard]] bool pass_is_over() const noexcept { return pages_.empty(); }
    [[nodiscard]] ShelvedPage take_next();
    /// It could not be read: its keys were never removed.
    void put_back(ShelvedPage page);
    /// What is left of a page waits for the next pass,
    void pass_over(ShelvedPage page);
    /// and what comes behind it of this key.
    void pass_over_key(std::uint64_t lane) {
        if (lane != 0) passed_over_keys_.add(lane);
    }
    [[nodiscard]] bool is_passed_over(std::uint64_t lane) const noexcept {
        return passed_over_keys_.may_hold(lane);
    }
    [[nodiscard]] bool any_passed_over() const noexcept { return !passed_over_.empty(); }
    void begin_pass();

    /// Lets go of results that nobody wants any more; returns how many.
    std::size_t drop_unwanted();

  private:
    void count(const ShelvedPage& page) noexcept;
    static std::size_t bytes_of(const ShelvedPage& page) noexcept;

    KeySet keys_;
    KeySet passed_over_keys_;
    std::deque<ShelvedPage> pages_;
    std::deque<ShelvedPage> passed_over_;
    std::uint64_t records_ = 0;
    std::size_t memory_ = 0;
};

}  // namespace lk::pipeline
