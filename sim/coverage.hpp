#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/fault.hpp"

namespace lk::sim {

enum class LaneState : std::uint8_t {
    empty,
    first_waiting,
    in_flight,
    retry_waiting,
    paused,
    limited,  ///< Its shard throttles.
    half,     ///< Of a request that was refused as invalid.
    count_,
};
inline constexpr std::size_t lane_state_count = static_cast<std::size_t>(LaneState::count_);
using LaneStates = std::array<bool, lane_state_count>;

/// How often each fault struck while some lane was in each state.
class Coverage {
  public:
    void met(Fault fault, const LaneStates& states) noexcept {
        for (std::size_t i = 0; i < lane_state_count; ++i) {
            counts_[static_cast<std::size_t>(fault)][i] += states[i] ? 1U : 0U;
        }
    }
    Coverage& operator+=(const Coverage& other) noexcept {
        for (std::size_t fault = 0; fault < fault_count; ++fault) {
            for (std::size_t i = 0; i < lane_state_count; ++i) {
                counts_[fault][i] += other.counts_[fault][i];
            }
        }
        return *this;
    }
    [[nodiscard]] std::string table() const;
    /// Of all pairs of a fault and a state.
    [[nodiscard]] std::uint64_t rarest() const noexcept;

  private:
    std::array<std::array<std::uint64_t, lane_state_count>, fault_count> counts_{};
};

}  // namespace lk::sim
