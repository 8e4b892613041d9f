#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "aws/sha256.hpp"

namespace lk::aws {

/// The digests of two texts, each the pieces of one, as sha256() gives them. Most of what SHA-256
/// takes is waiting for the step before, so two side by side take little longer than one where the
/// processor has instructions for it (x86 SHA extensions); elsewhere they are made one after the
/// other. Thread-safe.
[[nodiscard]] std::pair<Sha256, Sha256> sha256_pair(std::span<const std::string_view> first,
                                                    std::span<const std::string_view> second);

}  // namespace lk::aws
