#include "sim/message.hpp"

#include <cstring>

#include "wire/aggregate_reader.hpp"

namespace lk::sim {
namespace {

char mark_of(EventNumber event) {
    return static_cast<char>(event * 31 + 7);
}

// What is wrong with an event that was read; empty: nothing.
std::string problem_of(std::string_view data, std::string_view partition_key, const Plan& plan) {
    if (data.size() < least_event_bytes) return "a record of " + std::to_string(data.size());
    const EventNumber number = event_in(data);
    if (number >= plan.events.size()) return "no event has the number " + std::to_string(number);
    const PlannedEvent& planned = plan.events[number];
    const std::string name = "event " + std::to_string(number);
    if (data.size() != planned.bytes || data.back() != mark_of(number)) {
        return name + " does not have its bytes";
    }
    if (partition_key != sim::partition_key(plan, planned)) return name + " lost its key";
    return {};
}

}  // namespace

void write_event_data(std::string& out, EventNumber event, std::uint32_t bytes) {
    out.resize(bytes);
    std::memcpy(out.data(), &event, sizeof event);
    out.back() = mark_of(event);
}

EventNumber event_in(std::string_view data) {
    EventNumber event = 0;
    std::memcpy(&event, data.data(), sizeof event);
    return event;
}

std::optional<SentRequest> read_request(const PutRecordsRequest& request, const Plan& plan,
                                        std::string& problem) {
    SentRequest sent;
    sent.records.reserve(request.records.size());
    wire::AggregateReader reader;
    for (const Record& record : request.records) {
        SentRecord& read = sent.records.emplace_back();
        read.bytes = record.data.size() + record.partition_key.size();
        const auto given = event::parse_hash_key(record.explicit_hash_key);
        if (given.has_value() == record.explicit_hash_key.empty()) {
            problem = "an explicit hash key that is none";
            return std::nullopt;
        }
        const auto add = [&](std::string_view data, std::string_view partition_key) {
            if (problem = problem_of(data, partition_key, plan); !problem.empty()) return false;
            read.events.push_back(event_in(data));
            read.invalid |= plan.events[read.events.back()].invalid;
            return true;
        };
        read.aggregated = reader.read(record.data);
        if (!read.aggregated) {
            if (!add(record.data, record.partition_key)) return std::nullopt;
        } else {
            if (reader.lost() != 0) {
                problem = "an aggregate has records that nobody can read";
                return std::nullopt;
            }
            for (const wire::UserRecord& one : reader.records()) {
                if (!add(one.data, one.partition_key)) return std::nullopt;
                read.user_records.push_back(
                    {std::string(one.partition_key),
                     one.explicit_hash_key ? std::optional<std::string>(*one.explicit_hash_key)
                                           : std::nullopt});
            }
        }
        const PlannedEvent& first = plan.events[read.events.front()];
        read.key = first.key;
        if (given) {
            read.hash = *given;
        } else {
            // What Kinesis does; the plan has worked it out before.
            read.hash = first.key == random_key ? first.hash : plan.keys[first.key].hash;
            if (first.explicit_hash) {
                problem = "event " + std::to_string(read.events.front()) + " lost its hash key";
                return std::nullopt;
            }
        }
    }
    return sent;
}

}  // namespace lk::sim
