#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "base/clock.hpp"
#include "pipeline/generations.hpp"
#include "pipeline/lanes.hpp"
#include "pipeline/pending.hpp"
#include "pipeline/pending_list.hpp"
#include "pipeline/retry_pace.hpp"

namespace lk::pipeline {

struct CoreOptions {
    Duration linger{};
    Duration deliver_within{};
    int max_requests_in_flight = 1;
    std::uint64_t random_seed = 0;
};

/// How a record ended.
enum class Ending {
    published,
    failed,   ///< Certainly not stored.
    unknown,  ///< Perhaps stored.
};

/// Views live until the next call of the core.
struct Settled {
    Pending* record;
    Ending ending;
    std::string_view shard_id;
    std::string_view sequence_number;
    Error error;
    /// False while a request still has the record: it comes again in `released`.
    bool released;
};

using RequestId = std::uint64_t;

/// Decides what is sent when, and how each record ends. No clock, thread, lock or I/O: the driver
/// tells it the time and what happened, and asks what to do. One thread at a time.
///
///     accept ──► lane ──► ready ──► request ──► settled
///                 ▲         ▲          │
///                 └─────────┴──────────┘ a record that may be sent again
///
/// - Limits of PutRecords: 500 records and 10 MiB of data and keys a request.
/// - Of a lane (see Lanes) one record at a time is in a request. It stays the lane's first until
///   it is settled and its request has ended.
/// - A record larger than 1 MiB waits until the stream's limit is known. Where that cannot be
///   learned it is sent alone, so that a refusal hits no other record.
/// - A request refused as invalid is sent again in halves until the guilty record stands alone.
class Core {
  public:
    explicit Core(const CoreOptions& options);

    static constexpr std::size_t max_request_records = 500;
    static constexpr std::size_t max_request_bytes = std::size_t{10} * 1024 * 1024;
    static constexpr std::size_t default_record_limit = std::size_t{1024} * 1024;
    static constexpr std::size_t highest_record_limit = std::size_t{10} * 1024 * 1024;

    /// A new record; in the order of their dispatch.
    void accept(Pending* record, TimePoint now);

    /// The next request to be sent now, or null while there is none. The records stay its own
    /// until it is answered or failed.
    struct Request {
        RequestId id = 0;
        TimePoint started{};
        std::vector<Pending*> records;
    };
    const Request* next_request(TimePoint now);

    /// The request was answered; `answer` has an entry a record and lives until the settled ones
    /// were taken.
    void answered(RequestId id, const PutRecordsAnswer& answer, TimePoint now);
    /// The request failed as a whole, or its client was given up on. Unknown ids are ignored.
    void failed(RequestId id, const Failure& failure, TimePoint now);

    /// True when DescribeStreamSummary should be asked now; it then counts as asked.
    bool wants_stream_limit(TimePoint now);
    void stream_limit_is(std::size_t max_record_bytes, TimePoint now);
    /// Asked in vain: for good, or for now.
    void stream_limit_unknown(const Failure& failure, TimePoint now);

    /// Lets deadlines and waiting times pass.
    void advance(TimePoint now);

    /// Sends records of this generation and earlier ones without lingering.
    void hurry(std::uint32_t generation) {
        hurried_ = std::max(hurried_, std::uint64_t{generation} + 1);
    }
    /// Fails everything that is unsettled, what is in flight as unknown.
    void fail_all(const Error& error);
    /// Lets go of records that are settled but in flight; their requests' answers are ignored.
    void abandon_requests();

    /// When advance() or next_request() would do something new, if nothing else happens.
    [[nodiscard]] TimePoint next_moment(TimePoint now) const;

    /// What was settled and released since the last time; the driver empties them.
    std::vector<Settled>& settled() noexcept { return settled_; }
    /// Records settled earlier whose request has now ended.
    std::vector<Pending*>& released() noexcept { return released_; }
    [[nodiscard]] Generations& generations() noexcept { return generations_; }
    [[nodiscard]] bool in_flight(RequestId id) const { return requests_.contains(id); }
    [[nodiscard]] bool empty() const noexcept { return all_.empty() && requests_.empty(); }
    /// All places for requests are taken, so that new records change nothing before an answer.
    [[nodiscard]] bool saturated() const noexcept;
    /// Something is ready and only lingers.
    [[nodiscard]] bool lingering() const noexcept { return !ready_.empty(); }

  private:
    struct Later {
        TimePoint when;
        Pending* record;
    };
    static bool later_than(const Later& a, const Later& b) { return a.when > b.when; }

    void make_ready(Pending* record, TimePoint now);
    void put_in_line(Pending* record, TimePoint now);
    bool due(TimePoint now) const;
    void settle(Pending* record, Ending ending, Error error, std::string_view shard = {},
                std::string_view sequence_number = {});
    void leave(Pending* record);
    void end_of_request(Pending* record);
    void record_failed(Pending* record, const Failure& failure, TimePoint now, Duration pause);
    void again_at(Pending* record, TimePoint when);
    void halve(const Request& refused);
    void doom(const std::vector<Pending*>& records);
    Error too_late(const Pending& record) const;
    const Request* start(TimePoint now, std::vector<Pending*> records);

    const CoreOptions options_;
    RetryPace pace_;

    AllPending all_;
    Lanes lanes_;
    PendingQueue ready_;
    std::size_t ready_bytes_ = 0;
    TimePoint ready_due_ = never;  // when the first of the ready ones has lingered long enough
    PendingQueue parked_;          // larger than 1 MiB, until the stream's limit is known
    std::vector<Later> later_;     // a heap, the soonest on top
    std::deque<std::vector<Pending*>> halves_;  // of requests refused as invalid
    std::unordered_map<RequestId, Request> requests_;
    RequestId last_request_ = 0;
    TimePoint last_activity_{};
    TimePoint held_until_{};  // the whole stream waits: a request failed as a whole
    TimePoint failed_at_{};

    enum class Limit { unasked, asked, known, unknowable };
    Limit limit_state_ = Limit::unasked;
    std::size_t record_limit_ = default_record_limit;
    TimePoint ask_limit_at_{};

    std::uint64_t hurried_ = 0;  // one more than the generation, 0: none
    Generations generations_;
    std::vector<Settled> settled_;
    std::vector<Pending*> released_;
};

}  // namespace lk::pipeline
