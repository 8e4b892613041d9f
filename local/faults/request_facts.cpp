#include "local/faults/request_facts.hpp"

#include "local/operations/rules.hpp"
#include "local/operations/token.hpp"
#include "wire/document.hpp"

namespace lk::local {

namespace {

std::string text_of(const wire::Document& object, std::string_view name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<RequestFacts::Record> record_of(const wire::Document& object, const ShardMap& map) {
    if (!object.is_object()) return std::nullopt;
    RequestFacts::Record record{.partition_key = text_of(object, "PartitionKey")};
    const std::string hash_key = text_of(object, "ExplicitHashKey");
    const auto key = hash_key.empty() ? event::hash_of_partition_key(record.partition_key)
                                      : event::parse_hash_key(hash_key);
    if (!key) return std::nullopt;
    record.shard = map.shard_of(*key).number;
    return record;
}

// Iterators and list tokens name the stream, and an iterator the shard.
void add_token(const wire::Document& request, RequestFacts& facts) {
    if (const auto token =
            read_token(Token::Kind::shard_iterator, text_of(request, "ShardIterator"))) {
        facts.stream = token->stream;
        facts.shard = token->shard;
    }
    if (const auto token = read_token(Token::Kind::shard_list, text_of(request, "NextToken"))) {
        facts.stream = token->stream;
    }
}

}  // namespace

RequestFacts facts_of(const Store& store, std::string_view operation, wire::Encoding encoding,
                      std::string_view body) {
    RequestFacts facts{.operation = std::string(operation)};
    const auto request = wire::parse(encoding, body);
    if (!request || !request->is_object()) return facts;
    facts.stream = text_of(*request, "StreamName");
    if (facts.stream.empty()) facts.stream = name_in_arn(text_of(*request, "StreamARN"));
    if (facts.stream.empty()) add_token(*request, facts);
    for (const std::string_view name : {"ShardId", "ShardToSplit", "ShardToMerge"}) {
        if (const auto shard = parse_shard_id(text_of(*request, name))) facts.shard = shard;
    }

    const auto stream = store.find(facts.stream);
    if (stream == nullptr) return facts;
    const auto map = stream->map();
    const auto add = [&](const wire::Document& object) {
        // A record that Kinesis will refuse keeps its place, so that the others keep theirs.
        facts.records.push_back(
            record_of(object, *map).value_or(RequestFacts::Record{.shard = -1}));
    };
    if (operation == "PutRecord") add(*request);
    if (operation != "PutRecords") return facts;
    const auto records = request->find("Records");
    if (records == request->end() || !records->is_array()) return facts;
    for (const wire::Document& record : *records) add(record);
    return facts;
}

}  // namespace lk::local
