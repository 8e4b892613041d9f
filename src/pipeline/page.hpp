#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "pipeline/pending.hpp"

namespace lk::pipeline {

class PageStore;

/// Records as finished CBOR, one behind another, and what is known of each:
///
///     | Page | record 0 | record 1 | …  →      ←  … | Pending 1 | Pending 0 |
///
/// Filled by dispatching threads under their stripe's lock, read by the driver up to a count that
/// it took under that lock, given back when the last reference goes.
class Page {
  public:
    /// Null when there is no room left.
    Pending* append(std::size_t cbor_bytes, char** out) noexcept;

    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    [[nodiscard]] Pending& operator[](std::uint32_t index) noexcept;
    [[nodiscard]] char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

    void hold() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void let_go() noexcept;

    // The driver's own.
    Page* next = nullptr;         ///< The page opened after it in the same stripe (stripe's lock).
    std::uint32_t unsettled = 0;  ///< Records taken by the driver and not yet released.
    bool drained = false;         ///< The driver has taken all that will ever be in it.

  private:
    friend class PageStore;
    Page(std::shared_ptr<PageStore> store, std::size_t capacity) noexcept;

    std::shared_ptr<PageStore> store_;
    std::size_t capacity_;  // of the part behind the Page itself
    std::size_t used_ = 0;
    std::uint32_t count_ = 0;
    std::atomic<std::uint32_t> references_{1};
};

/// Where pages come from. A few are kept for reuse: fresh memory costs a fault every 4 KiB.
/// Thread-safe. Pages keep it alive.
class PageStore : public std::enable_shared_from_this<PageStore> {
  public:
    static constexpr std::size_t usual_bytes = std::size_t{256} * 1024;

    PageStore() = default;
    ~PageStore();
    PageStore(const PageStore&) = delete;
    PageStore& operator=(const PageStore&) = delete;

    /// A page of the usual size, or of a larger one where a record of `cbor_bytes` needs it.
    Page* open(std::size_t cbor_bytes);

  private:
    friend class Page;
    void take_back(Page* page) noexcept;

    static constexpr std::size_t kept_pages = 8;
    std::mutex mutex_;
    std::vector<void*> kept_;
};

/// The record as a client sees it.
[[nodiscard]] Record record_of(const Pending& pending) noexcept;

}  // namespace lk::pipeline
