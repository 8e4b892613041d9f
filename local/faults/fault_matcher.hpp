#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "local/faults/fault_plan.hpp"

namespace lk::local {

/// What rules can ask about a request.
struct RequestFacts {
    struct Record {
        int shard = 0;
        std::string partition_key = {};
    };

    std::string operation = {};
    std::string stream = {};
    std::optional<int> shard = {};  ///< Of a request that reads one.
    std::vector<Record> records = {};
};

/// What goes wrong with one request; by default nothing.
struct FaultDecision {
    /// Keeps what the pointers point at.
    std::shared_ptr<const FaultPlan> plan = {};
    std::chrono::milliseconds delay_before_commit{};
    std::chrono::milliseconds delay_after_commit{};
    std::vector<const RecordFault*> records = {};
    const AnswerFault* answer = nullptr;

    [[nodiscard]] bool commits() const noexcept { return answer == nullptr || answer->commit; }
};

/// Applies a plan to one request after the other. The same plan and requests lead to the same
/// decisions. No clock, no I/O; one thread at a time.
class FaultMatcher {
  public:
    explicit FaultMatcher(FaultPlan plan);

    /// Asks every rule, in order. Delays add up; of each record the first fault counts, and so it
    /// does of the answer.
    [[nodiscard]] FaultDecision decide(const RequestFacts& request);

  private:
    struct RuleState {
        std::int64_t requests = 0;
        std::int64_t acted = 0;
        std::mt19937_64 random;  // Each rule its own, so that no rule shifts another's draws.
    };

    [[nodiscard]] static bool draw(double probability, std::mt19937_64& random);
    static bool apply(const FaultRule& rule, RuleState& state,
                      const std::vector<std::size_t>& records, FaultDecision& decision);

    std::shared_ptr<const FaultPlan> plan_;
    std::vector<RuleState> states_;
};

}  // namespace lk::local
