#include "local/operations/descriptions.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"

namespace lk::local {

Outcome describe_stream(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    const auto limit = members.number("Limit", 1, 10'000).value_or(100);
    const auto after = members.text("ExclusiveStartShardId", name_rule());
    if (auto refusal = problems.refusal()) return *refusal;
    const auto stream = environment.store.find(*name);
    if (stream == nullptr) return stream_not_found(*name);

    auto shards = wire::Document::array();
    bool more = false;
    for (const auto& shard : stream->shards()) {
        // Identifiers are of one length, so they compare as their numbers do.
        if (after && shard->id <= *after) continue;
        more = static_cast<std::int64_t>(shards.size()) == limit;
        if (more) break;
        shards.push_back(describe(*shard));
    }
    wire::Document description = describe_fully(*stream);
    description["Shards"] = std::move(shards);
    description["HasMoreShards"] = more;
    return wire::Document{{"StreamDescription", std::move(description)}};
}

}  // namespace lk::local
