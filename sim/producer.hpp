#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "pipeline/core.hpp"
#include "sim/admission.hpp"
#include "sim/checks.hpp"
#include "sim/coverage.hpp"
#include "sim/network.hpp"

namespace lk::sim {

/// What producers share.
struct Surroundings {
    const Plan& plan;
    Timeline& time;
    Trace& trace;
    Network& network;
    Checks& checks;
};

/// A process that dispatches events through the real core. Does what pipeline/driver does, and in
/// the same order, but in simulated time: threads that dispatch, a loop that turns when the core
/// said or something came, requests that are given up on, flush() and close(). Listens to the core
/// suspiciously: now and then it asks before the moment that the core named.
class Producer {
  public:
    Producer(const Surroundings& around, std::uint32_t number, Random random);

    /// The event's thread dispatches it, when it is through with those before.
    void dispatch(EventNumber event);

    void flush(Duration within);
    void close(Duration within);
    void crash();
    /// Nothing runs for so long. `sleeps`: nor does the steady clock.
    void stand_still(Duration during, bool sleeps);

    /// The states that its lanes are in.
    [[nodiscard]] LaneStates lane_states() const;
    [[nodiscard]] bool gone() const noexcept { return gone_; }
    /// A thread waits for room although nothing is held: nobody will ever wake it.
    [[nodiscard]] bool blocks_for_ever() const noexcept {
        return !gone_ && admission_.held() == 0 && !blocked_.empty();
    }
    [[nodiscard]] const pipeline::Core& core() const noexcept { return core_; }
    [[nodiscard]] std::size_t held_bytes() const noexcept { return admission_.held(); }

  private:
    /// The core's part stands first, so that what it hands back leads to the rest.
    struct Held {
        pipeline::Pending record;
        EventNumber event = 0;
    };
    static const Held& held(const pipeline::Pending& record) noexcept {
        return reinterpret_cast<const Held&>(record);
    }
    struct Thread {
        std::deque<EventNumber> waiting;
        bool blocked = false;  ///< It stands in blocked_.
    };
    struct Wait {
        std::uint32_t generation;
        TimePoint deadline;
        bool closes;
    };
    struct Expiry {
        std::uint64_t request;
        TimePoint when;
    };
    struct Answer {
        std::uint64_t request;
        Network::Put result;
    };

    [[nodiscard]] pipeline::CoreOptions options();
    [[nodiscard]] TimePoint local_now() const noexcept { return around_.time.now() - slept_; }
    void go_on(Thread& thread);
    void let_in();
    bool write(EventNumber event);
    void wake();
    void turn();
    bool take_records(TimePoint now);
    void take_answers(TimePoint now);
    void tell(const Answer& answer, TimePoint now);
    void give_up(TimePoint now);
    void ask(TimePoint now);
    void send(TimePoint now);
    [[nodiscard]] SentRequest request_of(const pipeline::Core::Request& request) const;
    void settle();
    void pause_lanes();
    void end_pause(std::uint64_t lane);
    void finish_waits(TimePoint now);
    void end();
    void sleep_until_needed(TimePoint now);
    void probe(std::uint64_t turn);

    const Surroundings around_;
    const std::uint32_t number_;
    const ProducerPlan& plan_;
    Random random_;
    pipeline::Core core_;
    Admission admission_;

    std::deque<Held> records_;
    std::map<EventNumber, const Held*> live_;  // accepted and not released
    std::deque<Thread> threads_;
    std::deque<Thread*> blocked_;  // who waits for room, in the order in which they came
    // As many as the intake has stripes: one key's records stay in line, those of others do not.
    std::array<std::vector<Held*>, 4> inbox_;
    std::size_t inbox_size_ = 0;
    std::vector<Answer> answers_;
    std::optional<Network::Shards> shards_;
    std::optional<Network::Limit> limit_;
    std::unordered_map<std::uint64_t, SentRequest> requests_;
    std::deque<Expiry> expiries_;
    bool stream_is_certain_ = false;  // until then it may be one that is being created
    TimePoint limit_expires_ = never;
    TimePoint shards_expire_ = never;
    std::vector<Wait> waits_;
    std::uint32_t generation_ = 0;
    enum class Listens {
        to_nothing,
        to_full_pages,
        to_everything
    } listens_ = Listens::to_everything;

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
