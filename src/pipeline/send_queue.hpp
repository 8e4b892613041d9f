#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "event/hash_key.hpp"
#include "pipeline/parcel.hpp"
#include "pipeline/pending.hpp"
#include "pipeline/pending_list.hpp"
#include "pipeline/shard_map.hpp"
#include "pipeline/shard_rate.hpp"

namespace lk::pipeline {

/// The limits of a PutRecords request
/// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html).
inline constexpr std::size_t max_request_records = 500;
inline constexpr std::size_t max_request_bytes = std::size_t{10} * 1024 * 1024;
/// Of a record, unless its stream says otherwise.
inline constexpr std::size_t default_record_limit = std::size_t{1024} * 1024;
inline constexpr std::size_t highest_record_limit = std::size_t{10} * 1024 * 1024;

/// Tells several records' hash keys at once, which takes less time than one by one.
using HashKeysOf =
    std::function<void(std::span<const Pending* const> records, std::span<event::HashKey> keys)>;

struct SendQueueOptions {
    /// 0: records are not aggregated. Else how large an aggregated record may become.
    std::size_t aggregate_bytes = 0;
    /// The outer partition key of aggregated records; empty: that of the first in each.
    std::string aggregate_partition_key = {};
    /// A cap on what is sent to each shard, in shards (see ShardRate); 0: none. While it is not
    /// known where a record goes it shares the cap of one shard with all others of that kind, and
    /// counts for its own when an answer tells which that is.
    double highest_rate = 0;
    /// What of the budget a shard that throttles may hold.
    std::size_t most_held_by_shard = 0;
    /// The hash keys that decide records' shards, one each. Only asked for while some shard is
    /// limited, or when records are aggregated.
    HashKeysOf hash_keys_of = {};
};

/// Records that may be sent, until a request takes them:
///
///     new ────► ready ──┬───────────────► request
///     again ──► retries ┤                   ▲
///                       └► a limited shard ─┘  as fast as its rate allows
///
/// While no shard throttles nobody asks where a record goes, and there is one queue. A shard that
/// throttles gets a rate and a queue of its own, so that it holds up nobody else.
class SendQueue {
  public:
    explicit SendQueue(SendQueueOptions options) : options_(std::move(options)) { aggregate(true); }

    /// A new record, which may wait for company until then. Nearly always later than those before
    /// it; one that is not overtakes them.
    void add(Pending* record, TimePoint due);
    /// A record that was sent before, and is due again.
    void add_again(Pending* record);

    /// Something should go now. `eager`: new records do not wait for company.
    [[nodiscard]] bool due(TimePoint now, bool eager, bool may_retry) const;
    /// When due() becomes true if nothing else happens and retries may go from `may_retry_at` on.
    [[nodiscard]] TimePoint due_at(TimePoint may_retry_at) const noexcept;

    struct Taking {
        TimePoint now{};
        bool may_retry = true;
        /// Records over the default limit travel alone.
        bool large_alone = false;
        /// So long before its deadline a record has waited long enough for company.
        Duration due_before_deadline{};
    };
    /// Takes what the next request should carry; perhaps nothing. In an aggregate the next records
    /// of a key follow its first, straight from their lane.
    void take(std::vector<Parcel>& parcels, const Taking& how);

    /// Takes records out, wherever they wait.
    template <class Leaves>
    void remove_if(Leaves leaves) {
        for (PendingQueue* queue : {&overtaking_, &ready_}) {
            queue->remove_if([&](const Pending* record) {
                const bool goes = leaves(record);
                if (goes) ready_bytes_ -= record->counted_bytes();
                return goes;
            });
        }
        if (overtaking_.empty()) overtaking_due_ = never;
        if (ready_.empty()) ready_due_ = newest_due_ = never;
        retries_.remove_if(leaves);
        for (auto& [shard, limited] : limited_) {
            remove_if(limited.again, limited.again_cost, leaves);
            remove_if(limited.fresh, limited.fresh_cost, leaves);
        }
    }

    /// Where the record is thought to go; no_shard when that is not known.
    [[nodiscard]] ShardIndex shard_of(const Pending& record) const {
        return options_.hash_keys_of ? shards_.shard_of(hash_key_of(record)) : no_shard;
    }
    void landed(const Pending& record, ShardIndex shard) {
        if (options_.hash_keys_of && shards_.landed(hash_key_of(record), shard)) ++full_version_;
    }

    /// Whether the aggregate landed on the shard of this record's own key; false also where nobody
    /// can tell yet.
    [[nodiscard]] bool is_own_shard(const Pending& record, const Parcel& aggregate,
                                    std::string_view landed) const {
        const event::HashKey own = hash_key_of(record);
        const ShardIndex shard = shards_.shard_of(own);
        // It went by one of its records' own keys.
        return own == aggregate.hash_key || (shard != no_shard && shards_.id_of(shard) == landed);
    }

    /// Counts the record among what its shard holds, where that is limited.
    void accepted(Pending* record);
    void settled(Pending* record) noexcept;

    /// Of an answered request: what it stored of this record or aggregate, and in which shard.
    void stored(const Parcel& parcel, ShardIndex shard, TimePoint now);
    /// What an answered request had for a shard that refused some of it.
    struct Throttled {
        ShardIndex shard = no_shard;
        std::size_t refused = 0;
        std::size_t stored = 0;
        double refused_cost = 0;  ///< As ShardRate counts.
    };
    void throttled(const Throttled& what, TimePoint request_started, TimePoint now);
    /// The shards changed: every record's place is asked for anew.
    void shards_changed();
    /// Before an answer may name more of them: see ShardMap::has_learned_too_much().
    void make_room_for_shards();
    /// Forgets limits that nobody needs any more.
    void tidy(TimePoint now);

    [[nodiscard]] ShardMap& shards() noexcept { return shards_; }
    [[nodiscard]] const ShardMap& shards() const noexcept { return shards_; }
    /// Records may have to be sorted by where they go: worth it to learn that from landings.
    [[nodiscard]] bool sorts() const noexcept {
        return !limited_.empty() || options_.highest_rate > 0;
    }
    /// Shards with a rate of their own.
    [[nodiscard]] std::size_t limits() const noexcept { return limited_.size(); }
    [[nodiscard]] bool lingering() const noexcept { return ready_count() != 0; }
    [[nodiscard]] bool aggregates() const noexcept { return aggregates_; }
    /// Empty: an aggregate has its first record's.
    [[nodiscard]] std::string_view aggregate_partition_key() const noexcept {
        return options_.aggregate_partition_key;
    }
    /// Where the options say so: whether it can be done.
    void aggregate(bool can) noexcept { aggregates_ = can && options_.aggregate_bytes != 0; }

    /// Shards that hold more than their share of the budget; `full_version` changes when they do.
    [[nodiscard]] std::vector<ShardMap::Range> full_shards() const;
    [[nodiscard]] std::uint32_t full_version() const noexcept { return full_version_; }

  private:
    struct Limited {
        ShardRate rate;
        PendingQueue again = {};  // sent before: may only go when retries may
        PendingQueue fresh = {};
        double again_cost = 0;
        double fresh_cost = 0;

        [[nodiscard]] bool empty() const noexcept { return again.empty() && fresh.empty(); }
        [[nodiscard]] double cost(bool with_retries) const noexcept {
            return fresh_cost + (with_retries ? again_cost : 0);
        }
    };
    class Filling;

    template <class Leaves>
    static void remove_if(PendingQueue& queue, double& cost, Leaves& leaves) {
        queue.remove_if([&](const Pending* record) {
            const bool goes = leaves(record);
            if (goes) cost -= ShardRate::cost_of(record->counted_bytes());
            return goes;
        });
    }
    [[nodiscard]] event::HashKey hash_key_of(const Pending& record) const;
    void find_shards(PendingQueue& queue);
    void take_retries(Filling& filling);
    void take_limited(Filling& filling, const Taking& how);
    void sort_out(Limited& unknown);
    static void take_from(Limited& limited, Filling& filling, bool may_retry);
    static void take_from(PendingQueue& queue, double& cost, ShardRate& rate, Filling& filling);
    void take_ready(PendingQueue& queue, Filling& filling);
    [[nodiscard]] std::size_t ready_count() const noexcept {
        return overtaking_.size() + ready_.size();
    }
    Limited* limited_for(Pending* record);
    Limited& begin_cap(ShardIndex shard);
    void wait_for(Limited& limited, Pending* record);
    [[nodiscard]] bool is_over_its_share(ShardIndex shard) const noexcept {
        const auto held = held_.find(shard);
        return held != held_.end() && held->second > options_.most_held_by_shard;
    }
    void charge(Pending* record);
    void forget_shard(Pending* record) noexcept;

    const SendQueueOptions options_;
    bool aggregates_ = false;
    ShardMap shards_;
    // What waits for company, each record no longer than until it is due itself. In the one queue
    // each is due no sooner than the one before; in the other are those that waited elsewhere.
    PendingQueue ready_;
    PendingQueue overtaking_;
    std::size_t ready_bytes_ = 0;       // of both
    TimePoint ready_due_ = never;       // when the first one is due
    TimePoint newest_due_ = never;      // when the last one is
    TimePoint overtaking_due_ = never;  // when the soonest one is
    PendingQueue retries_;
    // Filling a request may limit one more while the others are gone through: no iterator may end.
    // The one of no_shard is for a cap alone.
    std::map<ShardIndex, Limited> limited_;
    ShardIndex last_served_ = 0;
    TimePoint limited_due_ = never;         // the soonest that a limited shard may be sent to
    bool limited_waits_for_retry_ = false;  // one has retries, which must wait
    std::unordered_map<ShardIndex, std::size_t> open_;  // by shard: its parcel in the request
    TimePoint tidy_at_{};
    // By shard: bytes of unsettled records counted for it.
    std::unordered_map<ShardIndex, std::size_t> held_;
    std::uint32_t full_version_ = 0;
};

}  // namespace lk::pipeline
