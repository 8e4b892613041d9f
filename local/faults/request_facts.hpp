#pragma once

#include <string_view>

#include "local/faults/fault_matcher.hpp"
#include "local/store/store.hpp"
#include "wire/encoding.hpp"

namespace lk::local {

/// What a request is about, as far as it can be told: a body that is no Kinesis request has no
/// facts but its operation. Records are told with the shards that take them now.
[[nodiscard]] RequestFacts facts_of(const Store& store, std::string_view operation,
                                    wire::Encoding encoding, std::string_view body);

}  // namespace lk::local
