#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk {

/// One record of a PutRecords request. All views live until the request's `done` was called and
/// every copy of it destroyed.
struct Record {
    std::string_view data;
    std::string_view partition_key;
    /// A decimal number below 2^128, or empty: the shard follows from the partition key.
    std::string_view explicit_hash_key;
    /// The same record, finished as CBOR (a map with Data and PartitionKey, and ExplicitHashKey
    /// where there is one), or empty. Spares a client that speaks CBOR a copy.
    std::string_view cbor;
};

/// 1 to 500 records, together at most 10 MiB of data and partition keys
/// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html).
struct PutRecordsRequest {
    /// The stream's name or ARN.
    std::string_view stream;
    std::span<const Record> records;
    /// After this long the caller stops waiting and counts the outcome as unknown.
    std::chrono::milliseconds timeout{};
};

/// What a failure means for the next step.
enum class FailureClass {
    slow_down,  ///< Throttled: certainly not stored; send again later.
    transient,  ///< Send again; whether it was stored says `may_have_been_stored`.
    not_ready,  ///< The stream is being created or updated: wait, however long.
    invalid,    ///< The request was refused as invalid: one of its records may be guilty.
    final,      ///< Sending again would not help.
};

/// Why a request, or one record of it, was not stored.
struct Failure {
    FailureClass kind = FailureClass::final;
    ErrorCode code = ErrorCode::service;
    /// Kinesis's own name for it, such as "ProvisionedThroughputExceededException"; may be empty.
    std::string service_code;
    std::string message;
    bool may_have_been_stored = false;
};

/// The meaning of an error answer to a whole request, by its HTTP status and Kinesis error code
/// (a `namespace#` prefix is ignored). An unlisted code is final below 500, else transient with
/// an unknown outcome.
[[nodiscard]] Failure classify_answer(int http_status, std::string_view service_code,
                                      std::string_view message);

/// The meaning of one record's ErrorCode inside a PutRecords answer.
[[nodiscard]] Failure classify_record(std::string_view service_code, std::string_view message);

/// What PutRecords answered: one entry a record, in the request's order. Entries are added in
/// order; views that it hands out live as long as the answer is neither changed nor destroyed.
class PutRecordsAnswer {
  public:
    void reserve(std::size_t records, std::size_t text_bytes);
    void add_stored(std::string_view shard_id, std::string_view sequence_number);
    void add_failed(std::string_view error_code, std::string_view error_message);

    struct Entry {
        bool stored;
        std::string_view shard_id;         ///< When stored.
        std::string_view sequence_number;  ///< When stored.
        std::string_view error_code;       ///< When not.
        std::string_view error_message;    ///< When not.
    };
    [[nodiscard]] std::size_t size() const noexcept { return spans_.size(); }
    /// How many of the entries are not stored.
    [[nodiscard]] std::size_t failed() const noexcept { return failed_; }
    [[nodiscard]] Entry operator[](std::size_t index) const;

  private:
    struct Span {
        std::uint32_t start;
        std::uint32_t first_bytes;
        std::uint32_t second_bytes;
        bool stored;
    };
    void add(bool stored, std::string_view first, std::string_view second);

    std::string text_;
    std::vector<Span> spans_;
    std::size_t failed_ = 0;
};

/// One open or closed shard
/// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Shard.html).
struct Shard {
    std::string shard_id;
    std::string starting_hash_key;  ///< Decimal, inclusive.
    std::string ending_hash_key;    ///< Decimal, inclusive.
    std::string parent_shard_id;
    std::string adjacent_parent_shard_id;
    bool open = true;
};

/// What DescribeStreamSummary tells of a stream.
struct StreamSummary {
    std::string stream_name;
    std::string stream_arn;
    std::string status;      ///< CREATING, ACTIVE, UPDATING or DELETING.
    std::string mode;        ///< PROVISIONED or ON_DEMAND; empty when not told.
    std::string encryption;  ///< NONE or KMS; empty when not told.
    int open_shard_count = 0;
    std::size_t max_record_bytes = 1024 * 1024;
};

using PutRecordsDone = std::function<void(Expected<PutRecordsAnswer, Failure>)>;
using ListShardsDone = std::function<void(Expected<std::vector<Shard>, Failure>)>;
using DescribeDone = std::function<void(Expected<StreamSummary, Failure>)>;

/// The Kinesis that dispatch functions talk to: lk::aws_kinesis(), lk::local_kinesis(), or your
/// own. Held by shared_ptr; several dispatch functions may use one client at the same time.
///
/// The contract:
/// - A call returns soon; the answer comes through `done`, from any thread, also before the call
///   returned. Calls may come from any thread.
/// - `done` is called once. A second call is ignored. A client that never calls it is given up on
///   after the request's timeout: its records then count as perhaps stored, and are sent again.
///   The request's bytes live until `done` was called and all copies of it are gone.
/// - An exception out of a call counts as an answer: a failure with unknown outcome.
/// - A PutRecords answer has exactly as many entries as the request has records; any other counts
///   as a failure with unknown outcome.
/// - A client never sends a request twice of its own accord, and does not reorder calls of one
///   caller more than the network does.
class KinesisClient {
  public:
    virtual ~KinesisClient() = default;

    virtual void put_records(const PutRecordsRequest& request, PutRecordsDone done) = 0;

    /// All open shards of a stream. May answer `unsupported`, as the default does.
    virtual void list_shards(std::string_view stream, ListShardsDone done);

    /// The stream's facts, its record limit among them. May answer `unsupported`, as the default
    /// does; records over 1 MiB are then sent one a request, and Kinesis decides.
    virtual void describe_stream_summary(std::string_view stream, DescribeDone done);
};

/// A client from a function that puts the records and returns the answer. The function runs on
/// `threads` threads of the client's own (1 to 64), so at most as many requests at once; an
/// exception from it counts as a failure with unknown outcome. The destructor waits for calls
/// that are under way.
[[nodiscard]] std::shared_ptr<KinesisClient> synchronous_kinesis(
    std::function<Expected<PutRecordsAnswer, Failure>(const PutRecordsRequest&)> put_records,
    int threads = 1);

}  // namespace lk
