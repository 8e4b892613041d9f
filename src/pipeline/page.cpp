#include "pipeline/page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>

#include "base/md5.hpp"
#include "wire/record_layout.hpp"

namespace lk::pipeline {
namespace {

// A fault every 4 KiB was the slowest of what made one dispatch() in a hundred slow. All at once
// they cost less, and are over with one call in five hundred. Kernels before Linux 5.14 do not know
// how.
void fault_in(void* memory, std::size_t bytes) noexcept {
#ifdef MADV_POPULATE_WRITE
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto start = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t first = (start + page - 1) / page * page;
    const std::uintptr_t last = (start + bytes) / page * page;
    void* const whole_pages = static_cast<char*>(memory) + (first - start);
    if (first < last) madvise(whole_pages, last - first, MADV_POPULATE_WRITE);
#else
    static_cast<void>(memory);
    static_cast<void>(bytes);
#endif
}

}  // namespace

Page::Page(std::shared_ptr<PageStore> store, std::size_t capacity) noexcept
    : store_(std::move(store)), capacity_(capacity) {}

void Page::let_go() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    // The store may die with its last page: hold it until the page is back.
    const std::shared_ptr<PageStore> store = std::move(store_);
    store->take_back(this);
}

PageStore::PageStore(std::shared_ptr<Budget> budget) noexcept
    : budget_(std::move(budget)),
      usual_bytes_(usual_bytes_of(budget_->bytes())),
      most_kept_(std::max(kept_when_idle, budget_->bytes() / 4 / usual_bytes_)) {}

std::size_t PageStore::usual_bytes_of(std::size_t budget_bytes) noexcept {
    return std::clamp(budget_bytes / 256, smallest_usual_bytes, largest_usual_bytes);
}

PageStore::~PageStore() {
    for (void* memory : kept_) ::operator delete(memory);
}

Page* PageStore::open(std::size_t record_bytes, Use use) {
    const std::size_t bytes = std::max(usual_bytes_, sizeof(Page) + record_bytes);
    void* memory = nullptr;
    if (bytes == usual_bytes_) {
        const std::lock_guard lock(mutex_);
        if (!kept_.empty()) {
            memory = kept_.back();
            kept_.pop_back();
        }
    }
    if (memory == nullptr) {
        memory = ::operator new(bytes);
        if (use == Use::all) fault_in(memory, bytes);
    }
    budget_->page_opened(bytes);
    return new (memory) Page(shared_from_this(), bytes - sizeof(Page));
}

bool PageStore::trim() noexcept {
    const std::lock_guard lock(mutex_);
    if (kept_.size() <= kept_when_idle) return false;
    for (; kept_.size() > kept_when_idle; kept_.pop_back()) ::operator delete(kept_.back());
    return true;
}

void PageStore::take_back(Page* page) noexcept {
    const std::size_t bytes = page->capacity_ + sizeof(Page);
    page->~Page();
    void* memory = page;
    if (bytes == usual_bytes_) {
        const std::lock_guard lock(mutex_);
        if (kept_.size() < most_kept_) {
            if (kept_.capacity() == 0) kept_.reserve(most_kept_);
            kept_.push_back(memory);
            memory = nullptr;
        }
    }
    ::operator delete(memory);
    budget_->page_closed(bytes);
}

void hash_keys_of(std::span<const Pending* const> records, std::span<event::HashKey> keys) {
    std::array<std::string_view, md5_lanes> partition_keys;
    std::array<event::HashKey, md5_lanes> hashes;
    for (std::size_t at = 0; at < records.size(); at += partition_keys.size()) {
        const auto some = records.subspan(at, std::min(md5_lanes, records.size() - at));
        for (std::size_t i = 0; i < some.size(); ++i) {
            partition_keys[i] = record_of(*some[i]).partition_key;
        }
        event::hashes_of_partition_keys(std::span(partition_keys).first(some.size()), hashes);
        for (std::size_t i = 0; i < some.size(); ++i) {
            keys[at + i] =
                event::parse_hash_key(record_of(*some[i]).explicit_hash_key).value_or(hashes[i]);
        }
    }
}

namespace {

Record record_in(std::string_view cbor, std::size_t data_bytes, std::size_t key_bytes,
                 std::size_t hash_key_bytes) noexcept {
    using Layout = wire::RecordLayout;
    const char* data = cbor.data() + Layout::before_data;
    const char* key = data + data_bytes + Layout::before_key;
    Record record;
    record.data = {data, data_bytes};
    record.partition_key = {key, key_bytes};
    if (hash_key_bytes != 0) {
        record.explicit_hash_key = {key + key_bytes + Layout::before_hash_key, hash_key_bytes};
    }
    record.cbor = cbor;
    return record;
}

}  // namespace

Record record_of(const Pending& pending) noexcept {
    return record_in({pending.bytes, pending.cbor_bytes}, pending.data_bytes(), pending.key_bytes,
                     pending.hash_key_bytes);
}

Record record_of(const outbox::KeptRecord& kept) noexcept {
    return record_in(kept.cbor, kept.data_bytes, kept.key_bytes, kept.hash_key_bytes);
}

}  // namespace lk::pipeline
