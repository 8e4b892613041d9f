#include "pipeline/key_set.hpp"

#include <utility>

namespace lk::pipeline {
namespace {

constexpr std::size_t least_entries = 64;

}  // namespace

// The entry with this tag, or the free one where it would stand.
std::size_t KeySet::place_of(std::uint64_t tag) const noexcept {
    std::size_t place = home_of(tag);
    while (table_[place] != 0 && tag_of(table_[place]) != tag) place = next(place);
    return place;
}

void KeySet::add(std::uint64_t fingerprint) {
    ++added_;
    if (holds_all_) return;
    if (used_ * 4 >= table_.size() * 3) {
        grow();
        if (holds_all_) return;
    }
    std::uint64_t& entry = table_[place_of(tag_of(fingerprint))];
    if (entry == 0) {
        entry = tag_of(fingerprint);
        ++used_;
    }
    if ((entry & count_mask) != count_mask) ++entry;
}

void KeySet::grow() {
    const std::size_t entries = table_.empty() ? least_entries : table_.size() / 2 * 3;
    if (entries * sizeof(std::uint64_t) > most_bytes_ && !table_.empty()) {
        holds_all_ = true;
        table_ = {};
        used_ = 0;
        return;
    }
    std::vector<std::uint64_t> old(entries);
    old.swap(table_);
    for (const std::uint64_t entry : old) {
        if (entry != 0) table_[place_of(tag_of(entry))] = entry;
    }
}

void KeySet::remove(std::uint64_t fingerprint) noexcept {
    if (--added_ == 0) return clear();
    if (holds_all_) return;
    std::size_t hole = place_of(tag_of(fingerprint));
    std::uint64_t& entry = table_[hole];
    if (entry == 0 || (entry & count_mask) == count_mask) return;
    if ((--entry & count_mask) != 0) return;
    // What was pushed on by the one that goes moves up.
    entry = 0;
    --used_;
    for (std::size_t place = next(hole); table_[place] != 0; place = next(place)) {
        if (distance(home_of(table_[place]), place) < distance(hole, place)) continue;
        table_[hole] = std::exchange(table_[place], 0);
        hole = place;
    }
}

void KeySet::clear() noexcept {
    added_ = 0;
    table_ = {};
    used_ = 0;
    holds_all_ = false;
}

bool KeySet::may_hold(std::uint64_t fingerprint) const noexcept {
    if (holds_all_) return true;
    return !table_.empty() && table_[place_of(tag_of(fingerprint))] != 0;
}

}  // namespace lk::pipeline
