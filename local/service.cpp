#include "local/service.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "local/concat.hpp"
#include "wire/error_answer.hpp"

namespace lk::local {

namespace {

struct Operation {
    std::string_view name;
    Outcome (*handle)(const Environment&, const Request&);
};

constexpr std::array operations = {
    Operation{"CreateStream", create_stream},
    Operation{"DeleteStream", delete_stream},
    Operation{"DescribeStream", describe_stream},
    Operation{"DescribeStreamSummary", describe_stream_summary},
    Operation{"GetRecords", get_records},
    Operation{"GetShardIterator", get_shard_iterator},
    Operation{"ListShards", list_shards},
    Operation{"ListStreams", list_streams},
    Operation{"PutRecord", put_record},
};

Refusal unknown_operation(std::string_view name) {
    std::string known = "PutRecords";
    for (const Operation& operation : operations) known += concat({", ", operation.name});
    return {"UnknownOperationException",
            concat({"The local stream does not offer the operation '", name.substr(0, 100),
                    "'; it offers ", known, "."})};
}

Expected<std::string, Refusal> answer(const Environment& environment, std::string_view name,
                                      wire::Encoding encoding, std::string_view body) {
    if (name == "PutRecords") return put_records(environment, encoding, body);
    const auto operation = std::ranges::find(operations, name, &Operation::name);
    if (operation == operations.end()) return unknown_operation(name);
    auto request = read_request(encoding, body);
    if (!request) return std::move(request).error();
    auto outcome = operation->handle(environment, {*request, encoding});
    if (!outcome) return std::move(outcome).error();
    return outcome->is_null() ? std::string() : wire::serialize(encoding, *outcome);
}

}  // namespace

Environment environment_of(Store& store, bool enforce_limits) {
    using namespace std::chrono;
    return {
        .store = store,
        .enforce_limits = enforce_limits,
        .now_ms =
            [] {
                return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
            },
        .steady_now = steady_clock::now};
}

Reply reply_to(wire::Encoding encoding, const Refusal& refusal) {
    return {refusal.status,
            wire::write_error_answer(encoding, {.code = refusal.code, .message = refusal.message})};
}

Reply Service::handle(std::string_view operation, wire::Encoding encoding,
                      std::string_view body) const {
    auto answered = answer(environment_, operation, encoding, body);
    if (!answered) return reply_to(encoding, answered.error());
    return {200, std::move(answered).value()};
}

}  // namespace lk::local
