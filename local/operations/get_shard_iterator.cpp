#include <array>
#include <limits>

#include "local/concat.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"
#include "local/operations/token.hpp"
#include "local/store/sequence_number.hpp"

namespace lk::local {

namespace {

constexpr std::array<std::string_view, 5> iterator_types = {
    "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"};

struct Place {
    const Stream& stream;
    const Shard& shard;
    std::string_view type;
    std::optional<std::string_view> sequence_number;
    std::optional<std::int64_t> timestamp_ms;
};

Refusal wrong_combination(const Place& place) {
    return invalid_argument(concat(
        {"Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
         "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
         "Request specified ",
         place.type,
         place.sequence_number ? " and also a StartingSequenceNumber."
                               : " and no StartingSequenceNumber."}));
}

Expected<std::int64_t, Refusal> position_by_sequence_number(const Place& place) {
    const auto number = parse_sequence_number(*place.sequence_number);
    if (number && number->shard != place.shard.number) {
        return invalid_argument(
            concat({"Invalid StartingSequenceNumber. It encodes ", shard_id(number->shard),
                    ", while it was used in a call to a shard with ", place.shard.id}));
    }
    if (!number || number->stream_created_ms != place.stream.facts().created_ms) {
        return invalid_argument(
            concat({"StartingSequenceNumber ", *place.sequence_number,
                    " used in GetShardIterator on shard ", place.shard.id, " in stream ",
                    place.stream.name(), " under account ", account, " is invalid",
                    number ? " because it did not come from this stream." : "."}));
    }
    // The highest of all ends a closed shard, and nothing comes after it.
    const bool go_on = place.type == "AFTER_SEQUENCE_NUMBER" &&
                       number->position < std::numeric_limits<std::int64_t>::max();
    return number->position + (go_on ? 1 : 0);
}

Expected<std::int64_t, Refusal> position_by_time(const Environment& environment,
                                                 const Place& place) {
    if (!place.timestamp_ms) {
        return invalid_argument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
            "Current request has no timestamp parameter.");
    }
    const std::int64_t now = environment.now_ms();
    if (*place.timestamp_ms > now) {
        return invalid_argument(
            "The timestampInMillis parameter cannot be greater than the "
            "currentTimestampInMillis. timestampInMillis: " +
            std::to_string(*place.timestamp_ms) +
            ", currentTimestampInMillis: " + std::to_string(now));
    }
    auto found = environment.store.position_at(place.stream, place.shard, *place.timestamp_ms);
    if (!found) return refuse(found.error(), place.stream.name());
    return *found;
}

Expected<std::int64_t, Refusal> find_position(const Environment& environment, const Place& place) {
    const bool by_number =
        place.type == "AT_SEQUENCE_NUMBER" || place.type == "AFTER_SEQUENCE_NUMBER";
    if (by_number != place.sequence_number.has_value()) return wrong_combination(place);
    if (by_number) return position_by_sequence_number(place);
    if (place.type == "AT_TIMESTAMP") return position_by_time(environment, place);
    if (place.type == "LATEST") return place.shard.next_position.load();
    return std::int64_t{0};
}

}  // namespace

Outcome get_shard_iterator(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    const auto shard_text = members.text("ShardId", required(name_rule()));
    const auto type =
        members.text("ShardIteratorType", {.required = true, .values = iterator_types});
    const auto sequence_number = members.text("StartingSequenceNumber", sequence_number_rule());
    const auto timestamp = members.timestamp("Timestamp");
    if (auto refusal = problems.refusal()) return *refusal;

    const auto number = parse_shard_id(*shard_text);
    const auto stream = environment.store.find(*name);
    const Shard* const shard = stream && number ? stream->shard(*number) : nullptr;
    if (shard == nullptr) {
        return shard_not_found(number ? shard_id(*number) : *shard_text, *name);
    }
    const auto position =
        find_position(environment, {*stream, *shard, *type, sequence_number, timestamp});
    if (!position) return position.error();
    return wire::Document{
        {"ShardIterator", write_token({.kind = Token::Kind::shard_iterator,
                                       .issued_ms = environment.now_ms(),
                                       .stream = stream->name(),
                                       .stream_created_ms = stream->facts().created_ms,
                                       .shard = shard->number,
                                       .position = *position})}};
}

}  // namespace lk::local
