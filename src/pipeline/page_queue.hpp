#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <variant>

#include "pipeline/shelved_page.hpp"

namespace lk::pipeline {

/// Shelved pages in the order of their ids. When events come one by one each is a page, and an
/// outage of hours leaves millions: so pages of which there is nothing special to know (see
/// ShelvedPage::is_plain()) are packed, into some 3 bytes each, or 11 where all records have the
/// same key.
class PageQueue {
  public:
    /// In its place; quick at either end, and near the back.
    void insert(ShelvedPage page);
    /// The one with the lowest id.
    [[nodiscard]] ShelvedPage pop_front();

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
    /// Results that somebody wanted when their page came.
    [[nodiscard]] std::size_t wanted() const noexcept { return wanted_; }
    /// As allocated, but for what allocators add.
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

    /// Lets go of results that nobody wants any more; returns how many.
    std::size_t drop_unwanted();

  private:
    /// Plain pages of one generation, one after the other: how much larger the id is than the one
    /// before, the number of records and whether they have one key, that key.
    class Pack {
      public:
        explicit Pack(const ShelvedPage& first);
        /// False: it does not fit here. It must be plain, and come after the last.
        bool push_back(const ShelvedPage& page);
        [[nodiscard]] ShelvedPage pop_front();
        [[nodiscard]] bool empty() const noexcept { return pages_ == 0; }
        [[nodiscard]] outbox::PageId front_id() const noexcept { return front_id_; }
        [[nodiscard]] outbox::PageId back_id() const noexcept { return back_id_; }
        [[nodiscard]] std::size_t memory_bytes() const noexcept { return bytes_.capacity(); }

      private:
        void write(std::uint64_t number);
        std::uint64_t read() noexcept;

        std::string bytes_;
        std::size_t read_ = 0;  // of bytes_
        std::uint32_t pages_ = 0;
        std::uint32_t generation_;
        outbox::PageId front_id_;
        outbox::PageId back_id_;
    };
    using Entry = std::variant<ShelvedPage, Pack>;
    using Place = std::deque<Entry>::iterator;

    static outbox::PageId front_id(const Entry& entry) noexcept;
    static outbox::PageId back_id(const Entry& entry) noexcept;
    static std::size_t bytes_of(const Entry& entry) noexcept;
    void push_back(ShelvedPage page);
    void add_entry(const Place& place, Entry entry);

    std::deque<Entry> entries_;
    std::uint64_t records_ = 0;
    std::size_t wanted_ = 0;  // results, of all pages
    std::size_t memory_ = 0;  // that entries hold outside themselves
};

}  // namespace lk::pipeline
