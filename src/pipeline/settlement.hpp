#pragma once

#include <cstdint>
#include <string>

#include <lk/published.hpp>

namespace lk::pipeline {

/// How a record ended, as its result keeps it: only its own bytes. The Event is made of it when
/// somebody asks, on that thread.
struct Settlement {
    bool published = false;
    bool is_envelope = true;
    bool may_be_duplicate = false;
    bool on_other_shard = false;
    int attempts = 0;
    // data · partition key · shard · sequence number, one behind another
    std::string text;
    std::uint32_t data_bytes = 0;
    std::uint32_t key_bytes = 0;
    std::uint32_t shard_bytes = 0;
    Error error;

    [[nodiscard]] Outcome outcome() const;
};

}  // namespace lk::pipeline
