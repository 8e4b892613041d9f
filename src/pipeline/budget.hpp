#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "event/hash_key.hpp"
#include "pipeline/pending.hpp"
#include "pipeline/shard_map.hpp"

namespace lk::pipeline {

struct BudgetOptions {
    std::size_t bytes = 0;
    std::size_t events = 0;
    /// What of the bytes the events of one key may hold.
    std::size_t most_held_by_key = 0;
    /// How many events may be accepted past the budget by callers who must not block.
    std::size_t most_suspended = 0;
};

/// How much memory unsettled events hold, who may have more, and who waits for it. Counted are the
/// pages with their bytes, as allocated, what is kept of each event, and what is remembered of
/// paused keys. Thread-safe.
///
/// Room is asked for before an event is written and taken when it is, so that threads which ask at
/// the same moment may together exceed it by an event, or a page, each.
class Budget {
  public:
    explicit Budget(const BudgetOptions& options) noexcept;

    /// What is kept of an event besides its bytes.
    static constexpr std::size_t bytes_an_event = bytes_besides_record;
    /// What is remembered of a paused key, with or without events: an entry in each of two hash
    /// tables (see Lanes, PausedLanes).
    static constexpr std::size_t bytes_a_paused_key = 96;

    /// Who asks.
    struct Asker {
        std::uint64_t lane = 0;  ///< As in Pending.
        event::HashKey hash_key{};
        bool has_hash_key = false;  ///< Told where any_shard_full().
    };
    enum class Answer { room, full, key_full, shard_full, outbox_full };
    [[nodiscard]] Answer ask(const Asker& asker);
    /// Blocks until there is room, or close(), or `gives_up` says so, which is asked after each
    /// look_again() and must be quick.
    void wait_for_room(const Asker& asker, const std::function<bool()>& gives_up);
    /// Something that `gives_up` looks at has changed.
    void look_again() noexcept { wake(); }
    /// One of those who may be accepted past the budget; false when they are too many already.
    bool suspend() noexcept;

    void take_event(std::uint64_t lane, std::size_t cbor_bytes) noexcept;
    void page_opened(std::size_t bytes) noexcept {
        pages_.fetch_add(bytes, std::memory_order_seq_cst);
    }
    void page_closed(std::size_t bytes) noexcept;
    /// What is kept of events, as allocated: more of it, or less.
    void slabs_grown(std::ptrdiff_t bytes) noexcept;

    /// The driver: what it settled, gathered and given back at once.
    struct Return {
        std::size_t events = 0;
        std::size_t suspended = 0;
    };
    void settled(const Pending& record, Return& sum) noexcept;
    void give_back(const Return& sum) noexcept;

    /// The driver: shards that hold more than their share, by their hash keys.
    void shards_are_full(std::vector<ShardMap::Range> ranges);
    [[nodiscard]] bool any_shard_full() const noexcept {
        return any_shard_full_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool in_full_shard(event::HashKey hash_key) const;
    /// What a key holds, at most.
    [[nodiscard]] std::size_t held_by_key(std::uint64_t lane) const noexcept;

    /// The driver: the outbox holds what it may hold.
    void outbox_is_full(bool is_full) noexcept;
    /// The driver: memory that is kept besides pages and events, more or less of it than before.
    void holds_besides(std::size_t bytes) noexcept;
    /// So many keys more are paused, or fewer. Not with a lock held that wait_for_room()'s
    /// `gives_up` takes.
    void keys_paused(std::size_t count) noexcept { paused_keys_.fetch_add(count); }
    void keys_resumed(std::size_t count) noexcept;
    /// The driver: a result of an event that is held no more is still wanted, or is no more.
    void hold_result() noexcept { events_.fetch_add(1, std::memory_order_relaxed); }
    void let_go_results(std::size_t count) noexcept { give_back({.events = count}); }

    /// Wakes whoever waits, for good.
    void close() noexcept;

    [[nodiscard]] std::size_t bytes() const noexcept { return options_.bytes; }
    [[nodiscard]] const BudgetOptions& options() const noexcept { return options_; }
    [[nodiscard]] std::size_t events() const noexcept {
        return events_.load(std::memory_order_seq_cst);
    }
    [[nodiscard]] std::size_t paused_keys() const noexcept {
        return paused_keys_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t held() const noexcept {
        const std::size_t events = this->events();
        return pages_.load(std::memory_order_seq_cst) + besides_.load(std::memory_order_relaxed) +
               paused_keys() * bytes_a_paused_key +
               std::max(events * bytes_an_event, events * (bytes_an_event - sizeof(Pending)) +
                                                     slabs_.load(std::memory_order_seq_cst));
    }
    /// Allocated for what is kept of events, and needed by none.
    [[nodiscard]] std::size_t unused_slabs() const noexcept {
        const std::size_t used = events() * sizeof(Pending);
        const std::size_t slabs = slabs_.load(std::memory_order_relaxed);
        return slabs > used ? slabs - used : 0;
    }
    [[nodiscard]] std::size_t pages() const noexcept {
        return pages_.load(std::memory_order_relaxed);
    }
    /// Somebody waits for room, or asked in vain since this was called last: what lingers keeps the
    /// room, also where it is only a key's or a shard's.
    [[nodiscard]] bool is_sought() noexcept {
        return asked_in_vain_.exchange(false, std::memory_order_seq_cst) ||
               waiting_.load(std::memory_order_seq_cst) != 0;
    }
    [[nodiscard]] bool is_half_full() const noexcept {
        return held() * 2 >= options_.bytes || events() * 2 >= options_.events;
    }

  private:
    // What the keys hold, in tables by different bits of a key's hash. A key holds at most the
    // smallest of its entries; only who shares all with a key that is full is mistaken for it, one
    // in a thousand million.
    static constexpr std::size_t table_size = 1024;
    using Table = std::array<std::atomic<std::size_t>, table_size>;
    static std::size_t place_of(std::uint64_t lane, std::size_t table) noexcept {
        return (lane >> (20 * table)) % table_size;
    }
    [[nodiscard]] Answer look_for_room(const Asker& asker) const;
    [[nodiscard]] bool is_full() const noexcept {
        return held() >= options_.bytes || events() >= options_.events;
    }
    [[nodiscard]] bool key_full(std::uint64_t lane) const noexcept;
    void wake() noexcept;

    const BudgetOptions options_;
    std::atomic<std::size_t> pages_{0};
    std::atomic<std::size_t> events_{0};
    std::atomic<std::size_t> slabs_{0};
    std::atomic<std::size_t> besides_{0};
    std::atomic<std::size_t> paused_keys_{0};
    std::atomic<bool> outbox_full_{false};
    std::atomic<std::size_t> suspended_{0};
    std::array<Table, 3> held_by_key_{};
    std::atomic<bool> any_shard_full_{false};
    std::atomic<int> waiting_{0};
    std::atomic<bool> asked_in_vain_{false};
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ShardMap::Range> full_shards_;
    bool closed_ = false;
};

}  // namespace lk::pipeline
