#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "base/clock.hpp"
#include "pipeline/generations.hpp"
#include "pipeline/lanes.hpp"
#include "pipeline/parcel.hpp"
#include "pipeline/pending.hpp"
#include "pipeline/pending_list.hpp"
#include "pipeline/retry_pace.hpp"
#include "pipeline/retry_share.hpp"
#include "pipeline/send_queue.hpp"

namespace lk::pipeline {

struct CoreOptions {
    Duration linger{};
    Duration deliver_within{};
    int max_requests_in_flight = 1;
    /// What the stream is like is asked before the first record comes, and not with it.
    bool asks_at_start = false;
    /// A lane whose record was not published waits for resume() or discard().
    bool pause_on_failure = false;
    /// Failures that are about the stream and not about a record fail nothing: everything waits,
    /// and one request looks now and then whether that has ended.
    bool wait_out_stream_failures = false;
    std::uint64_t random_seed = 0;
    SendQueueOptions sending = {};
};

/// How a record ended.
enum class Ending {
    published,
    failed,   ///< Certainly not stored.
    unknown,  ///< Perhaps stored.
    kept,     ///< Neither, but in the outbox: the next run goes on with it.
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
    /// It went in an aggregate that landed on another shard than its key's own.
    bool on_other_shard = false;

    /// Neither in the stream, certainly, nor in the outbox.
    [[nodiscard]] bool is_lost() const noexcept {
        return ending == Ending::failed || ending == Ending::unknown;
    }
};

/// So many of those that end for no answer are told at once: what is told of each takes memory that
/// no budget counts.
inline constexpr std::size_t most_told_at_once = 1024;

/// A record that waits to be sent again.
struct Later {
    TimePoint when;
    Pending* record;
};

using RequestId = std::uint64_t;

/// Decides what is sent when, and how each record ends. No clock, thread, lock or I/O: the driver
/// tells it the time and what happened, and asks what to do. One thread at a time.
///
///     accept ──► lane ──► send queue ──► request ──► settled
///                 ▲           ▲             │
///                 └───────────┴─────────────┘ a record that may be sent again
///
/// - Of a lane (see Lanes) one record, or one aggregate, at a time is in a request. It stays the
///   lane's first until it is settled and its request has ended.
/// - What may be sent goes as the send queue says: at once, or at the rate that its shard takes.
/// - A record larger than 1 MiB waits until the stream's limit is known. Where that cannot be
///   learned it is sent alone, so that a refusal hits no other record.
/// - A stream that is not found may be one that is being created: until it is known to be none,
///   records wait for it.
/// - A request refused as invalid is sent again in halves until the guilty record stands alone.
/// - Requests that carry what was sent before are kept to a fifth of all (see RetryShare).
class Core {
  public:
    explicit Core(const CoreOptions& options);

    /// A new record; in the order of their dispatch.
    void accept(Pending* record, TimePoint now) {
        expect(record->generation, 1);
        record->deadline = now + options_.deliver_within;
        admit(record, now);
    }

    /// The same in two steps, for records that are put into the outbox in between: they count as
    /// unsettled from the first on,
    void expect(std::uint32_t generation, std::uint32_t count) {
        generations_.accepted(generation, count);
    }
    /// and may be sent from the second on.
    void admit(Pending* record, TimePoint now);
    /// A record that comes back from the outbox, accepted so long ago.
    void admit_late(Pending* record, Duration age, TimePoint now);
    /// Expected ones that stay in the outbox.
    void leave_in_outbox(std::uint32_t generation, std::uint32_t count);
    /// An expected one that cannot be read back.
    void fail_expected(std::uint32_t generation) { ++generations_.settled(generation).failed; }
    [[nodiscard]] Duration deliver_within() const noexcept { return options_.deliver_within; }

    /// The next request to be sent now, or null while there is none. The records stay its own
    /// until it is answered or failed.
    struct Request {
        RequestId id = 0;
        TimePoint started{};
        std::vector<Parcel> parcels;
        /// See SendQueueOptions; lives as long as the core.
        std::string_view aggregate_partition_key = {};
    };
    const Request* next_request(TimePoint now);

    /// The request was answered; `answer` has an entry a parcel and lives until the settled ones
    /// were taken.
    void answered(RequestId id, const PutRecordsAnswer& answer, TimePoint now);
    /// The request failed as a whole, or its client was given up on. Unknown ids are ignored.
    void failed(RequestId id, const Failure& failure, TimePoint now);

    /// True when DescribeStreamSummary should be asked now; it then counts as asked.
    bool wants_stream_facts(TimePoint now);
    void stream_is(const StreamSummary& summary, TimePoint now);
    /// Asked in vain: for good, or for now.
    void stream_unknown(const Failure& failure, TimePoint now);

    /// Whether a record came that is larger than every stream takes, so that the limit matters.
    [[nodiscard]] bool met_large_record() const noexcept { return met_large_record_; }

    /// True when ListShards should be asked now; it then counts as asked.
    bool wants_shards(TimePoint now);
    void shards_are(std::span<const Shard> open_shards, TimePoint now);
    /// Asked in vain: for good, or for now. For good means without aggregation.
    void shards_unknown(const Failure& failure, TimePoint now);

    /// Lets deadlines and waiting times pass. True when more came too late than are told at once:
    /// take what was settled, and call it again.
    bool advance(TimePoint now);

    /// Lets a paused lane go on. False when it was not paused.
    bool resume(std::uint64_t lane, TimePoint now);
    /// Fails what waits in a paused lane, of these generations, then lets it go on. Where these are
    /// more than are told at once some are left: take what was settled, and call it again.
    enum class Discarded { not_paused, some, all };
    Discarded discard(std::uint64_t lane, const Error& error,
                      std::uint32_t last_generation = std::numeric_limits<std::uint32_t>::max());
    [[nodiscard]] bool is_paused(std::uint64_t lane) const { return lanes_.is_paused(lane); }
    template <class Each>
    void for_each_unsettled(std::uint64_t lane, Each each) {
        for (Pending* record = lanes_.first_of(lane); record != nullptr;
             record = record->lane_next) {
            if (!record->settled) each(record);
        }
    }
    /// In place of admit(): fails a record that was discarded while it was in the outbox alone; its
    /// lane goes on.
    void fail_discarded(Pending* record, const Error& error, TimePoint now);
    /// Lanes paused since this was emptied last.
    std::vector<std::uint64_t>& newly_paused() noexcept { return newly_paused_; }

    /// More than half of the budget is used up: lingering would make callers wait.
    void budget_is_short(bool is_short) noexcept { budget_short_ = is_short; }
    [[nodiscard]] bool is_budget_short() const noexcept { return budget_short_; }

    /// Sends records of this generation and earlier ones without lingering.
    void hurry(std::uint32_t generation) {
        hurried_up_to_ = std::max(hurried_up_to_.value_or(0), generation);
        hurries_ = true;
    }
    /// Nobody will ask for the sum of these generations but together (see Generations).
    void join_generations_up_to(std::uint32_t generation) {
        generations_.join_up_to(generation);
        if (hurried_up_to_) hurried_up_to_ = std::max(*hurried_up_to_, generation);
    }
    /// Fails everything that is unsettled, what is in flight as unknown, what is in the outbox with
    /// an error of its own. True when these are more than are told at once: take what was settled,
    /// and call it again. No record may come any more.
    bool fail_all(const Error& error, const Error& kept = {});
    /// Lets go of records that are settled but in flight; their requests' answers are ignored.
    void abandon_requests();

    /// When advance() or next_request() would do something new, if nothing else happens.
    [[nodiscard]] TimePoint next_moment(TimePoint now);

    /// What was settled and released since the last time; the driver empties them.
    std::vector<Settled>& settled() noexcept { return settled_; }
    /// Records settled earlier whose request has now ended.
    std::vector<Pending*>& released() noexcept { return released_; }
    [[nodiscard]] Generations& generations() noexcept { return generations_; }
    [[nodiscard]] const Generations& generations() const noexcept { return generations_; }
    [[nodiscard]] bool in_flight(RequestId id) const { return requests_.contains(id); }
    [[nodiscard]] bool empty() const noexcept { return all_.empty() && requests_.empty(); }
    [[nodiscard]] Pending* oldest() const noexcept { return all_.oldest(); }
    /// All places for requests are taken, so that new records change nothing before an answer.
    [[nodiscard]] bool saturated() const noexcept;
    /// Something is ready and only lingers.
    [[nodiscard]] bool lingering() const noexcept { return sending_.lingering(); }
    [[nodiscard]] const SendQueue& sending() const noexcept { return sending_; }
    /// The failure that is waited out (see CoreOptions::wait_out_stream_failures), or null.
    [[nodiscard]] const Failure* waited_out() const noexcept {
        return waited_out_ ? &*waited_out_ : nullptr;
    }

  private:
    static bool later_than(const Later& a, const Later& b) { return a.when > b.when; }

    void enter(Pending* record, TimePoint now);
    bool waits_out(const Failure& failure) const noexcept;
    void make_ready(Pending* record, TimePoint now);
    void put_in_line(Pending* record, TimePoint now);
    bool eager(TimePoint now) const;
    Duration due_before_deadline() const noexcept;
    bool awaits_shards() const noexcept;
    bool wants_facts() const noexcept;
    [[nodiscard]] bool may_ask_for_shards() const noexcept;
    bool may_be_creating() const noexcept;
    bool next_half(TimePoint now, std::vector<Parcel>& parcels);
    void settle(Pending* record, Ending ending, Error&& error, std::string_view shard = {},
                std::string_view sequence_number = {}, bool on_other_shard = false);
    void leave(Pending* record);
    void pause(std::uint64_t lane);
    void unpark(TimePoint now);
    void end_of_request(Pending* record);
    void stored(const Parcel& parcel, const PutRecordsAnswer::Entry& entry, TimePoint now);
    void guessed_wrong(std::string_view landed, TimePoint now);
    void learn(const Request& request, const PutRecordsAnswer& answer, TimePoint now);
    void record_failed(Pending* record, const Failure& failure, TimePoint now, Duration pause);
    void halve(const Request& refused);
    void take_apart(const Parcel& refused, TimePoint now);
    void fail_by_name(Pending* record, const Error& error);
    bool settle_late(TimePoint now);
    template <class Doomed>
    void doom_while(Pending* oldest, Doomed doomed);
    void take_out_doomed();
    Error too_late(const Pending& record) const;
    std::optional<TimePoint> next_try(const Pending& record, TimePoint now, Duration pause) const;
    const Request* start(TimePoint now, std::vector<Parcel> parcels);

    const CoreOptions options_;
    RetryPace pace_;
    RetryShare retry_share_;

    AllPending all_;
    Lanes lanes_;
    SendQueue sending_;
    PendingQueue parked_;      // larger than the limit, until it is known for certain
    std::deque<Later> later_;  // a heap, the soonest on top; one that gives memory back
    std::deque<std::vector<Parcel>> halves_;  // of requests refused as invalid
    std::unordered_map<RequestId, Request> requests_;
    RequestId last_request_ = 0;
    TimePoint last_activity_{};
    TimePoint held_until_{};  // the whole stream waits: a request failed as a whole
    TimePoint failed_at_{};
    std::optional<Failure> waited_out_;
    std::string last_failure_;  // of any record, for those that end without an answer
    bool budget_short_ = false;
    bool closing_ = false;

    /// A fact about the stream that is asked for. No answer holds for ever: limits are raised,
    /// permissions given and streams made.
    struct Question {
        enum class State { unasked, asked, known, unknowable } state = State::unasked;
        TimePoint ask_at{};
        bool wanted = false;
        bool was_answered = false;  ///< Were it only in vain.
        bool was_refused = false;   ///< Since it was answered in truth.
        int in_vain = 0;            ///< So often, since then, for now.

        [[nodiscard]] bool is_open() const noexcept {
            return state == State::unasked || state == State::unknowable;
        }
        bool ask(TimePoint now) noexcept;
        void answered(TimePoint again) noexcept;
        void not_answered(const Failure& failure, TimePoint now, RetryPace& pace) noexcept;
    };
    Question facts_;
    bool exists_ = false;  // the stream, in a state that takes records
    std::size_t record_limit_ = default_record_limit;
    bool met_large_record_ = false;
    Question shards_;
    int wrong_lists_ = 0;         // one after the other
    std::string landed_instead_;  // the shard that showed the last one to be wrong

    std::optional<std::uint32_t> hurried_up_to_;  // the last generation that was, ever
    bool hurries_ = false;                        // some of these can move
    Generations generations_;
    std::vector<Settled> settled_;
    std::vector<Pending*> released_;
    std::vector<std::uint64_t> newly_paused_;
};

}  // namespace lk::pipeline
