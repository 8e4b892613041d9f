#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "base/loop.hpp"
#include "pipeline/core.hpp"
#include "pipeline/flush_wait.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/observers.hpp"
#include "pipeline/outbox_stage.hpp"
#include "pipeline/paused_lanes.hpp"
#include "pipeline/request.hpp"
#include "pipeline/stream_questions.hpp"
#include "pipeline/unheard_failures.hpp"

namespace lk::pipeline {

struct DriverOptions {
    CoreOptions core;
    std::shared_ptr<KinesisClient> client;
    std::shared_ptr<Loop> loop;
    std::string stream;
    std::chrono::milliseconds request_timeout{};
    BudgetOptions budget;
    std::shared_ptr<Completions> completions;
    Log log;
    /// Null: events live in memory alone.
    std::shared_ptr<outbox::StreamOutbox> outbox = {};
    ObserverOptions observers = {};
};

/// Carries records from the intake to the core and on to the client, and what comes back to the
/// results: the only one that acts on the core's decisions. Lives on a loop from attach() until
/// close() has drained it or run out of time; the loop keeps it alive so long.
class Driver final : public Loop::Participant, public std::enable_shared_from_this<Driver> {
  public:
    explicit Driver(DriverOptions options);
    ~Driver() override = default;

    // From any thread.
    [[nodiscard]] Budget& budget() noexcept { return *budget_; }
    [[nodiscard]] const PausedLanes& paused_lanes() const noexcept { return paused_; }
    /// Somebody is about to wait for room.
    void hurry() noexcept { doorbell_.ring(); }
    /// Lets a paused lane go on, having failed what waits in it where `error` is given. False when
    /// it is not paused.
    bool resume(std::uint64_t lane, std::optional<Error> error);
    [[nodiscard]] Intake& intake() noexcept { return intake_; }
    [[nodiscard]] bool has_outbox() const noexcept { return stage_ != nullptr; }
    /// Before attach(): takes what an earlier run left in the outbox.
    [[nodiscard]] std::optional<Error> begin() {
        return stage_ ? stage_->shelve_what_was_left() : std::nullopt;
    }
    [[nodiscard]] const Loop& loop() const noexcept { return *loop_; }
    void attach() { loop_->attach(shared_from_this()); }
    /// After close(): the loop has let go of the driver. Not from the loop's thread.
    void detach_and_wait() { loop_->detach_and_wait(this); }
    /// What was answered when the stream's facts were asked for first; there is one where
    /// CoreOptions::asks_at_start.
    [[nodiscard]] FirstLook& first_look() noexcept { return questions_.first_look(); }
    /// Sends what was written before, without lingering; finished when that is settled or at the
    /// deadline.
    std::shared_ptr<FlushWait> flush(TimePoint deadline);
    /// The same, after which nothing is taken any more; at the deadline the rest fails.
    std::shared_ptr<FlushWait> close(TimePoint deadline);

    TimePoint turn(TimePoint now) override;

  private:
    struct Wait {
        std::shared_ptr<FlushWait> waiter;
        std::uint32_t generation;
        TimePoint deadline;
        bool closes;
    };

    struct Resume {
        std::uint64_t lane;
        std::optional<Error> error;
        std::uint32_t generation;
    };

    std::shared_ptr<FlushWait> add_wait(TimePoint deadline, bool closes);
    bool take_records(TimePoint now);
    bool room_is_short_anew();
    void tell(Settled& settled);
    void tell_if_waited_out();
    void advance(TimePoint now);
    void take_answers(TimePoint now);
    void give_up_on_requests(TimePoint now);
    void take_wishes(TimePoint now);
    void send_requests(TimePoint now);
    void settle(TimePoint now);
    void release(Pending* record, Budget::Return& returned);
    void look_after_budget(TimePoint now);
    [[nodiscard]] bool wants_compaction() const;
    [[nodiscard]] bool is_over(const Wait& wait, TimePoint now) const;
    [[nodiscard]] bool may_end(const Wait& wait, TimePoint now);
    void end(TimePoint now);
    void finish_waits(TimePoint now);
    void finish(const Wait& wait);
    [[nodiscard]] Doorbell::Listens listens_for() const;
    TimePoint next_moment(TimePoint now);

    const std::shared_ptr<Loop> loop_;
    const std::shared_ptr<KinesisClient> client_;
    const std::shared_ptr<const std::string> stream_;
    const std::chrono::milliseconds request_timeout_;
    const std::shared_ptr<Inbox> inbox_;
    const std::shared_ptr<Budget> budget_;
    Doorbell doorbell_;
    Intake intake_;
    Core core_;
    StreamQuestions questions_;
    const std::unique_ptr<OutboxStage> stage_;  // where there is an outbox
    Observers observers_;
    UnheardFailures unheard_;
    PausedLanes paused_;
    wire::AggregateWriter aggregate_writer_;

    std::mutex mutex_;
    std::vector<Wait> new_waits_;
    std::vector<Resume> new_resumes_;
    bool gone_ = false;  // detached: a later wait is finished at once

    std::vector<Wait> waits_;
    std::uint32_t discarded_up_to_ = 0;
    struct Expiry {
        RequestId id;
        TimePoint when;
    };
    std::deque<Expiry> expiries_;
    std::vector<Inbox::Answer> answers_;
    bool waits_out_ = false;
    std::uint32_t full_shards_version_ = 0;
    TimePoint may_compact_at_{};
    TimePoint trim_at_ = never;  // once it was idle that long
};

}  // namespace lk::pipeline
