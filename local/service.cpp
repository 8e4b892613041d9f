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
    Operation{"MergeShards", merge_shards},
    Operation{"PutRecord", put_record},
    Operation{"SplitShard", split_shard},
};

constexpr auto names = [] {
    std::array<std::string_view, operations.size() + 1> all;
    all[0] = "PutRecords";
    std::ranges::transform(operations, all.begin() + 1, &Operation::name);
    return all;
}();

Refusal unknown_operation(std::string_view name) {
    std::string known;
    for (const std::string_view one : names) known += concat({known.empty() ? "" : ", ", one});
    return {"UnknownOperationException",
            concat({"The local stream does not offer the operation '", name.substr(0, 100),
                    "'; it offers ", known, "."})};
}

Expected<std::string, Refusal> answer(const Environment& environment, std::string_view name,
                                      wire::Encoding encoding, std::string_view body,
                                      RecordFaults faults) {
    if (name == "PutRecords") return put_records(environment, encoding, body, faults);
    const auto operation = std::ranges::find(operations, name, &Operation::name);
    if (operation == operations.end()) return unknown_operation(name);
    auto request = read_request(encoding, body);
    if (!request) return std::move(request).error();
    auto outcome = operation->handle(environment, {*request, encoding, faults});
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

std::span<const std::string_view> operation_names() noexcept {
    return names;
}

FaultDecision Service::decide(std::string_view operation, wire::Encoding encoding,
                              std::string_view body) const {
    return faults_ == nullptr ? FaultDecision()
                              : faults_->decide(environment_.store, operation, encoding, body);
}

Reply Service::handle(std::string_view operation, wire::Encoding encoding, std::string_view body,
                      RecordFaults faults) const {
    auto answered = answer(environment_, operation, encoding, body, faults);
    if (!answered) return reply_to(encoding, answered.error());
    return {200, std::move(answered).value()};
}

}  // namespace lk::local
