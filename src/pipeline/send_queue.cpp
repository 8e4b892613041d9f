#include "pipeline/send_queue.hpp"

#include <array>

#include "base/md5.hpp"
#include "wire/aggregate_writer.hpp"

namespace lk::pipeline {

/// A request being filled.
class SendQueue::Filling {
  public:
    Filling(SendQueue& queue, std::vector<Parcel>& parcels, bool large_alone)
        : queue_(queue), parcels_(parcels), large_alone_(large_alone) {
        queue_.open_.clear();
    }

    [[nodiscard]] bool fits(const Pending& record) const noexcept {
        if (closed_) return false;
        const std::size_t bytes = record.counted_bytes();
        if (parcels_.empty()) return true;
        if (bytes > default_record_limit && large_alone_) return false;
        return parcels_.size() < max_request_records && bytes_ + bytes <= max_request_bytes;
    }

    /// Returns the records taken: one, or with it those of its key that follow.
    std::size_t add(Pending* record) {
        const std::size_t bytes = record->counted_bytes();
        if (!aggregates(*record)) {
            // Made where it will be, as this is for each record.
            Parcel& parcel = parcels_.emplace_back();
            parcel.first = parcel.last = record;
            parcel.bytes = bytes;
            bytes_ += bytes;
            closed_ = bytes > default_record_limit && large_alone_;
            return bytes;
        }
        Parcel& parcel = parcel_for(record);
        std::size_t taken = join(parcel, record);
        if (record->lane == 0) return taken;
        for (Pending* next = record->lane_next; next != nullptr && may_follow(parcel, *next);
             next = next->lane_next) {
            // It may have been counted for a shard that has been split since.
            queue_.forget_shard(next);
            next->shard = record->shard;
            static_cast<void>(queue_.limited_for(next));
            taken += join(parcel, next);
        }
        return taken;
    }

  private:
    // Magic, digest and the shared explicit hash key.
    static constexpr std::size_t envelope_bytes = 4 + 16 + 48;

    [[nodiscard]] std::size_t aggregated_bytes(const Pending& record) const noexcept {
        return wire::AggregateWriter::most_bytes_added(record.key_bytes, record.data_bytes());
    }
    [[nodiscard]] static bool may_be_aggregated(const Pending& record) noexcept {
        return record.hash_key_bytes == 0 && !record.goes_alone;
    }
    [[nodiscard]] bool aggregates(const Pending& record) const noexcept {
        return queue_.aggregates() && record.shard != no_shard && may_be_aggregated(record) &&
               aggregated_bytes(record) + envelope_bytes <= queue_.options_.aggregate_bytes;
    }
    [[nodiscard]] bool has_room(const Parcel& parcel, std::size_t more) const noexcept {
        return parcel.bytes + more <= queue_.options_.aggregate_bytes &&
               bytes_ + more <= max_request_bytes;
    }
    [[nodiscard]] bool may_follow(const Parcel& parcel, const Pending& record) const noexcept {
        return may_be_aggregated(record) && !record.doomed && !record.settled &&
               has_room(parcel, aggregated_bytes(record));
    }

    Parcel& parcel_for(Pending* record) {
        const auto [place, fresh] = queue_.open_.try_emplace(record->shard, parcels_.size());
        if (!fresh) {
            Parcel& open = parcels_[place->second];
            if (has_room(open, aggregated_bytes(*record))) return open;
            place->second = parcels_.size();
        }
        // The outer hash key is the first record's, and where none is given its partition key, too.
        const std::string_view outer_key = queue_.aggregate_partition_key();
        const std::size_t bytes =
            envelope_bytes + (outer_key.empty() ? record->key_bytes : outer_key.size());
        parcels_.push_back({.count = 0,
                            .aggregated = true,
                            .shard = record->shard,
                            .hash_key = queue_.hash_key_of(*record),
                            .bytes = bytes});
        bytes_ += bytes;
        return parcels_.back();
    }

    std::size_t join(Parcel& parcel, Pending* record) {
        const std::size_t bytes = aggregated_bytes(*record);
        record->next = nullptr;
        (parcel.first == nullptr ? parcel.first : parcel.last->next) = record;
        parcel.last = record;
        parcel.bytes += bytes;
        ++parcel.count;
        bytes_ += bytes;
        return bytes;
    }

    SendQueue& queue_;
    std::vector<Parcel>& parcels_;
    const bool large_alone_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
};

void SendQueue::add(Pending* record, TimePoint due) {
    if (record->shard != no_shard && !shards_.is_open(record->shard)) forget_shard(record);
    ready_bytes_ += record->counted_bytes();
    if (!ready_.empty() && due < newest_due_) {
        overtaking_due_ = std::min(overtaking_due_, due);
        overtaking_.push_back(record);
        return;
    }
    if (ready_.empty()) ready_due_ = due;
    newest_due_ = due;
    ready_.push_back(record);
}

void SendQueue::add_again(Pending* record) {
    forget_shard(record);
    retries_.push_back(record);
}

bool SendQueue::due(TimePoint now, bool eager, bool may_retry) const {
    const std::size_t ready = ready_count();
    if (ready != 0 && (eager || now >= std::min(ready_due_, overtaking_due_) ||
                       ready >= max_request_records || ready_bytes_ >= max_request_bytes)) {
        return true;
    }
    if (may_retry && (!retries_.empty() || limited_waits_for_retry_)) return true;
    return now >= limited_due_;
}

TimePoint SendQueue::due_at(TimePoint may_retry_at) const noexcept {
    TimePoint at = std::min({ready_due_, overtaking_due_, limited_due_});
    if (!retries_.empty() || limited_waits_for_retry_) at = std::min(at, may_retry_at);
    return at;
}

void SendQueue::take(std::vector<Parcel>& parcels, const Taking& how) {
    Filling filling(*this, parcels, how.large_alone);
    if (how.may_retry) take_retries(filling);
    take_limited(filling, how);
    take_ready(overtaking_, filling);
    if (overtaking_.empty()) {
        overtaking_due_ = never;
        take_ready(ready_, filling);
    }
    // Some of them were for a limited shard that has room for them.
    take_limited(filling, how);
    // What a full request leaves behind goes on waiting, and not from the beginning.
    ready_due_ = ready_.empty() ? never : ready_.front()->deadline - how.due_before_deadline;
}

event::HashKey SendQueue::hash_key_of(const Pending& record) const {
    const Pending* const one = &record;
    event::HashKey key;
    options_.hash_keys_of({&one, 1}, {&key, 1});
    return key;
}

// Of the next few, which are needed soon: together that takes a third of the time.
void SendQueue::find_shards(PendingQueue& queue) {
    if (!options_.hash_keys_of || !(aggregates() || sorts()) || !shards_.is_told()) return;
    std::array<Pending*, md5_lanes> records;
    std::size_t count = 0;
    Pending* next = queue.front();
    for (std::size_t at = 0; at < records.size() && next != nullptr; ++at, next = next->next) {
        if (next->shard == no_shard) records[count++] = next;
    }
    std::array<event::HashKey, md5_lanes> keys;
    options_.hash_keys_of({records.data(), count}, keys);
    for (std::size_t at = 0; at < count; ++at) records[at]->shard = shards_.shard_of(keys[at]);
}

void SendQueue::take_retries(Filling& filling) {
    while (!retries_.empty()) {
        Pending* const record = retries_.front();
        Limited* const limited = limited_for(record);
        if (limited == nullptr && !filling.fits(*record)) return;
        retries_.pop_front();
        if (limited != nullptr) {
            wait_for(*limited, record);
        } else {
            filling.add(record);
        }
    }
}

void SendQueue::take_ready(PendingQueue& queue, Filling& filling) {
    while (!queue.empty()) {
        Pending* const record = queue.front();
        if (record->shard == no_shard) find_shards(queue);
        Limited* const limited = limited_for(record);
        if (limited == nullptr && !filling.fits(*record)) return;
        queue.pop_front();
        ready_bytes_ -= record->counted_bytes();
        if (limited != nullptr) {
            wait_for(*limited, record);
        } else {
            filling.add(record);
        }
    }
}

// Each limited shard has its turn, beginning behind the one that was served last.
void SendQueue::take_limited(Filling& filling, const Taking& how) {
    if (how.now < limited_due_ && !(how.may_retry && limited_waits_for_retry_)) return;
    limited_due_ = never;
    limited_waits_for_retry_ = false;
    auto place = limited_.find(last_served_);
    for (std::size_t left = limited_.size(); left > 0; --left) {
        if (place == limited_.end() || ++place == limited_.end()) place = limited_.begin();
        Limited& limited = place->second;
        if (place->first == no_shard) sort_out(limited);
        if (limited.empty()) continue;
        if (limited.rate.due(limited.cost(how.may_retry), how.now)) {
            last_served_ = place->first;
            take_from(limited, filling, how.may_retry);
        }
        if (!limited.again.empty() && !how.may_retry) limited_waits_for_retry_ = true;
        if (!limited.fresh.empty() || (!limited.again.empty() && how.may_retry)) {
            limited_due_ = std::min(limited_due_, limited.rate.due_at(limited.cost(how.may_retry)));
        }
    }
}

// Some of those whose shard was not known go where others have landed since.
void SendQueue::sort_out(Limited& unknown) {
    const auto sort = [this](PendingQueue& queue, double& cost) {
        while (!queue.empty() && shard_of(*queue.front()) != no_shard) {
            Pending* const record = queue.pop_front();
            cost = queue.empty() ? 0 : cost - ShardRate::cost_of(record->counted_bytes());
            wait_for(*limited_for(record), record);
        }
    };
    sort(unknown.again, unknown.again_cost);
    sort(unknown.fresh, unknown.fresh_cost);
}

// What was sent before goes first: it is the oldest. Where it may not go yet new records do, as no
// two of a key are here.
void SendQueue::take_from(Limited& limited, Filling& filling, bool may_retry) {
    if (may_retry) take_from(limited.again, limited.again_cost, limited.rate, filling);
    take_from(limited.fresh, limited.fresh_cost, limited.rate, filling);
}

void SendQueue::take_from(PendingQueue& queue, double& cost, ShardRate& rate, Filling& filling) {
    while (!queue.empty() && rate.allows() && filling.fits(*queue.front())) {
        Pending* const record = queue.pop_front();
        cost -= ShardRate::cost_of(record->counted_bytes());
        rate.sent(ShardRate::cost_of(filling.add(record)));
    }
    if (queue.empty()) cost = 0;
}

SendQueue::Limited* SendQueue::limited_for(Pending* record) {
    // It may have been sorted before the stream was resharded.
    if (record->shard != no_shard && !shards_.is_open(record->shard)) forget_shard(record);
    if (limited_.empty() && options_.highest_rate == 0 && !aggregates()) return nullptr;
    if (record->shard == no_shard) record->shard = shard_of(*record);
    // To keep to a cap, those whose shard is not known go together, as if it were one.
    if (record->shard == no_shard && options_.highest_rate == 0) return nullptr;
    const auto found = limited_.find(record->shard);
    if (found == limited_.end() && options_.highest_rate == 0) return nullptr;
    Limited& limited = found != limited_.end() ? found->second : begin_cap(record->shard);
    if (record->shard != no_shard) charge(record);
    return &limited;
}

SendQueue::Limited& SendQueue::begin_cap(ShardIndex shard) {
    const double highest = options_.highest_rate;
    if (is_over_its_share(shard)) ++full_version_;
    return limited_.emplace(shard, Limited{ShardRate(highest, highest, TimePoint{})}).first->second;
}

void SendQueue::wait_for(Limited& limited, Pending* record) {
    const double cost = ShardRate::cost_of(record->counted_bytes());
    if (record->attempts > 0) {
        limited.again.push_back(record);
        limited.again_cost += cost;
        limited_waits_for_retry_ = true;
    } else {
        limited.fresh.push_back(record);
        limited.fresh_cost += cost;
        limited_due_ = std::min(limited_due_, limited.rate.due_at(limited.fresh_cost));
    }
}

void SendQueue::charge(Pending* record) {
    if (record->charged) return;
    record->charged = true;
    std::size_t& held = held_[record->shard];
    const bool was_full = held > options_.most_held_by_shard;
    held += held_bytes(*record);
    if (!was_full && held > options_.most_held_by_shard) ++full_version_;
}

void SendQueue::accepted(Pending* record) {
    if (!limited_.empty()) static_cast<void>(limited_for(record));
}

// The stream may have been resharded since the record was sorted.
void SendQueue::forget_shard(Pending* record) noexcept {
    settled(record);
    record->shard = no_shard;
}

void SendQueue::settled(Pending* record) noexcept {
    if (!record->charged) return;
    record->charged = false;
    std::size_t& held = held_[record->shard];
    const bool was_full = held > options_.most_held_by_shard;
    held -= held_bytes(*record);
    if (was_full && held <= options_.most_held_by_shard) ++full_version_;
}

// What was known to go there was counted when it was sent.
void SendQueue::stored(const Parcel& parcel, ShardIndex shard, TimePoint now) {
    if (options_.highest_rate == 0 || parcel.first->shard != no_shard) return;
    const auto found = limited_.find(shard);
    Limited& limited = found != limited_.end() ? found->second : begin_cap(shard);
    limited.rate.received(ShardRate::cost_of(parcel.bytes), now);
}

void SendQueue::throttled(const Throttled& what, TimePoint request_started, TimePoint now) {
    const auto& [shard, refused, stored, refused_cost] = what;
    const double share = static_cast<double>(refused) /
                         static_cast<double>(std::max<std::size_t>(refused + stored, 1));
    const auto found = limited_.find(shard);
    if (found != limited_.end()) {
        found->second.rate.throttled(share, refused_cost, request_started, now);
        return;
    }
    // Nobody has measured how much it takes; what Kinesis promises a shard is the place to begin.
    if (is_over_its_share(shard)) ++full_version_;
    const double highest =
        options_.highest_rate == 0 ? ShardRate::unlimited : options_.highest_rate;
    limited_.emplace(shard, Limited{ShardRate(std::max(0.05, 1 - share), highest, now)});
}

void SendQueue::shards_changed() {
    for (auto place = limited_.begin(); place != limited_.end();) {
        Limited& limited = place->second;
        while (!limited.again.empty()) add_again(limited.again.pop_front());
        while (!limited.fresh.empty()) {
            Pending* const record = limited.fresh.pop_front();
            forget_shard(record);
            add(record, TimePoint{});
        }
        limited.again_cost = limited.fresh_cost = 0;
        const bool closed = shards_.is_told() && !shards_.is_open(place->first);
        const bool forgotten = place->first != no_shard && !shards_.knows(place->first);
        place = closed || forgotten ? limited_.erase(place) : std::next(place);
    }
    limited_due_ = never;
    limited_waits_for_retry_ = false;
    ++full_version_;
}

void SendQueue::make_room_for_shards() {
    if (!shards_.has_learned_too_much()) return;
    shards_.forget_learned();
    shards_changed();
}

void SendQueue::tidy(TimePoint now) {
    if (now < tidy_at_) return;
    tidy_at_ = now + std::chrono::seconds(1);
    std::erase_if(held_, [](const auto& one) { return one.second == 0; });
    std::erase_if(limited_, [&](const auto& one) {
        const bool goes = one.second.empty() && one.second.rate.idle(now);
        if (goes && is_over_its_share(one.first)) ++full_version_;
        return goes;
    });
}

std::vector<ShardMap::Range> SendQueue::full_shards() const {
    std::vector<ShardMap::Range> full;
    for (const auto& [shard, limited] : limited_) {
        if (!is_over_its_share(shard)) continue;
        if (const ShardMap::Range* range = shards_.range_of(shard)) full.push_back(*range);
    }
    return full;
}

}  // namespace lk::pipeline
