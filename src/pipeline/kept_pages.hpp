#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "outbox/outbox.hpp"
#include "pipeline/pending.hpp"

namespace lk::pipeline {

/// A page of the outbox of which records are in memory to be sent. Lives until the last of them is
/// settled.
struct KeptPage {
    outbox::PageId id = 0;
    std::uint32_t number = 0;            ///< Its own (see KeptPages).
    std::uint32_t unsettled = 0;         ///< Records that the outbox was not told to forget.
    std::vector<std::uint32_t> settled;  ///< By index: those that it is to be told about.
    std::uint32_t next_free = 0;
};

/// Where a record stands in the outbox.
struct KeptPlace {
    std::uint32_t page = 0;
    std::uint32_t index = 0;
};

[[nodiscard]] inline KeptPlace kept_place_of(const Pending& record) noexcept {
    return {.page = record.kept_page, .index = record.kept_index};
}

inline void set_kept_place(Pending& record, const KeptPage& page, std::uint32_t index) noexcept {
    static_assert(outbox::most_page_records <= 1 << 16);
    record.kept_page = page.number;
    record.kept_index = static_cast<std::uint16_t>(index);
}

/// By numbers from 1, which take less of a record than pointers would. A page stays where it is.
class KeptPages {
  public:
    KeptPage& add(outbox::PageId id) {
        if (free_ == 0) {
            KeptPage& made = pages_.emplace_back();
            made.number = static_cast<std::uint32_t>(pages_.size());
            free_ = made.number;
        }
        KeptPage& page = (*this)[free_];
        free_ = page.next_free;
        ++used_;
        page.id = id;
        return page;
    }
    [[nodiscard]] KeptPage& operator[](std::uint32_t number) noexcept { return pages_[number - 1]; }
    void remove(KeptPage& page) noexcept {
        const std::uint32_t number = page.number;
        page = {};
        page.number = number;
        page.next_free = std::exchange(free_, number);
        if (--used_ > 0) return;
        // Of none the memory goes, too: in an outage there may be many.
        pages_.clear();
        free_ = 0;
    }

  private:
    std::deque<KeptPage> pages_;
    std::size_t used_ = 0;
    std::uint32_t free_ = 0;  // 0: none
};

}  // namespace lk::pipeline
