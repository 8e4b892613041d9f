#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "pipeline/key_set.hpp"
#include "pipeline/page_queue.hpp"

namespace lk::pipeline {

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

    void add(ShelvedPage page) { pages_.insert(std::move(page)); }
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
    [[nodiscard]] std::uint64_t records() const noexcept {
        return pages_.records() + passed_over_.records();
    }
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return pages_.memory_bytes() + passed_over_.memory_bytes() + keys_.memory_bytes() +
               passed_over_keys_.memory_bytes();
    }

    [[nodiscard]] bool pass_is_over() const noexcept { return pages_.empty(); }
    [[nodiscard]] ShelvedPage take_next() { return pages_.pop_front(); }
    /// It could not be read: its keys were never removed.
    void put_back(ShelvedPage page) { pages_.insert(std::move(page)); }
    /// What is left of a page waits for the next pass,
    void pass_over(ShelvedPage page) { passed_over_.insert(std::move(page)); }
    /// and what comes behind it of this key.
    void pass_over_key(std::uint64_t lane) {
        if (lane != 0) passed_over_keys_.add(lane);
    }
    [[nodiscard]] bool is_passed_over(std::uint64_t lane) const noexcept {
        return passed_over_keys_.may_hold(lane);
    }
    [[nodiscard]] bool any_passed_over() const noexcept { return !passed_over_.empty(); }
    /// When the one before is over.
    void begin_pass() {
        std::swap(pages_, passed_over_);
        passed_over_keys_.clear();
    }

    /// Lets go of results that nobody wants any more; returns how many.
    std::size_t drop_unwanted() { return pages_.drop_unwanted() + passed_over_.drop_unwanted(); }

  private:
    KeySet keys_;
    KeySet passed_over_keys_;
    PageQueue pages_;
    PageQueue passed_over_;
};

}  // namespace lk::pipeline
