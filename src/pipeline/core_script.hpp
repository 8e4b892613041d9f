#pragma once

#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "pipeline/core.hpp"

namespace lk::pipeline {

inline std::string shard_name(int number) {
    const std::string digits = std::to_string(number);
    return "shardId-" + std::string(12 - digits.size(), '0') + digits;
}

/// A hash key by its place in the space of all, from 0 to below 1.
inline event::HashKey key_at(double place) {
    return {static_cast<std::uint64_t>(std::ldexp(place, 64)), 0};
}

/// An open shard with the hash keys from one place to before another.
inline Shard shard_between(int number, double from, double to) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    const event::HashKey last = {to == 1 ? most : key_at(to).high - 1, most};
    return {
        shard_name(number), event::to_decimal(key_at(from)), event::to_decimal(last), {}, {}, true};
}

/// A stream that takes records and tells of this limit.
inline StreamSummary limited_to(std::size_t max_record_bytes, std::string status = "ACTIVE") {
    StreamSummary summary;
    summary.status = std::move(status);
    summary.max_record_bytes = max_record_bytes;
    return summary;
}

/// Plays a core like a script: records have names, time is what the script says.
class CoreScript {
  public:
    static CoreOptions usual_options() {
        return {.linger = std::chrono::milliseconds(5),
                .deliver_within = std::chrono::seconds(120),
                .max_requests_in_flight = 4,
                .random_seed = 1,
                .sending = {.most_held_by_shard = std::size_t{64} * 1024 * 1024}};
    }

    explicit CoreScript(CoreOptions options = usual_options())
        : core(with_hash_keys(std::move(options))) {}

    /// Where the keys of the records that follow hash to.
    CoreScript& at(double place) {
        place_ = place;
        return *this;
    }

    /// `lane` 0: a random key.
    Pending* dispatch(const std::string& name, std::uint64_t lane = 0,
                      std::uint32_t data_bytes = 100, std::uint8_t hash_key_bytes = 0) {
        Pending& record = records_.emplace_back();
        record.lane = lane;
        record.cbor_bytes =
            static_cast<std::uint32_t>(wire::RecordLayout::bytes(data_bytes, 1, hash_key_bytes));
        record.key_bytes = 1;
        record.set_hash_key_bytes(hash_key_bytes);
        record.generation = generation;
        names_[&record] = name;
        places_[&record] = key_at(place_);
        core.accept(&record, now);
        note();
        return &record;
    }

    /// DescribeStreamSummary is asked for and answered: an ordinary stream.
    void tell_stream() {
        core.stream_is(limited_to(default_record_limit), now);
        note();
    }
    /// ListShards is asked for and answered.
    void tell_shards(const std::vector<Shard>& shards) {
        core.shards_are(shards, now);
        note();
    }

    struct Sent {
        RequestId id = 0;
        std::vector<std::string> names;  ///< Of an aggregate: "a+b".
        std::vector<Parcel> parcels;
    };

    /// The next request, or one with id 0.
    Sent send() {
        advance();
        const Core::Request* request = core.next_request(now);
        note();
        if (request == nullptr) return {};
        Sent sent{request->id, {}, request->parcels};
        for (const Parcel& parcel : request->parcels) {
            std::string name;
            for_each(parcel, [&](const Pending* record) {
                name += (name.empty() ? "" : "+") + names_.at(record);
            });
            sent.names.push_back(name);
        }
        return sent;
    }

    /// Answers: one word a record; "ok" or an error code, with "@1" when it is about shard 1.
    void answer(const Sent& sent, const std::vector<std::string>& words) {
        PutRecordsAnswer answer;
        for (const std::string& word : words) {
            const std::size_t sign = word.find('@');
            const std::string what = word.substr(0, sign);
            const bool named = sign != std::string::npos;
            const std::string shard = shard_name(named ? std::stoi(word.substr(sign + 1)) : 0);
            if (what == "ok") {
                answer.add_stored(shard, std::to_string(++sequence_));
            } else {
                answer.add_failed(
                    what, named ? "Rate exceeded for shard " + shard + " in stream s." : "because");
            }
        }
        core.answered(sent.id, answer, now);
        note();
    }
    void answer_all(const Sent& sent, const std::string& word) {
        answer(sent, std::vector<std::string>(sent.names.size(), word));
    }

    void fail(const Sent& sent, FailureClass kind, bool may_have_been_stored = false) {
        core.failed(sent.id, {kind, ErrorCode::service, {}, "because", may_have_been_stored}, now);
        note();
    }
    void find_no_stream(const Sent& sent) {
        core.failed(sent.id, classify_answer(400, "ResourceNotFoundException", "not there"), now);
        note();
    }

    bool resume(std::uint64_t lane) {
        const bool was_paused = core.resume(lane, now);
        note();
        return was_paused;
    }
    bool discard(std::uint64_t lane) {
        using Discarded = Core::Discarded;
        const auto discard = [&] {
            const auto discarded =
                core.discard(lane, {ErrorCode::lane_paused, "discarded", false, 0});
            note();
            return discarded;
        };
        Discarded discarded = discard();
        while (discarded == Discarded::some) discarded = discard();
        return discarded != Discarded::not_paused;
    }

    void pass(Duration time) {
        now += time;
        advance();
    }
    void advance() {
        while (core.advance(now)) note();
        note();
    }

    /// How each ended, in order: "a published", "b failed", "c unknown".
    std::vector<std::string> endings;
    std::map<std::string, Error> errors;
    std::vector<std::string> released;
    /// Those whose aggregate landed on another shard than their keys' own.
    std::vector<std::string> on_other_shard;

    TimePoint now = TimePoint{} + std::chrono::hours(1);
    std::uint32_t generation = 0;
    Core core;  // asks places_ only later

    void note() {
        for (const Settled& settled : core.settled()) {
            const std::string& name = names_.at(settled.record);
            const char* ending = settled.ending == Ending::published ? " published"
                                 : settled.ending == Ending::failed  ? " failed"
                                                                     : " unknown";
            endings.push_back(name + ending);
            errors[name] = settled.error;
            if (settled.released) released.push_back(name);
            if (settled.on_other_shard) on_other_shard.push_back(name);
        }
        core.settled().clear();
        for (Pending* record : core.released()) released.push_back(names_.at(record));
        core.released().clear();
    }

  private:
    CoreOptions with_hash_keys(CoreOptions options) {
        options.sending.hash_keys_of = [this](auto records, auto keys) {
            for (std::size_t at = 0; at < records.size(); ++at) keys[at] = places_.at(records[at]);
        };
        return options;
    }

    std::deque<Pending> records_;
    std::map<const Pending*, std::string> names_;
    std::map<const Pending*, event::HashKey> places_;
    double place_ = 0;
    std::uint64_t sequence_ = 0;
};

}  // namespace lk::pipeline
