#include "local/faults/faults.hpp"

#include "local/faults/request_facts.hpp"

namespace lk::local {

void Faults::set(FaultPlan plan) {
    const bool active = !plan.rules.empty();
    auto matcher = active ? std::make_unique<FaultMatcher>(std::move(plan)) : nullptr;
    const std::lock_guard lock(mutex_);
    matcher_ = std::move(matcher);
    active_ = active;
}

FaultDecision Faults::decide(const Store& store, std::string_view operation,
                             wire::Encoding encoding, std::string_view body) {
    if (!active_) return {};
    const RequestFacts facts = facts_of(store, operation, encoding, body);
    const std::lock_guard lock(mutex_);
    return matcher_ == nullptr ? FaultDecision() : matcher_->decide(facts);
}

}  // namespace lk::local
