#include <gtest/gtest.h>

#include <set>

#include "pipeline/core_script.hpp"

// Answers that lie about shards: they name ever new ones, which nobody lists.

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;

const std::string throttled = "ProvisionedThroughputExceededException";

// What a producer does that knows, or does not know, the shards.
struct Situation {
    const char* name;
    std::size_t aggregate_bytes = 0;
    double highest_rate = 0;
    bool may_list = true;
    bool throttles = false;  // each record once, before it is stored
};

void PrintTo(const Situation& situation, std::ostream* out) {
    *out << situation.name;
}

class InventedShards : public testing::TestWithParam<Situation> {
  protected:
    static constexpr int keys = 50;
    static constexpr int records = 60'000;

    static CoreOptions options() {
        CoreOptions changed = CoreScript::usual_options();
        changed.deliver_within = 24h;
        changed.sending.aggregate_bytes = GetParam().aggregate_bytes;
        changed.sending.highest_rate = GetParam().highest_rate;
        return changed;
    }
    // One in four has a key of its own; the others are of keys in turn.
    void dispatch(int number) {
        const std::uint64_t lane =
            number % 4 == 0 ? 0 : 1 + static_cast<std::uint64_t>(number) % keys;
        const double place = lane == 0 ? double(number) / records : double(lane) / (keys + 1);
        sent_.push_back(play.at(place).dispatch(std::to_string(number), lane));
    }
    void send_and_lie() {
        for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
            std::vector<std::string> words;
            for (const Parcel& parcel : sent.parcels) {
                const bool refuses = GetParam().throttles && parcel.first->attempts == 1;
                words.push_back((refuses ? throttled : "ok") + "@" + std::to_string(++invented_));
            }
            play.answer(sent, words);
        }
    }
    void list() {
        if (!play.core.wants_shards(play.now)) return;
        ++lists_;
        if (GetParam().may_list) {
            play.tell_shards({shard_between(0, 0, 0.5), shard_between(1, 0.5, 1)});
        } else {
            play.core.shards_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                                     play.now);
        }
    }
    void check_memory() {
        const SendQueue& sending = play.core.sending();
        // An answer names no more than its records.
        ASSERT_LE(sending.shards().known(), ShardMap::most_learned + max_request_records + 2);
        ASSERT_LE(sending.limits(), sending.shards().known() + 1) << "one for those that are none";
        ASSERT_LE(sending.shards().size(), sending.shards().known());
    }

    CoreScript play{options()};
    std::vector<const Pending*> sent_;
    int invented_ = 100;
    int lists_ = 0;
};

TEST_P(InventedShards, AreForgottenAndHarmNoEvent) {
    const TimePoint start = play.now;
    for (int number = 0; number < records || !play.core.empty();) {
        for (int i = 0; i < 500 && number < records; ++i) dispatch(number++);
        list();
        send_and_lie();
        ASSERT_NO_FATAL_FAILURE(check_memory());
        play.pass(50ms);
        ASSERT_LT(play.now - start, 12h) << "it does not get on";
    }
    ASSERT_EQ(play.endings.size(), static_cast<std::size_t>(records));
    EXPECT_EQ(std::set(play.endings.begin(), play.endings.end()).size(), play.endings.size());
    std::map<int, int> last_of_key;
    for (const std::string& ending : play.endings) {
        EXPECT_TRUE(ending.ends_with(" published")) << ending;
        const int number = std::stoi(ending);
        if (number % 4 == 0) continue;
        int& last = last_of_key[number % keys];
        EXPECT_LE(last, number) << "the order of a key";
        last = number;
    }
    const int needed = GetParam().throttles ? 2 : 1;
    for (const Pending* record : sent_) {
        EXPECT_LE(record->attempts, needed) << "sent again for a wrong guess";
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(play.now - start).count();
    // At once, after a second, and then ever less often.
    EXPECT_LE(lists_, 8 + seconds / 3) << "in " << seconds << " s";
    EXPECT_GT(invented_, records / 3) << "too few to show anything";
}

INSTANTIATE_TEST_SUITE_P(
    , InventedShards,
    testing::Values(
        Situation{.name = "Plain"}, Situation{.name = "Throttling", .throttles = true},
        Situation{.name = "ThrottlingAndNotListed", .may_list = false, .throttles = true},
        Situation{.name = "Capped", .highest_rate = 100},
        Situation{.name = "CappedAndNotListed", .highest_rate = 100, .may_list = false},
        Situation{.name = "Aggregating", .aggregate_bytes = 400},
        Situation{.name = "AggregatingAndThrottling", .aggregate_bytes = 400, .throttles = true}),
    [](const auto& run) { return run.param.name; });

}  // namespace
}  // namespace lk::pipeline
