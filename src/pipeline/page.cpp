#include "pipeline/page.hpp"

#include <new>

#include "wire/record_layout.hpp"

namespace lk::pipeline {
namespace {

constexpr std::size_t round_up(std::size_t bytes, std::size_t to) noexcept {
    return (bytes + to - 1) / to * to;
}

}  // namespace

Page::Page(std::shared_ptr<PageStore> store, std::size_t capacity) noexcept
    : store_(std::move(store)), capacity_(capacity) {}

Pending* Page::append(std::size_t cbor_bytes, char** out) noexcept {
    if (used_ + cbor_bytes + (count_ + std::size_t{1}) * sizeof(Pending) > capacity_) {
        return nullptr;
    }
    *out = bytes() + used_;
    auto* pending = new (&(*this)[count_]) Pending;
    pending->page = this;
    pending->offset = static_cast<std::uint32_t>(used_);
    pending->cbor_bytes = static_cast<std::uint32_t>(cbor_bytes);
    used_ += cbor_bytes;
    ++count_;
    return pending;
}

Pending& Page::operator[](std::uint32_t index) noexcept {
    return reinterpret_cast<Pending*>(bytes() + capacity_)[-1 - std::ptrdiff_t{index}];
}

void Page::let_go() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    // The store may die with its last page: hold it until the page is back.
    const std::shared_ptr<PageStore> store = std::move(store_);
    store->take_back(this);
}

PageStore::~PageStore() {
    for (void* memory : kept_) ::operator delete(memory);
}

Page* PageStore::open(std::size_t cbor_bytes) {
    static_assert(sizeof(Page) % alignof(Pending) == 0);
    const std::size_t needed =
        sizeof(Page) + round_up(cbor_bytes, alignof(Pending)) + sizeof(Pending);
    const std::size_t bytes = std::max(usual_bytes, needed);
    void* memory = nullptr;
    if (bytes == usual_bytes) {
        const std::lock_guard lock(mutex_);
        if (!kept_.empty()) {
            memory = kept_.back();
            kept_.pop_back();
        }
    }
    if (memory == nullptr) memory = ::operator new(bytes);
    return new (memory) Page(shared_from_this(), bytes - sizeof(Page));
}

void PageStore::take_back(Page* page) noexcept {
    const bool usual = page->capacity_ + sizeof(Page) == usual_bytes;
    page->~Page();
    if (usual) {
        const std::lock_guard lock(mutex_);
        if (kept_.size() < kept_pages) {
            if (kept_.capacity() == 0) kept_.reserve(kept_pages);
            kept_.push_back(page);
            return;
        }
    }
    ::operator delete(page);
}

Record record_of(const Pending& pending) noexcept {
    using Layout = wire::RecordLayout;
    const char* cbor = pending.page->bytes() + pending.offset;
    const char* data = cbor + Layout::before_data;
    const char* key = data + pending.data_bytes + Layout::before_key;
    Record record;
    record.data = {data, pending.data_bytes};
    record.partition_key = {key, pending.key_bytes};
    if (pending.hash_key_bytes != 0) {
        record.explicit_hash_key = {key + pending.key_bytes + Layout::before_hash_key,
                                    pending.hash_key_bytes};
    }
    record.cbor = {cbor, pending.cbor_bytes};
    return record;
}

}  // namespace lk::pipeline
