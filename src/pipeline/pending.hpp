#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "event/hash_key.hpp"
#include "pipeline/shard_map.hpp"
#include "wire/record_layout.hpp"

namespace lk::detail {
class Slot;
}

namespace lk::pipeline {

class Page;

/// One accepted record until it is settled and out of every request. Written by the dispatching
/// thread, then owned by the driver alone. The core threads its lists through it, so that it
/// allocates nothing for an event.
struct Pending {
    // Where it stands in the queue it is in: its stripe's, then one of the core's.
    Pending* next = nullptr;
    // Its lane (see Lanes): the next record of the same key; on a lane's first record also the
    // lane's last one and the next lane of the same bucket.
    Pending* lane_next = nullptr;
    Pending* lane_last = nullptr;
    Pending* bucket_next = nullptr;
    // All unsettled records in the order in which they were accepted: the order of their deadlines.
    Pending* older = nullptr;
    Pending* newer = nullptr;

    Page* page = nullptr;
    char* bytes = nullptr;  ///< The record as CBOR, in that page.
    detail::Slot* slot = nullptr;

    /// Hash of the partition key; 0: a random key, which needs no lane.
    std::uint64_t lane = 0;
    TimePoint deadline{};

    /// Where it is thought to go; no_shard until somebody needs to know (see ShardMap).
    ShardIndex shard = no_shard;

    std::uint32_t cbor_bytes = 0;  ///< Of the whole CBOR record.
    std::uint32_t generation = 0;  ///< Which flush() counts it.
    std::uint32_t kept_page = 0;   ///< Where it stands in the outbox (see KeptPages); 0: nowhere.
    std::uint16_t kept_index = 0;
    std::uint16_t attempts = 0;
    std::uint16_t key_bytes = 0;
    // Bits: a million of these may be held.
    std::uint16_t hash_key_bytes : 6 = 0;   ///< Of an explicit hash key; 0: none.
    bool is_envelope : 1 = true;            ///< False: bytes given to record().
    bool may_have_been_stored : 1 = false;  ///< An attempt had an unknown outcome.
    bool bound : 1 = false;                 ///< Part of a request that is under way or to come.
    bool in_flight : 1 = false;             ///< Part of one that is under way.
    bool settled : 1 = false;
    bool doomed : 1 = false;     ///< Being settled in this step: not to be made ready by another.
    bool charged : 1 = false;    ///< Counted among what its shard holds.
    bool suspended : 1 = false;  ///< Accepted though the budget was full.
    bool goes_alone : 1 =
        false;                  ///< Not to be aggregated: it was in an aggregate that was refused.
    bool reloaded : 1 = false;  ///< It came back from the outbox.

    void set_hash_key_bytes(std::size_t digits) noexcept {
        static_assert(event::most_hash_key_digits < 64);
        hash_key_bytes = digits & 63;
    }
    [[nodiscard]] bool is_kept() const noexcept { return kept_page != 0; }
    [[nodiscard]] std::uint32_t data_bytes() const noexcept {
        return static_cast<std::uint32_t>(cbor_bytes -
                                          wire::RecordLayout::bytes(0, key_bytes, hash_key_bytes));
    }

    /// What Kinesis's limits count.
    [[nodiscard]] std::size_t counted_bytes() const noexcept {
        return std::size_t{data_bytes()} + key_bytes;
    }
};

// There may be a million of them.
static_assert(sizeof(Pending) == 112);

/// What is kept of a record besides its bytes: this and its result's slot.
inline constexpr std::size_t bytes_besides_record = sizeof(Pending) + 32;

/// What it takes from the budget.
[[nodiscard]] inline std::size_t held_bytes(const Pending& record) noexcept {
    return record.cbor_bytes + bytes_besides_record;
}

}  // namespace lk::pipeline
