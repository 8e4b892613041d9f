#include "sim/checks.hpp"

#include <algorithm>
#include <cinttypes>

#include "sim/calm.hpp"

namespace lk::sim {
namespace {

using namespace std::chrono_literals;
using Stage = EventHistory::Stage;
using pipeline::Ending;

const char* name_of(Ending ending) {
    switch (ending) {
        case Ending::published: return "published";
        case Ending::failed: return "failed";
        case Ending::unknown: return "unknown";
    }
    return "?";
}

}  // namespace

Checks::Checks(const Plan& plan, Timeline& time, Trace& trace, const KinesisModel& kinesis)
    : plan_(plan),
      time_(time),
      trace_(trace),
      kinesis_(kinesis),
      events_(plan.events.size()),
      producers_(plan.producers.size()),
      closing_(plan.producers.size()),
      calm_from_(calm_begins(plan)),
      has_invalid_(
          std::any_of(plan.events.begin(), plan.events.end(), [&](const PlannedEvent& event) {
              return event.invalid || event.bytes > plan.stream.max_record_bytes;
          })) {
    for (const ProducerPlan& producer : plan.producers) {
        calm_takes_.push_back(calm_needs(plan, producer));
    }
}

void Checks::complain(const char* check, const std::string& what) {
    trace_.line("VIOLATION of %s: %s", check, what.c_str());
    if (violations_.size() < 20) violations_.push_back({check, what});
}

std::string Checks::name(EventNumber event) const {
    const PlannedEvent& planned = plan_.events[event];
    std::string text = "event " + std::to_string(event);
    if (planned.key != random_key) text += " of key " + std::to_string(planned.key);
    return text + " of producer " + std::to_string(planned.producer);
}

void Checks::accepted(EventNumber event, const pipeline::Pending& record, TimePoint local_now) {
    EventHistory& one = events_[event];
    one.stage = Stage::accepted;
    one.producer = plan_.events[event].producer;
    one.lane = record.lane;
    one.generation = record.generation;
    one.accepted_at = time_.now();
    one.deadline = local_now + plan_.producers[one.producer].deliver_within;
    ProducerHistory& producer = producers_[one.producer];
    producer.unsettled.push_back(event);
    producer.accepted.push_back(event);
    if (one.lane == 0) return;
    LaneHistory& lane = producer.lanes[one.lane];
    lane.waiting.push_back(event);
    lane.all.push_back(event);
}

void Checks::sent(std::uint32_t producer, const SentRequest& request, TimePoint local_now) {
    std::size_t bytes = 0;
    bool has_retries = false;
    for (const SentRecord& parcel : request.records) {
        bytes += parcel.bytes;
        for (const EventNumber event : parcel.events) {
            EventHistory& one = events_[event];
            if (one.stage != Stage::accepted) {
                complain("sent_once_settled", name(event) + " is sent though it was settled");
            }
            if (one.in_request) {
                complain("one_request_at_a_time", name(event) + " is in two requests at once");
            }
            if (one.deadline <= local_now) {
                complain("deadline", name(event) + " is sent after its deadline");
            }
            has_retries |= one.attempts > 0;
        }
        check_lane(parcel);
        for (const EventNumber event : parcel.events) {
            events_[event].in_request = true;
            ++events_[event].attempts;
        }
    }
    if (request.records.empty() || request.records.size() > 500 || bytes > 10 * 1024 * 1024) {
        complain("request_limits", "a request of " + std::to_string(request.records.size()) +
                                       " records and " + std::to_string(bytes) + " bytes");
    }
    check_retry_share(producers_[producer], has_retries);
}

// A parcel takes a key's events from the front of those that wait, while nothing of the key is
// under way.
void Checks::check_lane(const SentRecord& parcel) {
    std::vector<LaneHistory*> lanes;
    for (const EventNumber event : parcel.events) {
        if (events_[event].lane == 0) continue;
        LaneHistory& lane = producers_[events_[event].producer].lanes[events_[event].lane];
        if (std::find(lanes.begin(), lanes.end(), &lane) == lanes.end()) {
            lanes.push_back(&lane);
            if (lane.in_requests != 0) {
                complain("one_of_a_key_in_flight",
                         name(event) + " is sent while another of its key is under way");
            }
            if (lane.paused) complain("paused", name(event) + " is sent though its key is paused");
            ++lane.in_requests;
        }
        if (lane.waiting.empty() || lane.waiting.front() != event) {
            complain("order_of_sending", name(event) + " overtakes one of its key");
            return;
        }
        lane.waiting.pop_front();
    }
}

void Checks::check_retry_share(ProducerHistory& producer, bool has_retries) {
    auto& requests = producer.requests;
    ++producer.requests_sent;
    requests.push_back({time_.now(), has_retries});
    producer.retries += has_retries ? 1U : 0U;
    while (requests.front().when <= time_.now() - 10s) {
        producer.retries -= requests.front().has_retries ? 1U : 0U;
        requests.pop_front();
    }
    if (has_retries && producer.retries > 10 && producer.retries * 5 > requests.size()) {
        complain("retry_share", std::to_string(producer.retries) + " of " +
                                    std::to_string(requests.size()) +
                                    " requests within 10 s carry what was sent before");
    }
}

void Checks::record_ended(EventNumber event, bool may_have_been_stored, bool counts_as_attempt) {
    EventHistory& one = events_[event];
    one.in_request = false;
    one.uncertain |= may_have_been_stored && one.stage == Stage::accepted;
    if (!counts_as_attempt) --one.attempts;
}

void Checks::parcel_ended(std::uint32_t producer, const SentRecord& parcel) {
    std::vector<std::uint64_t> lanes;
    // What is not settled waits again, in front of what was behind it.
    for (auto event = parcel.events.rbegin(); event != parcel.events.rend(); ++event) {
        const EventHistory& one = events_[*event];
        if (one.lane == 0) continue;
        LaneHistory& lane = producers_[producer].lanes[one.lane];
        if (std::find(lanes.begin(), lanes.end(), one.lane) == lanes.end()) {
            lanes.push_back(one.lane);
            --lane.in_requests;
        }
        if (one.stage == Stage::accepted) lane.waiting.push_front(*event);
    }
}

void Checks::settled(EventNumber event, const pipeline::Settled& settled) {
    EventHistory& one = events_[event];
    trace_.line("  %s: %s after %d attempts%s%s", name(event).c_str(), name_of(settled.ending),
                int{settled.record->attempts}, settled.error.message.empty() ? "" : ", ",
                settled.error.message.c_str());
    if (one.stage != Stage::accepted) {
        complain("settled_once", name(event) + " is settled again, or was never accepted");
        return;
    }
    one.stage = Stage::settled;
    one.ending = settled.ending;
    one.shard_id = settled.shard_id;
    one.sequence_number = settled.sequence_number;
    one.may_be_duplicate = settled.record->may_have_been_stored;
    one.on_other_shard = settled.on_other_shard;
    if (settled.record->attempts != one.attempts) {
        complain("attempts", name(event) + " was sent " + std::to_string(one.attempts) +
                                 " times, not " + std::to_string(settled.record->attempts));
    }
    check_ending(event);
    check_in_time(event);
    check_attempts(event);
    auto& unsettled = producers_[one.producer].unsettled;
    while (!unsettled.empty() && events_[unsettled.front()].stage == Stage::settled) {
        unsettled.pop_front();
    }
    if (one.lane != 0) {
        LaneHistory& lane = producers_[one.producer].lanes[one.lane];
        std::erase(lane.waiting, event);
        if (one.ending != Ending::published && plan_.producers[one.producer].pause_on_failure &&
            !closing_[one.producer]) {
            lane.paused = true;
        }
    }
    if (settled.released) released(event);
}

void Checks::check_ending(EventNumber event) {
    const EventHistory& one = events_[event];
    switch (one.ending) {
        case Ending::published:
            if (one.may_be_duplicate != one.uncertain) {
                complain(
                    "duplicate_flag",
                    name(event) + (one.uncertain ? " may be a duplicate and is not said to be"
                                                 : " is said to be a duplicate without cause"));
            }
            break;
        case Ending::failed:
            if (one.uncertain || one.in_request) {
                complain("failed_is_certain",
                         name(event) + " is said not to be stored, which nobody knows");
            }
            break;
        case Ending::unknown:
            if (!one.uncertain && !one.in_request) {
                complain("unknown_has_cause", name(event) + " was certainly not stored");
            }
            break;
    }
}

// Nothing may stand in the way of what waits once the trouble is over.
void Checks::check_in_time(EventNumber event) {
    const EventHistory& one = events_[event];
    if (closing_[one.producer] || plan_.producers[one.producer].pause_on_failure) return;
    const TimePoint could_go = std::max(one.accepted_at, calm_from_);
    if (time_.now() - could_go <= calm_takes_[one.producer]) return;
    complain("liveness",
             name(event) + " took " +
                 std::to_string(std::chrono::duration<double>(time_.now() - could_go).count()) +
                 " s of calm");
}

// Exponential back-off up to 10 s with full jitter: seven attempts within some six seconds, then
// one in five on average. What is halved comes again without any.
void Checks::check_attempts(EventNumber event) {
    const EventHistory& one = events_[event];
    const double age = std::chrono::duration<double>(time_.now() - one.accepted_at).count();
    const double most = (has_invalid_ ? 22 : 12) + age / 2;
    if (one.attempts > most) {
        complain("attempts", name(event) + " was sent " + std::to_string(one.attempts) +
                                 " times within " + std::to_string(age) + " s");
    }
}

void Checks::released(EventNumber event) {
    EventHistory& one = events_[event];
    if (one.stage != Stage::settled || one.released) {
        complain("released_once", name(event) + " is released twice, or before it was settled");
    }
    one.released = true;
}

void Checks::lane_told_paused(std::uint32_t producer, std::uint64_t lane) {
    if (!producers_[producer].lanes[lane].paused) {
        complain("paused", "a key is said to be paused without cause");
    }
}

void Checks::flush_told(std::uint32_t producer, std::uint32_t generation,
                        const pipeline::Generations::Tally& tally) {
    pipeline::Generations::Tally expected;
    for (const EventNumber event : producers_[producer].accepted) {
        EventHistory& one = events_[event];
        if (one.generation > generation || one.told_by_flush) continue;
        if (one.stage == Stage::accepted) {
            ++expected.unsettled;
            if (one.lane != 0 && producers_[producer].lanes[one.lane].paused) ++expected.paused;
            continue;
        }
        one.told_by_flush = true;
        ++(one.ending == Ending::published ? expected.published
           : one.ending == Ending::failed  ? expected.failed
                                           : expected.unknown);
    }
    const auto text = [](const pipeline::Generations::Tally& one) {
        return std::to_string(one.published) + " published, " + std::to_string(one.failed) +
               " failed, " + std::to_string(one.unknown) + " unknown, " +
               std::to_string(one.unsettled) + " unsettled, of them " + std::to_string(one.paused) +
               " paused";
    };
    trace_.line("producer %u: flush tells %s", producer, text(tally).c_str());
    if (text(tally) != text(expected)) {
        complain("flush_figures", "flush told " + text(tally) + " instead of " + text(expected));
    }
}

void Checks::turn_ended(std::uint32_t producer, TimePoint local_now) {
    const auto& unsettled = producers_[producer].unsettled;
    if (unsettled.empty()) return;
    const EventHistory& oldest = events_[unsettled.front()];
    if (oldest.stage == Stage::accepted && oldest.deadline <= local_now) {
        complain("deadline", name(unsettled.front()) + " is unsettled after its deadline");
    }
}

void Checks::crashed(std::uint32_t producer) {
    producers_[producer].crashed = true;
    for (const EventNumber event : producers_[producer].accepted) {
        if (events_[event].stage == Stage::accepted) events_[event].stage = Stage::crashed;
    }
}

void Checks::finish() {
    for (EventNumber event = 0; event < events_.size(); ++event) {
        const EventHistory& one = events_[event];
        if (one.stage == Stage::accepted) {
            complain("settled_once", name(event) + " is never settled");
        }
        if (one.stage == Stage::settled && !one.released && !producers_[one.producer].crashed) {
            complain("released_once", name(event) + " is never released");
        }
        check_stream(event);
    }
    for (const ProducerHistory& producer : producers_) {
        for (const auto& [number, lane] : producer.lanes) check_order(lane);
    }
}

void Checks::check_stream(EventNumber event) {
    const EventHistory& one = events_[event];
    const std::vector<Copy>& copies = kinesis_.copies_of(event);
    if (one.stage == Stage::planned || one.stage == Stage::turned_away) {
        if (!copies.empty()) complain("never_dispatched", name(event) + " is in the stream");
        return;
    }
    for (const Copy& copy : copies) {
        if (!copy.readable) {
            complain("aggregate_dropped", name(event) + " is in an aggregate that KCL drops");
        }
    }
    if (one.stage == Stage::crashed) return;
    if (one.ending == Ending::failed && !copies.empty()) {
        complain("failed_is_certain", name(event) + " failed and is in the stream");
    }
    if (one.ending != Ending::published) return;
    const auto said = std::find_if(copies.begin(), copies.end(), [&](const Copy& copy) {
        return copy.shard_id == one.shard_id && copy.sequence_number == one.sequence_number;
    });
    if (said == copies.end()) {
        complain("published_is_stored",
                 name(event) + " is not in the stream at " + one.sequence_number);
        return;
    }
    if (copies.size() > 1 && !one.may_be_duplicate) {
        complain("duplicate_flag", name(event) + " is in the stream " +
                                       std::to_string(copies.size()) + " times without the flag");
    }
    // The shards of a stream that was created anew have the names of the old ones.
    if (said->aggregated && !said->own_shard && !one.on_other_shard && !kinesis_.was_recreated()) {
        complain("on_other_shard", name(event) + " landed outside its key's shard unsaid");
    }
}

// What is unknown may appear after later ones.
void Checks::check_order(const LaneHistory& lane) {
    std::uint64_t last = 0;
    EventNumber last_event = 0;
    for (const EventNumber event : lane.all) {
        const std::vector<Copy>& copies = kinesis_.copies_of(event);
        const EventHistory& one = events_[event];
        if (copies.empty()) continue;
        if (one.stage == Stage::settled && one.ending == Ending::unknown) continue;
        const std::uint64_t first =
            std::min_element(copies.begin(), copies.end(), [](const Copy& a, const Copy& b) {
                return a.order < b.order;
            })->order;
        // Those of one aggregate stand in it as they were dispatched.
        if (first < last) {
            complain("order", name(event) + " stands in the stream before " + name(last_event));
            return;
        }
        last = first;
        last_event = event;
    }
}

}  // namespace lk::sim
