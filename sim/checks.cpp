#include "sim/checks.hpp"

#include <algorithm>

#include "sim/calm.hpp"

// What crosses the core's interface: each event's way, and how it ends.
namespace lk::sim {
namespace {

using Stage = EventHistory::Stage;
using pipeline::Ending;

const char* name_of(Ending ending) {
    switch (ending) {
        case Ending::published: return "published";
        case Ending::failed: return "failed";
        case Ending::unknown: return "unknown";
        case Ending::kept: return "kept";
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
      calm_from_(calm_begins(plan)),
      has_invalid_(std::any_of(plan.events.begin(), plan.events.end(),
                               [&](const PlannedEvent& event) {
                                   return event.invalid ||
                                          event.bytes > plan.stream.max_record_bytes;
                               })),
      is_resharded_(is_resharded(plan)) {
    for (const ProducerPlan& producer : plan.producers) {
        calm_takes_.push_back(calm_needs(plan, producer));
        prompt_takes_.push_back(prompt_needs(plan, producer));
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

void Checks::written(EventNumber event, std::uint64_t lane, std::size_t held_bytes,
                     bool past_the_budget) {
    EventHistory& one = events_[event];
    one.stage = Stage::written;
    one.producer = plan_.events[event].producer;
    one.lane = lane;
    one.held_bytes = held_bytes;
    one.dispatched_at = time_.now();
    if (!past_the_budget) {
        check_key_share(event);
        check_shard_share(event);
    }
    ProducerHistory& producer = producers_[one.producer];
    ++producer.held_events;
    producer.largest = std::max(producer.largest, held_bytes);
    LaneHistory* const its = lane_of(one);
    if (its == nullptr) return;
    one.ahead = its->unsettled++;
    its->held_bytes += held_bytes;
}

void Checks::accepted(EventNumber event, const pipeline::Pending& record, TimePoint local_now) {
    EventHistory& one = events_[event];
    one.stage = Stage::accepted;
    one.generation = record.generation;
    one.accepted_at = time_.now();
    one.deadline = local_now + plan_.producers[one.producer].deliver_within;
    ProducerHistory& producer = producers_[one.producer];
    producer.unsettled.push_back(event);
    producer.accepted.push_back(event);
    if (LaneHistory* const lane = lane_of(one)) {
        lane->waiting.push_back(event);
        lane->all.push_back(event);
    }
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
    check_cap(producer, request, local_now);
    ProducerHistory& its = producers_[producer];
    check_retry_share(its, has_retries);
    its.under_way.emplace(request.number, time_.now());
    its.last_activity = local_now;
    if (its.under_way.size() >
        static_cast<std::size_t>(plan_.producers[producer].requests_in_flight)) {
        complain("request_limits", "more requests are under way than may be");
    }
}

// A parcel takes a key's events from the front of those that wait, while nothing of the key is
// under way.
void Checks::check_lane(const SentRecord& parcel) {
    std::vector<LaneHistory*> lanes;
    for (const EventNumber event : parcel.events) {
        LaneHistory* const lane = lane_of(events_[event]);
        if (lane == nullptr) continue;
        if (std::find(lanes.begin(), lanes.end(), lane) == lanes.end()) {
            lanes.push_back(lane);
            if (lane->in_requests != 0) {
                complain("one_of_a_key_in_flight",
                         name(event) + " is sent while another of its key is under way");
            }
            if (lane->paused) complain("paused", name(event) + " is sent though its key is paused");
            ++lane->in_requests;
        }
        if (lane->waiting.empty() || lane->waiting.front() != event) {
            complain("order_of_sending", name(event) + " overtakes " +
                                             (lane->waiting.empty() ? "nobody: it waits no more"
                                                                    : name(lane->waiting.front())));
            return;
        }
        lane->waiting.pop_front();
    }
}

void Checks::ended(const SentRequest& request, const Expected<PutRecordsAnswer, Failure>& result,
                   TimePoint local_now) {
    ProducerHistory& producer = producers_[request.producer];
    const Duration under_way = time_.now() - producer.under_way.at(request.number);
    const bool is_slow = under_way > round_trip(plan_);
    producer.touched |= !result || is_slow;
    producer.under_way.erase(request.number);
    producer.last_activity = local_now;
    const bool is_alone = request.records.size() == 1 && request.records.front().events.size() == 1;
    for (std::size_t i = 0; i < request.records.size(); ++i) {
        const SentRecord& parcel = request.records[i];
        std::optional<Failure> failure;
        if (!result) {
            failure = result.error();
            // Only the one that is invalid itself may fail for it.
            const bool invalid = failure->kind == FailureClass::invalid;
            for (const EventNumber event : parcel.events) {
                events_[event].touched = true;
                events_[event].halved = invalid && !is_alone;
                events_[event].has_cause |= failure->kind == FailureClass::final;
            }
        } else if (const auto entry = (*result)[i]; !entry.stored) {
            failure = classify_record(entry.error_code, entry.error_message);
            for (const EventNumber event : parcel.events) {
                events_[event].has_cause |= failure->kind == FailureClass::final;
            }
            touch(request.producer, parcel, *failure);
        } else {
            landed(request.producer, parcel, under_way, local_now);
        }
        for (const EventNumber event : parcel.events) {
            record_ended(event, failure ? &*failure : nullptr, !result);
        }
        parcel_ended(request.producer, parcel);
    }
}

void Checks::record_ended(EventNumber event, const Failure* failure, bool request_failed) {
    EventHistory& one = events_[event];
    one.in_request = false;
    if (failure == nullptr) return;
    if (trace_.wanted()) {
        trace_.line("  %s: %s, %s", name(event).c_str(),
                    failure->may_have_been_stored ? "perhaps stored" : "not stored",
                    failure->message.c_str());
    }
    one.uncertain |= failure->may_have_been_stored && one.stage == Stage::accepted;
    if (request_failed && failure->kind == FailureClass::not_ready) --one.attempts;
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

void Checks::settled(EventNumber event, const pipeline::Settled& settled, TimePoint local_now) {
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
    check_innocence(event, local_now);
    auto& unsettled = producers_[one.producer].unsettled;
    while (!unsettled.empty() && events_[unsettled.front()].stage == Stage::settled) {
        unsettled.pop_front();
    }
    if (LaneHistory* const lane = lane_of(one)) {
        --lane->unsettled;
        std::erase(lane->waiting, event);
        const bool pauses = plan_.producers[one.producer].pause_on_failure &&
                            !producers_[one.producer].closing && !one.discarded;
        // Those behind it waited for it.
        lane->touched |= has_own_trouble(event);
        if (one.ending != Ending::published && pauses) {
            lane->touched = true;
            lane->paused = true;
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
        case Ending::kept:
            complain("kept_in_an_outbox",
                     name(event) + " is said to be in an outbox; there is none");
            break;
    }
}

void Checks::released(EventNumber event) {
    EventHistory& one = events_[event];
    if (one.stage != Stage::settled || one.released) {
        complain("released_once", name(event) + " is released twice, or before it was settled");
    }
    one.released = true;
    --producers_[one.producer].held_events;
    if (LaneHistory* const lane = lane_of(one)) lane->held_bytes -= one.held_bytes;
}

void Checks::lane_discarded(std::uint32_t producer, std::uint64_t lane, std::uint32_t generation) {
    for (const EventNumber event : producers_[producer].lanes[lane].all) {
        EventHistory& one = events_[event];
        if (one.stage != Stage::accepted || one.generation > generation) continue;
        one.discarded = one.has_cause = true;
    }
}

void Checks::lane_told_paused(std::uint32_t producer, std::uint64_t lane) {
    if (!producers_[producer].lanes[lane].paused) {
        complain("paused", "a key is said to be paused without cause");
    }
}

void Checks::flush_told(std::uint32_t producer, std::uint32_t generation,
                        const pipeline::Generations::Tally& tally) {
    ProducerHistory& its = producers_[producer];
    if (its.flushed && *its.flushed <= generation) its.flushed.reset();
    pipeline::Generations::Tally expected;
    for (const EventNumber event : its.accepted) {
        EventHistory& one = events_[event];
        if (one.generation > generation || one.told_by_flush) continue;
        if (one.stage == Stage::accepted) {
            ++expected.unsettled;
            if (one.lane != 0 && its.lanes[one.lane].paused) ++expected.paused;
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

void Checks::turn_ended(std::uint32_t producer, const Held& holds, TimePoint local_now) {
    held(producer, holds);
    look_for_full_shards(producer);
    check_nothing_lingers(producer, holds.is_short, local_now);
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

}  // namespace lk::sim
