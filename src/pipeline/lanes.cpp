#include "pipeline/lanes.hpp"

namespace lk::pipeline {

Pending** Lanes::link_to(std::uint64_t lane) noexcept {
    Pending** link = &buckets_[bucket_of(lane)];
    while (*link != nullptr && (*link)->lane != lane) link = &(*link)->bucket_next;
    return link;
}

bool Lanes::add(Pending* record) {
    Pending** const link = link_to(record->lane);
    Pending* const first = *link;
    if (first == nullptr) {
        record->lane_last = record;
        *link = record;
        if (++lanes_ > buckets_.size()) resize(buckets_.size() * 2);
        return true;
    }
    first->lane_last->lane_next = record;
    first->lane_last = record;
    return false;
}

Pending* Lanes::remove_first(Pending* first) {
    Pending** const link = link_to(first->lane);
    Pending* const next = first->lane_next;
    if (next != nullptr) {
        next->lane_last = first->lane_last;
        next->bucket_next = first->bucket_next;
        *link = next;
    } else {
        *link = first->bucket_next;
        if (--lanes_ * 8 < buckets_.size() && buckets_.size() > minimum_buckets) {
            resize(buckets_.size() / 2);
        }
    }
    first->lane_next = first->lane_last = first->bucket_next = nullptr;
    return next;
}

Pending* Lanes::remove(Pending* record) {
    Pending* const first = *link_to(record->lane);
    if (first == record) return remove_first(record);
    Pending* before = first;
    while (before->lane_next != record) before = before->lane_next;
    before->lane_next = record->lane_next;
    if (first->lane_last == record) first->lane_last = before;
    record->lane_next = nullptr;
    return nullptr;
}

Pending* Lanes::first_of(std::uint64_t lane) const {
    return *const_cast<Lanes*>(this)->link_to(lane);
}

bool Lanes::is_first(const Pending* record) const {
    return first_of(record->lane) == record;
}

void Lanes::resize(std::size_t buckets) {
    std::vector<Pending*> old(buckets);
    old.swap(buckets_);
    for (Pending* first : old) {
        while (first != nullptr) {
            Pending* const next = first->bucket_next;
            Pending*& bucket = buckets_[bucket_of(first->lane)];
            first->bucket_next = bucket;
            bucket = first;
            first = next;
        }
    }
}

}  // namespace lk::pipeline
