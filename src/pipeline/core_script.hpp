#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "pipeline/core.hpp"

namespace lk::pipeline {

/// Plays a core like a script: records have names, time is what the script says.
class CoreScript {
  public:
    explicit CoreScript(CoreOptions options = {.linger = std::chrono::milliseconds(5),
                                               .deliver_within = std::chrono::seconds(120),
                                               .max_requests_in_flight = 4,
                                               .random_seed = 1})
        : core(options) {}

    /// `lane` 0: a random key.
    Pending* dispatch(const std::string& name, std::uint64_t lane = 0,
                      std::uint32_t data_bytes = 100) {
        Pending& record = records_.emplace_back();
        record.lane = lane;
        record.data_bytes = data_bytes;
        record.key_bytes = 1;
        record.generation = generation;
        names_[&record] = name;
        core.accept(&record, now);
        return &record;
    }

    struct Sent {
        RequestId id = 0;
        std::vector<std::string> names;
    };

    /// The next request, or one with id 0.
    Sent send() {
        core.advance(now);
        const Core::Request* request = core.next_request(now);
        note();
        if (request == nullptr) return {};
        Sent sent{request->id, {}};
        for (const Parcel& parcel : request->parcels) {
            std::string name;
            for_each(parcel, [&](const Pending* record) {
                name += (name.empty() ? "" : "+") + names_.at(record);
            });
            sent.names.push_back(name);
        }
        return sent;
    }

    /// Answers: one word a record; "ok" or an error code.
    void answer(const Sent& sent, const std::vector<std::string>& words) {
        PutRecordsAnswer answer;
        for (const std::string& word : words) {
            if (word == "ok") {
                answer.add_stored("shardId-000000000000", std::to_string(++sequence_));
            } else {
                answer.add_failed(word, "because");
            }
        }
        core.answered(sent.id, answer, now);
        note();
    }

    void fail(const Sent& sent, FailureClass kind, bool may_have_been_stored = false) {
        core.failed(sent.id, {kind, ErrorCode::service, {}, "because", may_have_been_stored}, now);
        note();
    }

    void pass(Duration time) {
        now += time;
        core.advance(now);
        note();
    }

    /// How each ended, in order: "a published", "b failed", "c unknown".
    std::vector<std::string> endings;
    std::map<std::string, Error> errors;
    std::vector<std::string> released;

    TimePoint now = TimePoint{} + std::chrono::hours(1);
    std::uint32_t generation = 0;
    Core core;

    void note() {
        for (const Settled& settled : core.settled()) {
            const std::string& name = names_.at(settled.record);
            const char* ending = settled.ending == Ending::published ? " published"
                                 : settled.ending == Ending::failed  ? " failed"
                                                                     : " unknown";
            endings.push_back(name + ending);
            errors[name] = settled.error;
            if (settled.released) released.push_back(name);
        }
        core.settled().clear();
        for (Pending* record : core.released()) released.push_back(names_.at(record));
        core.released().clear();
    }

  private:
    std::deque<Pending> records_;
    std::map<const Pending*, std::string> names_;
    std::uint64_t sequence_ = 0;
};

}  // namespace lk::pipeline
