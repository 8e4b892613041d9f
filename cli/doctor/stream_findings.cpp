#include "doctor/stream_findings.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <future>
#include <limits>
#include <optional>

#include "event/hash_key.hpp"

namespace lk::doctor {
namespace {

// Calls an asynchronous function with a `done` and waits for what it gets.
template <class Value, class Start>
Expected<Value, Failure> answer_of(std::chrono::milliseconds patience, const Start& start) {
    const auto promise = std::make_shared<std::promise<Expected<Value, Failure>>>();
    auto outcome = promise->get_future();
    start([promise](Expected<Value, Failure> came) { promise->set_value(std::move(came)); });
    if (outcome.wait_for(patience) == std::future_status::ready) return outcome.get();
    return Failure{FailureClass::transient, ErrorCode::network, {}, "no answer in time", false};
}

Finding failed(std::string step, Verdict verdict, const Failure& failure) {
    return {.step = std::move(step),
            .verdict = verdict,
            .text = failure.message,
            .facts = {{"error", std::string(name_of(failure.code))}},
            .code = failure.code};
}

// Of a question that dispatch does without: what goes wrong here and would go wrong with a put is
// found by the put's own step.
Finding unanswered(std::string step, const Failure& failure, std::string without) {
    const bool missing = failure.code == ErrorCode::stream_not_found;
    Finding finding = failed(std::move(step), missing ? Verdict::bad : Verdict::doubtful, failure);
    if (!missing) finding.mend = "Without it " + std::move(without) + ".";
    return finding;
}

Finding summary_finding(const StreamSummary& summary) {
    Finding finding{.step = "DescribeStreamSummary",
                    .text = summary.status,
                    .facts = {{"status", summary.status},
                              {"arn", summary.stream_arn},
                              {"mode", summary.mode},
                              {"encryption", summary.encryption}}};
    for (const std::string& fact : {summary.mode, summary.stream_arn}) {
        if (!fact.empty()) finding.text += ", " + fact;
    }
    if (summary.encryption == "KMS") {
        finding.details.emplace_back(
            "encrypted: with a key of your own a put also needs kms:GenerateDataKey on it, which "
            "shows with a real record alone");
    }
    if (summary.status == "CREATING") {
        finding.verdict = Verdict::bad;
        finding.code = ErrorCode::stream_not_ready;
        finding.mend = "Wait until it is ACTIVE; dispatch does so, within deliver_within.";
    } else if (summary.status == "DELETING") {
        finding.verdict = Verdict::bad;
        finding.code = ErrorCode::stream_not_found;
        finding.mend = "Create it anew, or give another stream.";
    }
    return finding;
}

// What a provisioned shard takes
// (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html); that of an
// on-demand stream takes as much, and AWS adds shards.
Finding limits_finding(const StreamSummary& summary) {
    const std::string shards = std::to_string(summary.open_shard_count);
    const std::string records = std::to_string(1000 * std::int64_t{summary.open_shard_count});
    return {.step = "limits",
            .text = "records up to " + std::to_string(summary.max_record_bytes) + " bytes; " +
                    shards + " open shards: " + records + " records/s and " + shards + " MiB/s" +
                    (summary.mode == "ON_DEMAND" ? ", and more as they grow" : ""),
            .facts = {{"max_record_bytes", std::to_string(summary.max_record_bytes)},
                      {"open_shards", shards}}};
}

double share_of(const Shard& shard) {
    const auto first = event::parse_hash_key(shard.starting_hash_key);
    const auto last = event::parse_hash_key(shard.ending_hash_key);
    if (!first || !last || *last < *first) return 0;
    const double all = 18446744073709551616.0;  // 2^64, of the upper half of 128 bits
    return (static_cast<double>(last->high - first->high) + 1) / all;
}

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", share * 100);
    return text;
}

// 2^128, the least that no hash key can be. It has the form of one, so that it is not refused
// before the service has looked who asks: as far as can be seen from outside, Kinesis checks the
// form of a request, then the permission, then what its members mean. AWS does not document that
// order.
constexpr std::string_view no_hash_key = "340282366920938463463374607431768211456";

Finding put_finding(const Expected<PutRecordsAnswer, Failure>& came) {
    Finding finding{.step = "PutRecords"};
    if (!came) {
        const Failure& failure = came.error();
        if (failure.kind != FailureClass::invalid) {
            const bool throttled = failure.kind == FailureClass::slow_down;
            return failed("PutRecords", throttled ? Verdict::doubtful : Verdict::bad, failure);
        }
        finding.text =
            "allowed, as far as can be told without storing a record: one that can not be stored "
            "was refused for what it is";
        finding.details = {failure.message};
        finding.facts = {{"refused_with", failure.service_code}};
        return finding;
    }
    const PutRecordsAnswer::Entry entry = (*came)[0];
    if (!entry.stored) {
        const Failure failure = classify_record(entry.error_code, entry.error_message);
        const bool passes = failure.kind == FailureClass::slow_down;
        return failed("PutRecords", passes ? Verdict::doubtful : Verdict::bad, failure);
    }
    finding.verdict = Verdict::doubtful;
    finding.text =
        "allowed; an empty record was stored, which is not AWS's way: its hash key is "
        "beyond what Kinesis takes";
    finding.facts = {{"shard", std::string(entry.shard_id)}};
    return finding;
}

Finding dry_put(KinesisClient& client, const std::string& stream,
                std::chrono::milliseconds patience) {
    const std::vector<Record> records = {{.data = {},
                                          .partition_key = "lk-dispatch doctor",
                                          .explicit_hash_key = no_hash_key,
                                          .cbor = {}}};
    // A client that answers late still looks at it.
    struct Request {
        std::string stream;
        std::vector<Record> records;
    };
    const auto kept = std::make_shared<const Request>(Request{stream, records});
    return put_finding(answer_of<PutRecordsAnswer>(patience, [&](const PutRecordsDone& done) {
        client.put_records(
            {.stream = kept->stream, .records = kept->records, .timeout = patience},
            [kept, done](Expected<PutRecordsAnswer, Failure> came) { done(std::move(came)); });
    }));
}

}  // namespace

Finding spread_finding(const std::vector<Shard>& open_shards) {
    if (open_shards.empty()) {
        return {.step = "spread", .verdict = Verdict::doubtful, .text = "no open shard is listed"};
    }
    const auto less = [](const Shard& one, const Shard& other) {
        return share_of(one) < share_of(other);
    };
    const auto [least, most] = std::minmax_element(open_shards.begin(), open_shards.end(), less);
    const double smallest = share_of(*least);
    const double largest = share_of(*most);
    Finding finding{.step = "spread",
                    .text = std::to_string(open_shards.size()) + " shards; the smallest has " +
                            percent(smallest) + " of the keys, the largest " + percent(largest),
                    .facts = {{"smallest", least->shard_id},
                              {"smallest_share", percent(smallest)},
                              {"largest", most->shard_id},
                              {"largest_share", percent(largest)}}};
    // A stream that was split once, of its own accord or by hand, has shards of half the size.
    if (largest > 2.01 * smallest) {
        finding.verdict = Verdict::doubtful;
        finding.mend = "Split " + most->shard_id +
                       ", which is throttled first when the keys are many and alike, or set the "
                       "number of shards anew (aws kinesis update-shard-count).";
    }
    return finding;
}

void add_stream_findings(KinesisClient& client, const std::string& stream,
                         std::chrono::milliseconds patience, Findings& to) {
    const auto summary = answer_of<StreamSummary>(patience, [&](DescribeDone done) {
        client.describe_stream_summary(stream, std::move(done));
    });
    to.push_back(summary ? summary_finding(*summary)
                         : unanswered("DescribeStreamSummary", summary.error(),
                                      "records are taken to be limited to 1 MiB, and a stream in "
                                      "creation is not waited for"));
    const auto shards = answer_of<std::vector<Shard>>(
        patience, [&](ListShardsDone done) { client.list_shards(stream, std::move(done)); });
    if (shards) {
        to.push_back({.step = "ListShards",
                      .text = std::to_string(shards->size()) + " open shards",
                      .facts = {{"open_shards", std::to_string(shards->size())}}});
    } else {
        to.push_back(unanswered("ListShards", shards.error(),
                                "no event's shard is known ahead: nothing is aggregated"));
    }
    to.push_back(dry_put(client, stream, patience));
    if (summary) to.push_back(limits_finding(*summary));
    if (shards) to.push_back(spread_finding(*shards));
}

void add_no_stream_findings(Findings& to) {
    for (const char* step : {"DescribeStreamSummary", "ListShards", "PutRecords"}) {
        to.push_back(not_looked_at(step, "an earlier step failed"));
    }
}

}  // namespace lk::doctor
