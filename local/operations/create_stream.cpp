#include <array>

#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"

namespace lk::local {

namespace {

constexpr std::array<std::string_view, 2> modes = {"PROVISIONED", "ON_DEMAND"};
constexpr int on_demand_shards = 4;

}  // namespace

Outcome create_stream(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = members.text("StreamName", required(name_rule()));
    const auto shards = members.number("ShardCount", 1, 100'000);
    const auto max_record_kib = members.number("MaxRecordSizeInKiB", 1024, 10'240);
    std::string_view mode = modes[0];
    if (const wire::Document* const details = members.object("StreamModeDetails")) {
        const Members inner(*details, request.encoding, problems, "streamModeDetails.");
        mode = inner.text("StreamMode", {.required = true, .values = modes}).value_or(mode);
    }
    const bool on_demand = mode == modes[1];
    if (auto refusal = problems.refusal()) return *refusal;
    if (on_demand && shards) {
        return Refusal{"ValidationException",
                       "ShardCount must not be given for a stream in ON_DEMAND mode"};
    }
    if (!on_demand && !shards) {
        return Refusal{"ValidationException",
                       "ShardCount must be given for a stream in PROVISIONED mode"};
    }

    StreamFacts facts;
    facts.name = *name;
    facts.shards = static_cast<int>(shards.value_or(on_demand_shards));
    facts.on_demand = on_demand;
    if (max_record_kib) facts.max_record_bytes = static_cast<std::size_t>(*max_record_kib) * 1024;
    auto created = environment.store.create(std::move(facts), environment.now_ms());
    if (!created) return refuse(created.error(), *name);
    return wire::Document();
}

}  // namespace lk::local
