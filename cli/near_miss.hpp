#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lk::cli {

/// The candidate that a mistyped word most likely meant: one that it is the beginning of, or one
/// at most a third of its letters away. Empty when none is near, or `given` is itself one.
[[nodiscard]] std::string_view near_miss(std::string_view given,
                                         std::span<const std::string> candidates);

}  // namespace lk::cli
