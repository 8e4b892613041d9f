#pragma once

#include <cstdint>
#include <cstring>
#include <list>
#include <vector>

#include "outbox/outbox.hpp"
#include "pipeline/pending.hpp"

namespace lk::pipeline {

/// A page of the outbox of which records are in memory to be sent. Lives until the last of them is
/// settled.
struct KeptPage {
    outbox::PageId id = 0;
    std::uint32_t unsettled = 0;         ///< Records that the outbox was not told to forget.
    std::vector<std::uint32_t> settled;  ///< By index: those that it is to be told about.
    std::list<KeptPage>::iterator self;  ///< Where its stage has it.
};

/// Where a record stands in the outbox. Written in front of the record's bytes, so that events
/// without an outbox pay nothing for it.
struct KeptPlace {
    KeptPage* page = nullptr;
    std::uint32_t index = 0;
};

inline constexpr std::size_t kept_place_bytes = sizeof(KeptPlace);

// Records stand at any address, hence the copies.
[[nodiscard]] inline KeptPlace kept_place_of(const Pending& record) noexcept {
    KeptPlace place;
    std::memcpy(&place, record.bytes - kept_place_bytes, sizeof place);
    return place;
}

inline void set_kept_place(Pending& record, const KeptPlace& place) noexcept {
    std::memcpy(record.bytes - kept_place_bytes, &place, sizeof place);
    record.kept = true;
}

}  // namespace lk::pipeline
