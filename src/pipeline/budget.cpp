#include "pipeline/budget.hpp"

#include <algorithm>
#include <limits>

#include "pipeline/slot.hpp"

namespace lk::pipeline {

namespace {

bool holds(const std::vector<ShardMap::Range>& ranges, event::HashKey hash_key) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const ShardMap::Range& range) {
        return range.first <= hash_key && hash_key <= range.last;
    });
}

}  // namespace

static_assert(Budget::bytes_an_event == sizeof(Pending) + sizeof(detail::Slot));

Budget::Budget(const BudgetOptions& options) noexcept : options_(options) {}

Budget::Answer Budget::ask(const Asker& asker) {
    const Answer answer = look_for_room(asker);
    if (answer != Answer::room) asked_in_vain_.store(true, std::memory_order_seq_cst);
    return answer;
}

Budget::Answer Budget::look_for_room(const Asker& asker) const {
    if (is_full()) return Answer::full;
    if (outbox_full_.load(std::memory_order_relaxed)) return Answer::outbox_full;
    if (asker.lane != 0 && key_full(asker.lane)) return Answer::key_full;
    if (asker.has_hash_key && in_full_shard(asker.hash_key)) return Answer::shard_full;
    return Answer::room;
}

void Budget::wait_for_room(const Asker& asker, const std::function<bool()>& gives_up) {
    std::unique_lock lock(mutex_);
    // Said before the look at what is held: a giver who does not see it has given before the look.
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    changed_.wait(lock, [&] {
        if (closed_ || gives_up()) return true;
        if (is_full() || outbox_full_.load(std::memory_order_seq_cst)) return false;
        if (asker.lane != 0 && key_full(asker.lane)) return false;
        return !asker.has_hash_key || !holds(full_shards_, asker.hash_key);
    });
    waiting_.fetch_sub(1, std::memory_order_relaxed);
}

bool Budget::suspend() noexcept {
    if (suspended_.fetch_add(1, std::memory_order_relaxed) < options_.most_suspended) return true;
    suspended_.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

void Budget::take_event(std::uint64_t lane, std::size_t cbor_bytes) noexcept {
    // Whoever fills the half sees that it is full.
    events_.fetch_add(1, std::memory_order_seq_cst);
    if (lane == 0) return;
    const std::size_t bytes = cbor_bytes + bytes_an_event;
    for (std::size_t i = 0; i < held_by_key_.size(); ++i) {
        held_by_key_[i][place_of(lane, i)].fetch_add(bytes, std::memory_order_relaxed);
    }
}

bool Budget::key_full(std::uint64_t lane) const noexcept {
    // Who holds nothing has room, however small a share may be.
    const std::size_t most = std::max<std::size_t>(options_.most_held_by_key, 1);
    return held_by_key(lane) >= most;
}

std::size_t Budget::held_by_key(std::uint64_t lane) const noexcept {
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i < held_by_key_.size(); ++i) {
        least = std::min(least, held_by_key_[i][place_of(lane, i)].load(std::memory_order_seq_cst));
    }
    return least;
}

void Budget::settled(const Pending& record, Return& sum) noexcept {
    ++sum.events;
    sum.suspended += record.suspended ? 1 : 0;
    if (record.lane == 0) return;
    const std::size_t bytes = held_bytes(record);
    for (std::size_t i = 0; i < held_by_key_.size(); ++i) {
        held_by_key_[i][place_of(record.lane, i)].fetch_sub(bytes, std::memory_order_relaxed);
    }
}

void Budget::give_back(const Return& sum) noexcept {
    if (sum.events == 0) return;
    suspended_.fetch_sub(sum.suspended, std::memory_order_relaxed);
    events_.fetch_sub(sum.events, std::memory_order_seq_cst);
    wake();
}

void Budget::page_closed(std::size_t bytes) noexcept {
    pages_.fetch_sub(bytes, std::memory_order_seq_cst);
    wake();
}

void Budget::slabs_grown(std::ptrdiff_t bytes) noexcept {
    slabs_.fetch_add(static_cast<std::size_t>(bytes), std::memory_order_seq_cst);
    if (bytes < 0) wake();
}

void Budget::outbox_is_full(bool is_full) noexcept {
    if (outbox_full_.exchange(is_full, std::memory_order_seq_cst) && !is_full) wake();
}

void Budget::holds_besides(std::size_t bytes) noexcept {
    if (besides_.exchange(bytes, std::memory_order_seq_cst) > bytes) wake();
}

void Budget::keys_resumed(std::size_t count) noexcept {
    if (count == 0) return;
    paused_keys_.fetch_sub(count, std::memory_order_seq_cst);
    wake();
}

void Budget::wake() noexcept {
    if (waiting_.load(std::memory_order_seq_cst) == 0) return;
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
}

void Budget::shards_are_full(std::vector<ShardMap::Range> ranges) {
    {
        const std::lock_guard lock(mutex_);
        full_shards_ = std::move(ranges);
        any_shard_full_.store(!full_shards_.empty(), std::memory_order_relaxed);
    }
    changed_.notify_all();
}

bool Budget::in_full_shard(event::HashKey hash_key) const {
    const std::lock_guard lock(mutex_);
    return holds(full_shards_, hash_key);
}

void Budget::close() noexcept {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

}  // namespace lk::pipeline
