#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "event/hash_key.hpp"
#include "outbox/outbox.hpp"
#include "pipeline/budget.hpp"
#include "pipeline/pending.hpp"

namespace lk::pipeline {

class PageStore;

/// Records as finished CBOR, one behind another. Filled by dispatching threads under their stripe's
/// lock (or by the driver), read by the driver, given back when the last reference goes. What is
/// known of each record is in its Pending.
class Page {
  public:
    /// Null when there is no room left.
    char* append(std::size_t bytes) noexcept {
        if (bytes > capacity_ - used_) return nullptr;
        char* const out = this->bytes() + used_;
        used_ += bytes;
        return out;
    }

    [[nodiscard]] char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

    void hold() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void let_go() noexcept;

    [[nodiscard]] bool is_full() const noexcept { return used_ == capacity_; }
    /// Little of it is still needed.
    [[nodiscard]] bool is_sparse() const noexcept { return filled && live_bytes * 2 < capacity_; }

    Page* next = nullptr;  ///< In its stripe's list of filled pages (stripe's lock).
    // The driver's own.
    std::size_t live_bytes = 0;      ///< Of records that it has taken and not yet released.
    std::uint32_t live_records = 0;  ///< Their count.
    bool filled = false;             ///< All records that will ever be in it were taken.

  private:
    friend class PageStore;
    Page(std::shared_ptr<PageStore> store, std::size_t capacity) noexcept;

    std::shared_ptr<PageStore> store_;
    std::size_t capacity_;  // of the part behind the Page itself
    std::size_t used_ = 0;
    std::atomic<std::uint32_t> references_{1};
};

/// Where pages come from. They count in the budget as allocated. Those that came back are kept for
/// reuse, up to a quarter of the budget, as fresh memory costs a fault every 4 KiB. Thread-safe.
/// Pages keep it alive, and it the budget.
class PageStore : public std::enable_shared_from_this<PageStore> {
  public:
    /// Large enough to be filled quickly, small enough that many make up the budget.
    static constexpr std::size_t largest_usual_bytes = std::size_t{256} * 1024;
    static constexpr std::size_t smallest_usual_bytes = std::size_t{16} * 1024;

    explicit PageStore(std::shared_ptr<Budget> budget) noexcept;
    ~PageStore();
    PageStore(const PageStore&) = delete;
    PageStore& operator=(const PageStore&) = delete;

    enum class Use {
        some,  ///< Perhaps for a few records: only what is written to takes memory.
        all,   ///< It will be filled soon.
    };
    /// A page of the usual size, or of a larger one where a record needs it.
    Page* open(std::size_t record_bytes, Use use);

    /// Gives back to the system all but a few of the pages that are kept. True when there were any.
    bool trim() noexcept;

    [[nodiscard]] std::size_t usual_bytes() const noexcept { return usual_bytes_; }
    [[nodiscard]] static std::size_t usual_bytes_of(std::size_t budget_bytes) noexcept;
    /// How many are kept in any case.
    static constexpr std::size_t kept_when_idle = 8;

  private:
    friend class Page;
    void take_back(Page* page) noexcept;

    const std::shared_ptr<Budget> budget_;
    const std::size_t usual_bytes_;
    const std::size_t most_kept_;
    std::mutex mutex_;
    std::vector<void*> kept_;
};

/// What decides each record's shard: its explicit hash key or, where it has none, its partition
/// key.
void hash_keys_of(std::span<const Pending* const> records, std::span<event::HashKey> keys);

/// The record as a client sees it.
[[nodiscard]] Record record_of(const Pending& pending) noexcept;
/// The same of a record that comes from the outbox.
[[nodiscard]] Record record_of(const outbox::KeptRecord& kept) noexcept;

}  // namespace lk::pipeline
