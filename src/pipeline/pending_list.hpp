#pragma once

#include <cstddef>

#include "pipeline/pending.hpp"

namespace lk::pipeline {

/// A queue threaded through Pending::next.
class PendingQueue {
  public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Pending* front() const noexcept { return first_; }

    void push_back(Pending* record) noexcept {
        record->next = nullptr;
        (first_ == nullptr ? first_ : last_->next) = record;
        last_ = record;
        ++size_;
    }

    void push_front(Pending* record) noexcept {
        record->next = first_;
        if (first_ == nullptr) last_ = record;
        first_ = record;
        ++size_;
    }

    Pending* pop_front() noexcept {
        Pending* const record = first_;
        first_ = record->next;
        record->next = nullptr;
        --size_;
        return record;
    }

    /// Takes out each record for which `leaves` is true; keeps the order of the others.
    template <class Leaves>
    void remove_if(Leaves leaves) {
        PendingQueue kept;
        while (!empty()) {
            Pending* const record = pop_front();
            if (!leaves(record)) kept.push_back(record);
        }
        *this = kept;
    }

  private:
    Pending* first_ = nullptr;
    Pending* last_ = nullptr;
    std::size_t size_ = 0;
};

/// All unsettled records, oldest first, threaded through Pending::older and newer.
class AllPending {
  public:
    [[nodiscard]] bool empty() const noexcept { return oldest_ == nullptr; }
    [[nodiscard]] Pending* oldest() const noexcept { return oldest_; }

    void add(Pending* record) noexcept {
        record->older = newest_;
        record->newer = nullptr;
        (newest_ == nullptr ? oldest_ : newest_->newer) = record;
        newest_ = record;
    }

    /// Puts a record that comes late in its place by its deadline. Those that come so should come
    /// in the order of their deadlines, or each takes a walk past the ones that came before.
    void add_late(Pending* record) noexcept {
        Pending* after = last_late_;
        if (after != nullptr && after->deadline > record->deadline) after = nullptr;
        Pending* before = after == nullptr ? oldest_ : after->newer;
        while (before != nullptr && before->deadline <= record->deadline) {
            after = before;
            before = before->newer;
        }
        record->older = after;
        record->newer = before;
        (after == nullptr ? oldest_ : after->newer) = record;
        (before == nullptr ? newest_ : before->older) = record;
        last_late_ = record;
    }

    void remove(Pending* record) noexcept {
        if (record == last_late_) last_late_ = record->older;
        (record->older == nullptr ? oldest_ : record->older->newer) = record->newer;
        (record->newer == nullptr ? newest_ : record->newer->older) = record->older;
        record->older = record->newer = nullptr;
    }

  private:
    Pending* oldest_ = nullptr;
    Pending* newest_ = nullptr;
    Pending* last_late_ = nullptr;
};

}  // namespace lk::pipeline
