#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "outbox/outbox.hpp"
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

    /// All that is not settled is meant, of one generation, and nobody wants a result.
    [[nodiscard]] bool is_plain() const noexcept {
        return indices.empty() && wanted.empty() && generations.size() == 1;
    }
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return sizeof *this + indices.capacity() * sizeof indices[0] +
               generations.capacity() * sizeof generations[0] +
               wanted.capacity() * sizeof wanted[0];
    }

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

}  // namespace lk::pipeline
