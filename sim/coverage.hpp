#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/fault.hpp"

namespace lk::sim {

/// What a lane may be in the midst of. A record with a random key is a lane of its own.
enum class LaneState : std::uint8_t {
    empty,
    first_waiting,
    first_in_flight,
    retry_waiting,
    retry_in_flight,
    late,  ///< Its record is settled, and the request still under way.
    paused,
    limited,  ///< Its shard throttles.
    half,     ///< Of a request that was refused as invalid.
    count_,
};
inline constexpr std::size_t lane_state_count = static_cast<std::size_t>(LaneState::count_);
using LaneStates = std::array<bool, lane_state_count>;

/// How often each fault struck a lane in each state. A fault of a request strikes the lanes of its
/// records (or of the one record that it is about) when the core is told of it; a request that is
/// stored late, the lanes that its records were in; a question about the stream, a freeze, a close,
/// a split, all lanes of the producers whom it concerns.
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
    /// Of all pairs of a fault and a state that can meet.
    [[nodiscard]] std::uint64_t rarest() const noexcept;

    /// A request's records are under way when the core is told what became of it.
    [[nodiscard]] static constexpr bool can_meet(Fault fault, LaneState state) noexcept {
        const bool is_of_a_request = fault < Fault::split && fault != Fault::late_commit;
        return !is_of_a_request ||
               (state != LaneState::empty && state != LaneState::first_waiting &&
                state != LaneState::retry_waiting);
    }

  private:
    std::array<std::array<std::uint64_t, lane_state_count>, fault_count> counts_{};
};

}  // namespace lk::sim
