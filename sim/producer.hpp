#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "pipeline/core.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/paused_lanes.hpp"
#include "pipeline/request.hpp"
#include "sim/checks.hpp"
#include "sim/client.hpp"
#include "sim/coverage.hpp"

namespace lk::sim {

/// What producers share.
struct Surroundings {
    const Plan& plan;
    Timeline& time;
    Trace& trace;
    Faults& faults;
    Network& network;
    Checks& checks;
    Coverage& coverage;
};

/// A process that dispatches events. All that matters of it is real: the core, the intake with its
/// pages, the budget, the doorbell, requests and the aggregates in them. What pipeline/driver does
/// with them is done here once more, in the same order, so that what crosses the core's interface
/// can be watched; threads and the loop take their turns in simulated time. Listens to the core
/// suspiciously: now and then it asks before the moment that the core named.
class Producer {
  public:
    Producer(const Surroundings& around, std::uint32_t number, Random random);
    ~Producer();

    /// The event's thread dispatches it, when it is through with those before.
    void dispatch(EventNumber event);

    void flush(Duration within);
    void close(Duration within);
    void crash();
    /// Nothing runs for so long. `sleeps`: nor does the steady clock.
    void stand_still(Duration during, bool sleeps);

    /// The states that its lanes are in.
    [[nodiscard]] LaneStates lane_states() const;
    /// Those of the lanes that had a record in this request.
    [[nodiscard]] LaneStates lane_states_of(const SentRequest& request) const;
    [[nodiscard]] bool gone() const noexcept { return gone_; }
    /// All has come to its end: nothing may be held, and nobody may wait.
    void check_end();

  private:
    class WakingLoop;
    struct Thread {
        std::deque<EventNumber> waiting;
        bool blocked = false;  ///< It stands in blocked_.
    };
    struct Wait {
        std::uint32_t generation;
        TimePoint deadline;
        bool closes;
    };
    struct Resume {
        std::uint64_t lane;
        bool discards;
        std::uint32_t generation;
    };
    struct Expiry {
        std::uint64_t request;
        TimePoint when;
    };
    using Doorbell = pipeline::Doorbell;
    using Pending = pipeline::Pending;

    [[nodiscard]] static EventNumber event_of(const Pending& record) {
        return event_in(pipeline::record_of(record).data);
    }
    [[nodiscard]] pipeline::CoreOptions core_options() const;
    [[nodiscard]] pipeline::BudgetOptions budget_options() const;
    [[nodiscard]] TimePoint local_now() const noexcept { return around_.time.now() - slept_; }
    [[nodiscard]] bool stands_still() const noexcept { return around_.time.now() < still_until_; }
    template <class Deed>
    bool later_if_still(Deed deed);

    // producer_dispatch.cpp: what its threads do
    void go_on(Thread& thread);
    void let_in();
    bool write(EventNumber event, bool asks_again);
    [[nodiscard]] bool find_room(EventNumber event, pipeline::Draft& draft, bool asks_again);
    void check_waking();
    void end_pause(std::uint64_t lane);
    void forget(Pending* record);
    void forget_live();

    // producer.cpp: what the driver does
    void wake();
    void turn();
    [[nodiscard]] bool is_sought();
    [[nodiscard]] bool room_is_short_anew();
    [[nodiscard]] Doorbell::Listens listens_for() const;
    void take_wishes(TimePoint now);
    bool discard(const Resume& wish);
    bool take_records(TimePoint now);
    void take_answers(TimePoint now);
    void tell(std::uint64_t request, const Expected<PutRecordsAnswer, Failure>& result,
              TimePoint now);
    void take_facts(pipeline::Inbox::Facts& facts, TimePoint now);
    void give_up(TimePoint now);
    void ask(TimePoint now);
    void send(TimePoint now);
    void settle();
    void look_after_budget(TimePoint now);
    [[nodiscard]] bool wants_compaction() const;
    [[nodiscard]] bool is_over(const Wait& wait, TimePoint now) const;
    void finish_waits(TimePoint now);
    void end();
    [[nodiscard]] TimePoint next_moment(TimePoint now);
    [[nodiscard]] Checks::Held held();

    // producer_watch.cpp: what only a simulator does
    void sleep_until_needed(TimePoint now);
    void probe(std::uint64_t turn);
    void check_full_shards();
    void trace_request(const SentRequest& request);

    const Surroundings around_;
    const std::uint32_t number_;
    const ProducerPlan& plan_;
    Random random_;
    Client client_;
    const std::shared_ptr<WakingLoop> loop_;
    const std::shared_ptr<pipeline::Inbox> inbox_;
    const std::shared_ptr<pipeline::Budget> budget_;
    const std::shared_ptr<const std::string> stream_;
    Doorbell doorbell_;
    std::unique_ptr<pipeline::Intake> intake_;
    pipeline::Core core_;
    pipeline::PausedLanes paused_;
    wire::AggregateWriter aggregate_writer_;

    std::map<EventNumber, Pending*> live_;  // accepted and not released
    std::deque<Thread> threads_;
    std::deque<Thread*> blocked_;  // who waits for room, in the order in which they came
    std::string data_;             // of the event that is being written
    std::unordered_map<std::uint64_t, std::shared_ptr<SentRequest>> requests_;
    std::vector<pipeline::Inbox::Answer> answers_;
    std::deque<Expiry> expiries_;
    bool stream_is_certain_ = false;  // until then it may be one that is being created
    TimePoint limit_expires_ = never;
    TimePoint shards_expire_ = never;
    std::vector<Wait> new_waits_;
    std::vector<Resume> new_resumes_;
    std::vector<Wait> waits_;
    std::uint32_t discarded_up_to_ = 0;
    std::uint32_t full_shards_version_ = 0;
    std::vector<pipeline::ShardMap::Range> full_shards_;
    TimePoint may_compact_at_{};
    TimePoint trim_at_ = never;

    Duration slept_{};
    TimePoint still_until_{};
    TimePoint wakes_at_ = never;  // of the world's clock
    std::uint64_t turns_ = 0;     // what was planned for an older turn is void
    std::uint64_t progress_ = 0;
    std::uint64_t fruitless_ = 0;
    bool closed_ = false;
    bool gone_ = false;
};

}  // namespace lk::sim
