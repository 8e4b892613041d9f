#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "outbox/outbox.hpp"

namespace lk::pipeline {

/// A page of the outbox of which records are in memory to be sent. Lives until the last of them is
/// settled.
struct KeptPage {
    outbox::PageId id = 0;
    std::uint32_t unsettled = 0;         ///< Records that the outbox was not told to forget.
    std::vector<std::uint32_t> settled;  ///< By index: those that it is to be told about.
    std::list<KeptPage>::iterator self;  ///< Where its stage has it.
};

}  // namespace lk::pipeline
