#include <algorithm>
#include <array>

#include "local/concat.hpp"
#include "local/operations/descriptions.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"
#include "local/operations/token.hpp"

namespace lk::local {

namespace {

// A page never has more, whatever MaxResults says.
constexpr std::int64_t max_page = 1000;

constexpr std::array<std::string_view, 6> filter_types = {"AFTER_SHARD_ID",    "AT_TRIM_HORIZON",
                                                          "FROM_TRIM_HORIZON", "AT_LATEST",
                                                          "AT_TIMESTAMP",      "FROM_TIMESTAMP"};

/// Which part of a stream's shards is asked for.
struct Selection {
    std::shared_ptr<Stream> stream;
    std::string after = {};  ///< A shard's identifier, or empty.
    /// Of those that were open at some time from `from_ms` to `until_ms`.
    std::int64_t from_ms = 0;
    std::int64_t until_ms = Shard::never;

    [[nodiscard]] bool takes(const Shard& shard) const {
        return shard.id > after && shard.closed_ms > from_ms && shard.created_ms <= until_ms;
    }
};

struct Filter {
    std::string_view type = {};
    std::optional<std::string_view> shard_id = {};
    std::optional<std::int64_t> timestamp = {};
};

std::optional<Filter> read_filter(const Members& members) {
    const wire::Document* const given = members.object("ShardFilter");
    if (given == nullptr) return std::nullopt;
    const Members inner(*given, members.encoding(), members.problems(), "shardFilter.");
    return Filter{
        .type = inner.text("Type", {.required = true, .values = filter_types}).value_or(""),
        .shard_id = inner.text("ShardId", name_rule()),
        .timestamp = inner.timestamp("Timestamp")};
}

// The trim horizon is the stream's beginning: no record is ever too old here.
std::optional<Refusal> apply(const Filter& filter, Selection& selection) {
    const auto at = [&](std::int64_t ms) { selection.from_ms = selection.until_ms = ms; };
    if (filter.type == "AFTER_SHARD_ID") {
        if (!filter.shard_id) {
            return invalid_argument("ShardFilter of type AFTER_SHARD_ID needs a ShardId.");
        }
        selection.after = std::max(selection.after, std::string(*filter.shard_id));
    }
    if (filter.type == "AT_TRIM_HORIZON") at(selection.stream->facts().created_ms);
    if (filter.type == "AT_LATEST") at(Shard::never - 1);
    if (filter.type == "AT_TIMESTAMP" || filter.type == "FROM_TIMESTAMP") {
        if (!filter.timestamp) {
            return invalid_argument(
                concat({"ShardFilter of type ", filter.type, " needs a Timestamp."}));
        }
        const std::int64_t ms = std::max<std::int64_t>(*filter.timestamp, 1);
        if (filter.type == "AT_TIMESTAMP") {
            at(ms);
        } else {
            selection.from_ms = ms - 1;
        }
    }
    return std::nullopt;
}

Expected<Selection, Refusal> continue_with(const Environment& environment, std::string_view text) {
    auto token = read_live_token(Token::Kind::shard_list, text, environment.now_ms());
    if (!token) return std::move(token).error();
    auto stream = environment.store.find(token->stream);
    if (stream == nullptr || stream->facts().created_ms != token->stream_created_ms) {
        return stream_not_found(token->stream);
    }
    return Selection{.stream = std::move(stream),
                     .after = shard_id(token->shard),
                     .from_ms = token->position,
                     .until_ms = token->until_ms};
}

}  // namespace

Outcome list_shards(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_optional_stream_name(members);
    const auto token = members.text("NextToken", next_token_rule());
    const auto after = members.text("ExclusiveStartShardId", name_rule());
    const auto max_results = members.number("MaxResults", 1, 10'000).value_or(max_page);
    const auto created = members.timestamp("StreamCreationTimestamp");
    const auto filter = read_filter(members);
    if (auto refusal = problems.refusal()) return *refusal;

    Selection selection;
    if (token) {
        // The token says all of this by itself.
        if (name) {
            return invalid_argument("NextToken and StreamName cannot be provided together.");
        }
        if (after || created || filter) {
            return invalid_argument(
                "NextToken cannot be provided together with ExclusiveStartShardId, "
                "StreamCreationTimestamp or ShardFilter.");
        }
        auto continued = continue_with(environment, *token);
        if (!continued) return std::move(continued).error();
        selection = std::move(continued).value();
    } else {
        if (!name) {
            return invalid_argument("Either NextToken or StreamName should be provided.");
        }
        selection.stream = environment.store.find(*name);
        if (selection.stream == nullptr) return stream_not_found(*name);
        // Clients have it to the second.
        if (created && *created / 1000 != selection.stream->facts().created_ms / 1000) {
            return stream_not_found(*name);
        }
        selection.after = after.value_or("");
        if (filter) {
            if (auto refusal = apply(*filter, selection)) return *refusal;
        }
    }

    auto shards = wire::Document::array();
    wire::Document answer = wire::Document::object();
    for (const auto& shard : selection.stream->shards()) {
        if (!selection.takes(*shard)) continue;
        if (static_cast<std::int64_t>(shards.size()) == std::min(max_results, max_page)) {
            answer["NextToken"] =
                write_token({.kind = Token::Kind::shard_list,
                             .issued_ms = environment.now_ms(),
                             .stream = selection.stream->name(),
                             .stream_created_ms = selection.stream->facts().created_ms,
                             .shard = shard->number - 1,
                             .position = selection.from_ms,
                             .until_ms = selection.until_ms});
            break;
        }
        shards.push_back(describe(*shard));
    }
    answer["Shards"] = std::move(shards);
    return answer;
}

}  // namespace lk::local
