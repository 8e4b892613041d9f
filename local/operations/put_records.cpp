#include <deque>
#include <vector>

#include "local/operations/incoming.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"
#include "local/store/sequence_number.hpp"
#include "wire/put_records.hpp"

namespace lk::local {

namespace {

constexpr std::size_t max_records = 500;

/// A whole request, its records' forms and sizes checked one by one.
struct Batch {
    std::shared_ptr<Stream> stream;
    std::vector<Incoming> records;
};

bool is_plain_record(const wire::ReceivedRecord& record) {
    if (record.data.size() > max_data_bytes || record.partition_key.empty()) return false;
    if (record.has_explicit_hash_key && !event::parse_hash_key(record.explicit_hash_key)) {
        return false;
    }
    const auto characters = count_characters(record.partition_key);
    return characters && *characters <= max_partition_key_characters;
}

// Reads a request of the usual shape that has nothing wrong with it. Whatever else there may be to
// say about one, read_any() says.
std::optional<Batch> read_plain(const Environment& environment, std::string_view body) {
    wire::ReceivedPutRecords received;
    if (!wire::read_put_records_cbor(body, received)) return std::nullopt;
    if (!received.stream_name.empty() && !received.stream_arn.empty()) return std::nullopt;
    Batch batch;
    batch.stream = environment.store.find(
        received.stream_arn.empty() ? received.stream_name : name_in_arn(received.stream_arn));
    if (batch.stream == nullptr || received.records.empty() ||
        received.records.size() > max_records) {
        return std::nullopt;
    }
    batch.records.reserve(received.records.size());
    for (const wire::ReceivedRecord& record : received.records) {
        if (!is_plain_record(record)) return std::nullopt;
        Incoming& incoming = batch.records.emplace_back();
        incoming.data = record.data;
        incoming.partition_key = record.partition_key;
        if (record.has_explicit_hash_key) incoming.explicit_hash_key = record.explicit_hash_key;
    }
    return batch;
}

// Reads a request and finds every fault. `data` keeps what the records' views point at.
Expected<Batch, Refusal> read_any(const Environment& environment, const Request& request,
                                  std::deque<std::string>& data) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    Batch batch;
    if (const wire::Document* const records = members.list("Records", 1, max_records)) {
        for (std::size_t index = 0; index < records->size(); ++index) {
            const Members record((*records)[index], request.encoding, problems,
                                 "records." + std::to_string(index + 1) + ".member.");
            Incoming& incoming = batch.records.emplace_back();
            incoming.data = data.emplace_back(record.blob("Data", max_data_bytes).value_or(""));
            incoming.partition_key = record.text("PartitionKey", partition_key_rule()).value_or("");
            incoming.explicit_hash_key = record.text("ExplicitHashKey", hash_key_rule());
        }
    }
    if (auto refusal = problems.refusal()) return *refusal;
    batch.stream = environment.store.find(*name);
    if (batch.stream == nullptr) return stream_not_found(*name);
    return batch;
}

/// Every record's shard, or why the whole request is refused.
Expected<std::vector<Shard*>, Refusal> route_all(const Batch& batch) {
    const auto map = batch.stream->map();
    std::vector<Shard*> shards;
    shards.reserve(batch.records.size());
    std::size_t bytes = 0;
    for (const Incoming& record : batch.records) {
        const auto shard = route(*batch.stream, *map, record, shards.size() + 1);
        if (!shard) return shard.error();
        shards.push_back(*shard);
        bytes += record.bytes();
    }
    if (bytes > max_request_bytes) return invalid_argument("Records size exceeds 10 MB limit");
    return shards;
}

/// What is to be stored of a batch, and why the rest is not.
struct Sorted {
    std::vector<NewRecord> accepted;
    std::vector<bool> throttled;
};

Sorted sort_out(const Environment& environment, const Batch& batch,
                const std::vector<Shard*>& shards, RecordFaults faults) {
    Sorted sorted;
    sorted.throttled.resize(batch.records.size());
    sorted.accepted.reserve(batch.records.size());
    const TimePoint now = environment.enforce_limits ? environment.steady_now() : TimePoint{};
    for (std::size_t index = 0; index < batch.records.size(); ++index) {
        const Incoming& record = batch.records[index];
        const RecordFault* const fault = fault_of(faults, index);
        if (fault != nullptr && !fault->commit) continue;
        if (environment.enforce_limits && !shards[index]->allowance.take(now, record.bytes())) {
            sorted.throttled[index] = true;
            continue;
        }
        sorted.accepted.push_back(
            {.shard = shards[index], .partition_key = record.partition_key, .data = record.data});
    }
    return sorted;
}

PutRecordsAnswer answer_of(const Batch& batch, const std::vector<Shard*>& shards,
                           const Sorted& sorted, RecordFaults faults) {
    PutRecordsAnswer answer;
    constexpr std::size_t likely_entry_bytes = 20 + sequence_number_digits;
    answer.reserve(batch.records.size(), batch.records.size() * likely_entry_bytes);
    auto stored = sorted.accepted.begin();
    for (std::size_t index = 0; index < batch.records.size(); ++index) {
        const RecordFault* const fault = fault_of(faults, index);
        if (sorted.throttled[index]) {
            answer.add_failed("ProvisionedThroughputExceededException",
                              rate_exceeded(shards[index]->id, batch.stream->name()));
        } else if (fault != nullptr) {
            const Refusal refusal = refuse(*fault, shards[index]->id, batch.stream->name());
            answer.add_failed(refusal.code, refusal.message);
            if (fault->commit) ++stored;
        } else {
            char digits[sequence_number_digits];
            stored->shard->write_sequence_number(digits, stored->position);
            answer.add_stored(stored->shard->id, {digits, sizeof digits});
            ++stored;
        }
    }
    return answer;
}

Expected<PutRecordsAnswer, Refusal> put(const Environment& environment, const Batch& batch,
                                        RecordFaults faults) {
    for (;;) {
        const auto shards = route_all(batch);
        if (!shards) return shards.error();
        Sorted sorted = sort_out(environment, batch, *shards, faults);
        if (!sorted.accepted.empty()) {
            const auto error =
                environment.store.append(*batch.stream, sorted.accepted, environment.now_ms());
            // Split or merged since it was routed: the shards that took over take the records.
            if (error && error->problem == StoreProblem::shard_closed) continue;
            if (error) return refuse(*error, batch.stream->name());
        }
        return answer_of(batch, *shards, sorted, faults);
    }
}

}  // namespace

Expected<std::string, Refusal> put_records(const Environment& environment, wire::Encoding encoding,
                                           std::string_view body, RecordFaults faults) {
    std::optional<Batch> batch;
    if (encoding == wire::Encoding::cbor) batch = read_plain(environment, body);
    wire::Document document;
    std::deque<std::string> data;
    if (!batch) {
        auto read = read_request(encoding, body);
        if (!read) return std::move(read).error();
        document = std::move(read).value();
        auto any = read_any(environment, {document, encoding}, data);
        if (!any) return std::move(any).error();
        batch = std::move(any).value();
    }
    const auto answer = put(environment, *batch, faults);
    if (!answer) return answer.error();
    std::string text;
    wire::encode_put_records_answer(encoding, *answer, text);
    return text;
}

}  // namespace lk::local
