#include "pipeline/page_queue.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lk::pipeline {
namespace {

constexpr std::uint32_t most_pages_packed = 1024;
// A number in seven bits a byte, the lowest first; the eighth bit says that there are more.
constexpr std::uint64_t seven_bits = 0x7F;
constexpr std::uint64_t more = 0x80;

}  // namespace

PageQueue::Pack::Pack(const ShelvedPage& first)
    : generation_(first.generations.front().first), front_id_(first.id), back_id_(first.id) {
    push_back(first);
}

void PageQueue::Pack::write(std::uint64_t number) {
    for (; number > seven_bits; number >>= 7) {
        bytes_.push_back(static_cast<char>((number & seven_bits) | more));
    }
    bytes_.push_back(static_cast<char>(number));
}

std::uint64_t PageQueue::Pack::read() noexcept {
    std::uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<std::uint8_t>(bytes_[read_++]);
        number |= (byte & seven_bits) << shift;
        if ((byte & more) == 0) return number;
    }
}

bool PageQueue::Pack::push_back(const ShelvedPage& page) {
    if (pages_ == most_pages_packed || page.generations.front().first != generation_) return false;
    write(static_cast<std::uint64_t>(page.id - back_id_));
    write(std::uint64_t{page.records} << 1 | (page.only_lane != 0 ? 1 : 0));
    if (page.only_lane != 0) {
        bytes_.append(reinterpret_cast<const char*>(&page.only_lane), sizeof page.only_lane);
    }
    back_id_ = page.id;
    if (++pages_ == most_pages_packed) bytes_.shrink_to_fit();
    return true;
}

ShelvedPage PageQueue::Pack::pop_front() {
    // The first of all wrote no difference; what is behind one that was read did.
    ShelvedPage page{.id = front_id_ + static_cast<outbox::PageId>(read())};
    const std::uint64_t records = read();
    page.records = static_cast<std::uint32_t>(records >> 1);
    if ((records & 1) != 0) {
        std::memcpy(&page.only_lane, bytes_.data() + read_, sizeof page.only_lane);
        read_ += sizeof page.only_lane;
    }
    page.generations = {{generation_, page.records}};
    --pages_;
    front_id_ = page.id;
    return page;
}

outbox::PageId PageQueue::front_id(const Entry& entry) noexcept {
    const auto* const page = std::get_if<ShelvedPage>(&entry);
    return page != nullptr ? page->id : std::get_if<Pack>(&entry)->front_id();
}

outbox::PageId PageQueue::back_id(const Entry& entry) noexcept {
    const auto* const page = std::get_if<ShelvedPage>(&entry);
    return page != nullptr ? page->id : std::get_if<Pack>(&entry)->back_id();
}

std::size_t PageQueue::bytes_of(const Entry& entry) noexcept {
    const auto* const page = std::get_if<ShelvedPage>(&entry);
    return page != nullptr ? page->memory_bytes() - sizeof *page
                           : std::get_if<Pack>(&entry)->memory_bytes();
}

// libstdc++'s deque: blocks of 512 bytes, one also where it is empty, and pointers to them.
std::size_t PageQueue::memory_bytes() const noexcept {
    constexpr std::size_t block_bytes = 512;
    constexpr std::size_t in_block = std::max<std::size_t>(block_bytes / sizeof(Entry), 1);
    const std::size_t blocks = entries_.size() / in_block + 1;
    return memory_ + blocks * in_block * sizeof(Entry) +
           std::max<std::size_t>(blocks + 2, 8) * 2 * sizeof(void*);
}

void PageQueue::add_entry(const Place& place, Entry entry) {
    memory_ += bytes_of(entry);
    entries_.insert(place, std::move(entry));
}

void PageQueue::push_back(ShelvedPage page) {
    if (!page.is_plain()) {
        page.indices.shrink_to_fit();
        page.generations.shrink_to_fit();
        page.wanted.shrink_to_fit();
        add_entry(entries_.end(), std::move(page));
        return;
    }
    Pack* const pack = entries_.empty() ? nullptr : std::get_if<Pack>(&entries_.back());
    if (pack == nullptr) return add_entry(entries_.end(), Pack(page));
    const std::size_t before = pack->memory_bytes();
    const bool fits = pack->push_back(page);
    memory_ = memory_ - before + pack->memory_bytes();
    if (!fits) add_entry(entries_.end(), Pack(page));
}

void PageQueue::insert(ShelvedPage page) {
    records_ += page.records;
    wanted_ += page.wanted.size();
    if (entries_.empty() || back_id(entries_.back()) < page.id) return push_back(std::move(page));
    auto place = std::upper_bound(
        entries_.begin(), entries_.end(), page.id,
        [](outbox::PageId id, const Entry& entry) { return id < front_id(entry); });
    // Within a pack: that is taken apart, and its pages are two.
    if (place != entries_.begin() && back_id(*std::prev(place)) > page.id) {
        const Place within = std::prev(place);
        memory_ -= bytes_of(*within);
        Pack whole = std::move(*std::get_if<Pack>(&*within));
        PageQueue parts;
        bool is_in = false;
        for (place = entries_.erase(within); !whole.empty();) {
            ShelvedPage next = whole.pop_front();
            if (!is_in && next.id > page.id) {
                parts.push_back(page);
                is_in = true;
            }
            parts.push_back(std::move(next));
        }
        memory_ += parts.memory_;
        entries_.insert(place, std::move_iterator(parts.entries_.begin()),
                        std::move_iterator(parts.entries_.end()));
        return;
    }
    add_entry(place, page.is_plain() ? Entry(Pack(page)) : Entry(std::move(page)));
}

ShelvedPage PageQueue::pop_front() {
    Entry& first = entries_.front();
    ShelvedPage page;
    if (auto* const pack = std::get_if<Pack>(&first)) {
        page = pack->pop_front();
        records_ -= page.records;
        if (!pack->empty()) return page;
        memory_ -= bytes_of(first);
    } else {
        memory_ -= bytes_of(first);
        page = std::move(*std::get_if<ShelvedPage>(&first));
        records_ -= page.records;
        wanted_ -= page.wanted.size();
    }
    entries_.pop_front();
    return page;
}

std::size_t PageQueue::drop_unwanted() {
    std::size_t dropped = 0;
    if (wanted_ == 0) return dropped;
    // What becomes plain is packed.
    PageQueue rest;
    for (Entry& entry : entries_) {
        auto* const page = std::get_if<ShelvedPage>(&entry);
        if (page == nullptr) {
            rest.add_entry(rest.entries_.end(), std::move(entry));
            continue;
        }
        std::erase_if(page->wanted, [&](const auto& one) {
            if (one.second->wanted()) return false;
            one.second->settle_unwanted();
            ++dropped;
            return true;
        });
        rest.push_back(std::move(*page));
    }
    entries_ = std::move(rest.entries_);
    memory_ = rest.memory_;
    wanted_ -= dropped;
    return dropped;
}

}  // namespace lk::pipeline
