#include "local/faults/fault_matcher.hpp"

#include <algorithm>

namespace lk::local {

namespace {

template <class Wanted, class Found>
bool fits(const std::optional<Wanted>& wanted, const Found& found) {
    return !wanted || *wanted == found;
}

// The records that the condition is about, if it is true of the request but for its ordinal;
// nothing if it is not.
std::optional<std::vector<std::size_t>> match(const FaultRule& rule, const RequestFacts& request) {
    const FaultCondition& on = rule.on;
    if (!fits(on.operation, request.operation) || !fits(on.stream, request.stream)) {
        return std::nullopt;
    }
    std::vector<std::size_t> records;
    for (std::size_t index = 0; index < request.records.size(); ++index) {
        const RequestFacts::Record& record = request.records[index];
        if (fits(on.shard, record.shard) && fits(on.partition_key, record.partition_key) &&
            (!on.record || on.record->contain(static_cast<std::int64_t>(index) + 1))) {
            records.push_back(index);
        }
    }
    const bool of_records = on.partition_key || on.record || rule.record;
    const bool of_shard = on.shard && on.shard != request.shard;
    if (records.empty() && (of_records || of_shard)) return std::nullopt;
    return records;
}

}  // namespace

FaultMatcher::FaultMatcher(FaultPlan plan)
    : plan_(std::make_shared<const FaultPlan>(std::move(plan))) {
    states_.resize(plan_->rules.size());
    for (std::size_t index = 0; index < states_.size(); ++index) {
        states_[index].random.seed(plan_->seed + index);
    }
}

FaultDecision FaultMatcher::decide(const RequestFacts& request) {
    FaultDecision decision;
    decision.plan = plan_;
    decision.records.resize(request.records.size());
    for (std::size_t index = 0; index < states_.size(); ++index) {
        const FaultRule& rule = plan_->rules[index];
        RuleState& state = states_[index];
        const auto records = match(rule, request);
        if (!records) continue;
        ++state.requests;
        if (!rule.on.request.contain(state.requests) || state.acted == rule.times) continue;
        if (rule.answer && decision.answer != nullptr) continue;
        if (apply(rule, state, *records, decision)) ++state.acted;
    }
    return decision;
}

bool FaultMatcher::apply(const FaultRule& rule, RuleState& state,
                         const std::vector<std::size_t>& records, FaultDecision& decision) {
    bool acts = false;
    if (rule.record) {
        for (const std::size_t index : records) {
            const RecordFault*& fault = decision.records[index];
            if (!draw(rule.probability, state.random) || fault != nullptr) continue;
            fault = &*rule.record;
            acts = true;
        }
    } else {
        acts = draw(rule.probability, state.random);
        if (acts && rule.answer) decision.answer = &*rule.answer;
    }
    if (!acts) return false;
    decision.delay_before_commit += rule.delay_before_commit;
    decision.delay_after_commit += rule.delay_after_commit;
    return true;
}

// Not a distribution of the standard library: each of those may draw differently.
bool FaultMatcher::draw(double probability, std::mt19937_64& random) {
    if (probability >= 1) return true;
    constexpr double steps = 9007199254740992.0;  // 2^53: as many as a double tells apart.
    return static_cast<double>(random() >> 11) / steps < probability;
}

}  // namespace lk::local
