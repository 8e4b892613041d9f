#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "pipeline/page_queue.hpp"

namespace lk::pipeline {

/// What stays in the outbox because its key is paused, by the key, so that nobody reads it again
/// and again.
class SetAside {
  public:
    /// Records of the page that are of this key alone.
    void add(std::uint64_t lane, ShelvedPage page) {
        const auto [place, is_new] = pages_.try_emplace(lane);
        if (is_new) count(place->second);
        change(place->second, [&](PageQueue& pages) { pages.insert(std::move(page)); });
    }
    [[nodiscard]] PageQueue take(std::uint64_t lane) {
        const auto found = pages_.find(lane);
        if (found == pages_.end()) return {};
        uncount(found->second);
        PageQueue taken = std::move(found->second);
        pages_.erase(found);
        return taken;
    }
    /// Those of any key.
    [[nodiscard]] PageQueue take_any() { return take(pages_.begin()->first); }

    [[nodiscard]] bool empty() const noexcept { return pages_.empty(); }
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return memory_ + pages_.size() * (sizeof *pages_.begin() + 4 * sizeof(void*));
    }
    /// Lets go of results that nobody wants any more; returns how many.
    std::size_t drop_unwanted() {
        std::size_t dropped = 0;
        if (wanted_ == 0) return dropped;
        for (auto& [lane, pages] : pages_) {
            change(pages, [&](PageQueue& one) { dropped += one.drop_unwanted(); });
        }
        return dropped;
    }

  private:
    void count(const PageQueue& pages) noexcept {
        memory_ += pages.memory_bytes();
        wanted_ += pages.wanted();
    }
    void uncount(const PageQueue& pages) noexcept {
        memory_ -= pages.memory_bytes();
        wanted_ -= pages.wanted();
    }
    template <class Change>
    void change(PageQueue& pages, Change change) {
        uncount(pages);
        change(pages);
        count(pages);
    }

    std::unordered_map<std::uint64_t, PageQueue> pages_;
    std::size_t memory_ = 0;
    std::size_t wanted_ = 0;
};

}  // namespace lk::pipeline
