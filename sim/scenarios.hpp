#pragma once

namespace lk::sim {

/// Plays what is measured rather than drawn, fairness between shards and keys and the control of
/// rates, and prints the figures. False when one of them misses what docs/delivery.md promises.
[[nodiscard]] bool play_scenarios();

}  // namespace lk::sim
