// Kinesis is away for hours, and comes back: in time that the test makes, and counts what happens.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "event/hash_key.hpp"
#include "pipeline/core_script.hpp"
#include "pipeline/outbox_stage_script.hpp"
#include "pipeline/page.hpp"

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr Duration step = 50ms;
constexpr Duration round_trip = 100ms;

/// One shard of Kinesis, and the way to it.
class Shard1 {
  public:
    bool is_away = false;
    std::map<std::string, std::vector<int>> stored;  ///< Numbers, by key.
    std::map<int, TimePoint> stored_at;
    std::size_t requests = 0;
    std::size_t with_retries = 0;
    std::size_t refused = 0;

    void pass(Duration time) {
        const double seconds = std::chrono::duration<double>(time).count();
        records_ = std::min(1000.0, records_ + seconds * 1000);
        bytes_ = std::min(double{mebibyte}, bytes_ + seconds * mebibyte);
    }

    void count(const Core::Request& request) {
        ++requests;
        const bool retries = std::any_of(request.parcels.begin(), request.parcels.end(),
                                         [](const Parcel& one) { return one.first->attempts > 1; });
        if (retries) ++with_retries;
    }

    void put(const Parcel& parcel, PutRecordsAnswer& answer, TimePoint now) {
        const Record record = record_of(*parcel.first);
        if (records_ < 1 || bytes_ < static_cast<double>(record.data.size())) {
            ++refused;
            answer.add_failed("ProvisionedThroughputExceededException",
                              "Rate exceeded for shard " + shard_name(0) + " in stream s.");
            return;
        }
        records_ -= 1;
        bytes_ -= static_cast<double>(record.data.size());
        const int number = std::stoi(std::string(record.data));
        stored[parcel.first->lane == 0 ? "" : std::string(record.partition_key)].push_back(number);
        stored_at[number] = now;
        answer.add_stored(shard_name(0), "1");
    }

  private:
    double records_ = 1000;
    double bytes_ = mebibyte;
};

class Outage : public OutboxStageScript {
  protected:
    static CoreOptions options() {
        return {.deliver_within = 1000h,
                .max_requests_in_flight = 8,
                .wait_out_stream_failures = true,
                .random_seed = 7,
                .sending = {.most_held_by_shard = mebibyte, .hash_keys_of = hash_keys_of}};
    }
    Outage() : OutboxStageScript(options()) {}

    /// Dispatches the next event, if there is room.
    bool dispatch(const std::string& key) {
        const std::uint64_t lane = key.empty() ? 0 : intake.lane_of(key);
        if (budget->ask({.lane = lane}) != Budget::Answer::room) return false;
        const int number = dispatched_++;
        write(std::to_string(number), key, 500);
        dispatched_at[number] = now;
        // Nobody waits for it.
        results.clear();
        return true;
    }

    void pass() {
        now += step;
        shard.pass(step);
        while (!sent.empty() && now >= sent.front().answered_at) {
            answer(sent.front().request);
            sent.pop_front();
            take_settled();
        }
        while (core.advance(now)) take_settled();
        if (core.wants_stream_facts(now)) core.stream_is(limited_to(default_record_limit), now);
        if (core.wants_shards(now)) {
            const Shard all[] = {shard_between(0, 0, 1)};
            core.shards_are(all, now);
        }
        // The disk takes no time.
        do keep();
        while (!outbox->asked.empty());
        while (const Core::Request* request = core.next_request(now)) {
            shard.count(*request);
            sent.push_back({now + round_trip, *request});
        }
        take_settled();
        budget->shards_are_full(core.sending().full_shards());
        most_held = std::max(most_held, budget->held());
    }

    void answer(const Core::Request& request) {
        if (shard.is_away) {
            core.failed(request.id,
                        {FailureClass::transient, ErrorCode::network, {}, "no route", false}, now);
            return;
        }
        PutRecordsAnswer answer;
        for (const Parcel& parcel : request.parcels) shard.put(parcel, answer, now);
        core.answered(request.id, answer, now);
    }

    [[nodiscard]] std::size_t waiting() const {
        return static_cast<std::size_t>(dispatched_) - shard.stored_at.size();
    }

    struct Sent {
        TimePoint answered_at;
        Core::Request request;
    };
    std::deque<Sent> sent;
    Shard1 shard;
    std::map<int, TimePoint> dispatched_at;
    std::size_t most_held = 0;
    int dispatched_ = 0;
};

TEST_F(Outage, OfHoursFillsTheDiskAndNotMemoryAndEndsWithoutAStorm) {
    constexpr auto hours = 3h;
    shard.is_away = true;
    const TimePoint gone_at = now;
    // Five a second, each of which is a page by itself: the disk is quicker than they come.
    for (int i = 0; now < gone_at + hours; ++i) {
        if (i % 4 == 0) {
            ASSERT_TRUE(dispatch(i % 8 == 0 ? "" : "key " + std::to_string(i % 4000)))
                << "no room, after " << dispatched_;
        }
        pass();
    }
    EXPECT_LE(most_held, budget->bytes());
    EXPECT_GT(waiting() * 500, 10 * budget->bytes());
    EXPECT_LE(shard.requests, static_cast<std::size_t>(hours / 1s)) << "one a second at most";
    EXPECT_EQ(shard.stored_at.size(), 0U);

    // Back. Live events come meanwhile, with random keys.
    shard.is_away = false;
    const std::size_t requests_before = shard.requests;
    const std::size_t retries_before = shard.with_retries;
    const std::size_t backlog = waiting();
    const TimePoint back_at = now;
    std::vector<int> live;
    Duration longest{};
    while (waiting() > 0) {
        ASSERT_LT(now, back_at + 1h) << waiting() << " of " << backlog << " wait";
        // At first memory is full of what was dispatched before, and what comes goes behind.
        if (now < back_at + 15s) {
            dispatch("");
        } else if (waiting() > backlog / 10 && dispatch("")) {
            live.push_back(dispatched_ - 1);
        }
        pass();
    }
    for (const int number : live) {
        longest = std::max(longest, shard.stored_at[number] - dispatched_at[number]);
    }
    const auto took = std::chrono::duration<double>(now - back_at).count();
    const std::size_t requests = shard.requests - requests_before;
    const std::size_t retries = shard.with_retries - retries_before;
    // A shard takes 1,000 records a second.
    EXPECT_LT(took, 2 * static_cast<double>(dispatched_) / 1000);
    EXPECT_GT(live.size(), 100U);
    EXPECT_LT(longest, 10s);
    EXPECT_LE(retries, requests / RetryShare::one_of + RetryShare::always_allowed);
    EXPECT_GT(shard.refused, 0U) << "it came to its limit";
    EXPECT_LT(shard.refused, static_cast<std::size_t>(dispatched_) / 20);
    // A page that was opened while there was room.
    EXPECT_LE(most_held, budget->bytes() + mebibyte / 4);

    std::size_t all = 0;
    for (const auto& [key, numbers] : shard.stored) {
        all += numbers.size();
        // Random keys have no order.
        EXPECT_TRUE(key.empty() || std::is_sorted(numbers.begin(), numbers.end())) << key;
    }
    EXPECT_EQ(all, static_cast<std::size_t>(dispatched_)) << "each once";
    pass();
    EXPECT_TRUE(outbox->pages.empty());
}

}  // namespace
}  // namespace lk::pipeline
