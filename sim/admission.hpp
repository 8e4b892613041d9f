#pragma once

#include <utility>
#include <vector>

#include "pipeline/budget.hpp"
#include "pipeline/send_queue.hpp"

namespace lk::sim {

/// Whether dispatch() may take an event: the real budget, of which no key may hold more than an
/// eighth and no shard that throttles more than half. Each event has a page of its own here, so
/// that nothing but events takes room.
class Admission {
  public:
    explicit Admission(std::size_t budget_bytes) noexcept
        : budget_({.bytes = budget_bytes,
                   .events = budget_bytes,
                   .most_held_by_key = budget_bytes / 8,
                   .most_suspended = 0}) {}

    [[nodiscard]] bool has_room(std::uint64_t lane, event::HashKey hash) {
        return budget_.ask(
                   {.lane = lane, .hash_key = hash, .has_hash_key = budget_.any_shard_full()}) ==
               pipeline::Budget::Answer::room;
    }
    void take(const pipeline::Pending& record) {
        budget_.page_opened(record.cbor_bytes);
        budget_.take_event(record.lane, record.cbor_bytes);
    }
    void give_back(const pipeline::Pending& record) {
        pipeline::Budget::Return returned;
        budget_.settled(record, returned);
        budget_.give_back(returned);
        budget_.page_closed(record.cbor_bytes);
    }

    /// What the driver does each turn: hands on which shards are full when the core says that this
    /// has changed. True then: who waits is woken.
    bool look_at(const pipeline::SendQueue& sending) {
        if (version_ == sending.full_version()) return false;
        version_ = sending.full_version();
        full_ = sending.full_shards();
        budget_.shards_are_full(full_);
        return true;
    }
    [[nodiscard]] bool is_up_to_date(const pipeline::SendQueue& sending) const {
        if (version_ != sending.full_version()) return true;
        const auto now = sending.full_shards();
        if (now.size() != full_.size()) return false;
        for (std::size_t i = 0; i < now.size(); ++i) {
            if (now[i].first != full_[i].first || now[i].last != full_[i].last) return false;
        }
        return true;
    }

    [[nodiscard]] std::size_t held() const noexcept { return budget_.held(); }
    [[nodiscard]] bool is_short(bool somebody_waits) noexcept {
        return budget_.is_sought() || somebody_waits || budget_.is_half_full();
    }

  private:
    pipeline::Budget budget_;
    std::uint32_t version_ = 0;
    std::vector<pipeline::ShardMap::Range> full_;
};

}  // namespace lk::sim
