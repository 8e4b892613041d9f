#include "kinesis/memory_bound.hpp"

#include <algorithm>

#include "http/memory_bound.hpp"
#include "kinesis/answer_limits.hpp"
#include "wire/base64.hpp"

namespace lk::kinesis {
namespace {

// See PutRecordsRequest.
constexpr std::size_t most_request_records = 500;
constexpr std::size_t most_request_bytes = std::size_t{10} * 1024 * 1024;

// What is written about a request: where its pieces are, names of members, headers with a session
// token, which libcurl copies.
constexpr std::size_t frame_bytes = std::size_t{64} * 1024;

// Of a record in JSON, beside its data in base64: member names, a hash key, and a partition key of
// 256 characters, each of which may be escaped.
constexpr std::size_t json_frame_bytes_a_record = 128 + 6 * 256;

// Beside requests with records: the stream's limit and its shards are asked for at the same time.
constexpr std::size_t most_questions = 2;

// What reading an answer takes, by its bytes. simdjson wants fourteen times the text's size and a
// copy of it; CBOR is read where it lies. Then the answer that is handed on, and its entries, of
// which somebody may have sent more than there were records.
constexpr std::size_t reading_json = 20;
constexpr std::size_t reading_cbor = 8;
// Into a tree, in either; beside what its values take.
constexpr std::size_t reading_a_tree = 8;
constexpr std::size_t tree_bytes_a_value = 200;
// What decode_json_answer() keeps on each thread.
constexpr std::size_t kept_bytes_a_thread = std::size_t{4} * 1024 * 1024;

constexpr std::size_t bytes_a_shard = 1024;

}  // namespace

MostMemory most_memory(const MemoryOptions& options) noexcept {
    const std::size_t requests = options.max_requests_in_flight;
    const bool json = options.encoding == wire::Encoding::json;
    MostMemory most;
    most.bodies = requests * frame_bytes;
    if (json) {
        const std::size_t in_flight =
            std::min(requests * most_request_bytes, options.unsettled_bytes);
        most.bodies += wire::base64_bytes(in_flight) +
                       requests * most_request_records * json_frame_bytes_a_record;
    }
    // Twice: after a freeze the connections from before it may be left for a while.
    most.connections = 2 * (requests + most_questions) * http::most_connection_bytes;

    constexpr std::size_t answer = most_put_records_answer_bytes(most_request_records);
    most.answers = requests * http::most_incoming_bytes(answer);
    constexpr AnswerLimits other = answer_limits("ListShards");
    most.questions =
        most_questions * http::most_incoming_bytes(other.bytes) + options.shards * bytes_a_shard;
    most.reading = std::max(answer * (json ? reading_json : reading_cbor),
                            reading_a_tree * other.bytes + tree_bytes_a_value * other.values);
    if (json) most.reading += options.threads * kept_bytes_a_thread;

    most.rest = http::most_shared_bytes;
    return most;
}

}  // namespace lk::kinesis
