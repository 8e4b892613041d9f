#include "wire/key_table.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "wire/aggregate_format.hpp"
#include "wire/protobuf_writer.hpp"

namespace lk::wire {
namespace {

constexpr std::size_t slots_at_first = 256;
constexpr std::size_t most_probes = 16;

}  // namespace

KeyTable::KeyTable() : slots_(slots_at_first) {}

void KeyTable::clear() noexcept {
    encoded_.clear();
    size_ = 0;
    if (++generation_ == 0) {
        std::fill(slots_.begin(), slots_.end(), Slot{});
        generation_ = 1;
    }
}

std::uint32_t KeyTable::hash_of(std::string_view key) noexcept {
    const std::uint64_t hash = std::hash<std::string_view>{}(key);
    return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

bool KeyTable::is(std::string_view key, const Entry& entry) const noexcept {
    return key == std::string_view(encoded_).substr(entry.key_at, entry.key_bytes);
}

const KeyTable::Entry* KeyTable::look_up(std::string_view key, std::uint32_t hash) const noexcept {
    for (std::size_t probe = 0; probe < most_probes; ++probe) {
        const Slot& slot = slots_[(hash + probe) & (slots_.size() - 1)];
        if (slot.generation != generation_) return nullptr;
        if (slot.hash == hash && is(key, slot.entry)) return &slot.entry;
    }
    return nullptr;
}

std::optional<std::uint32_t> KeyTable::find(std::string_view key) const noexcept {
    if (size_ != 0 && is(key, last_)) return last_.number;
    const Entry* const entry = look_up(key, hash_of(key));
    if (entry == nullptr) return std::nullopt;
    return entry->number;
}

std::uint32_t KeyTable::find_or_add(std::string_view key) {
    if (size_ != 0 && is(key, last_)) return last_.number;
    const std::uint32_t hash = hash_of(key);
    if (const Entry* const entry = look_up(key, hash)) {
        last_ = *entry;
    } else {
        make_room();
        last_ = append(key);
        insert(hash, last_);
    }
    return last_.number;
}

KeyTable::Entry KeyTable::append(std::string_view key) {
    std::array<char, 1 + most_varint_bytes> head;
    head[0] = protobuf_tag(aggregate_format::field::partition_key_table, ProtobufType::bytes);
    char* const head_end = write_varint(head.data() + 1, key.size());
    encoded_.append(head.data(), head_end);
    encoded_.append(key);
    return {size_++, static_cast<std::uint32_t>(key.size()), encoded_.size() - key.size()};
}

void KeyTable::insert(std::uint32_t hash, const Entry& entry) noexcept {
    for (std::size_t probe = 0; probe < most_probes; ++probe) {
        Slot& slot = slots_[(hash + probe) & (slots_.size() - 1)];
        if (slot.generation == generation_) continue;
        slot = {generation_, hash, entry};
        return;
    }
}

void KeyTable::make_room() {
    if (size_ + std::size_t{1} <= slots_.size() / 2) return;
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
        if (slot.generation == generation_) insert(slot.hash, slot.entry);
    }
}

}  // namespace lk::wire
