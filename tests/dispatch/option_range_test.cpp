#include <cmath>
#include <limits>

#include "fixture.hpp"

namespace lk {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Options out of their ranges are refused by name, with the range; older headers' structures are
// read with defaults for what they lack.
class OptionRange : public DispatchTest {
  protected:
    template <class Change>
    std::string refused(Change change) {
        DispatchOptions changed = options();
        change(changed);
        const auto made = try_get_dispatch(changed);
        if (made) return "accepted";
        EXPECT_EQ(made.error().code, ErrorCode::bad_option);
        return made.error().message;
    }
    template <class Change>
    bool accepted(Change change) {
        return refused(change) == "accepted";
    }
};

TEST_F(OptionRange, SharesAreAboveNothingAndAtMostAll) {
    for (const double bad : {0.0, -0.5, 1.001, std::nan(""), HUGE_VAL}) {
        EXPECT_THAT(refused([&](auto& o) { o.share_per_key = bad; }),
                    AllOf(HasSubstr("share_per_key"), HasSubstr("above 0 and at most 1")));
        EXPECT_THAT(refused([&](auto& o) { o.share_per_shard = bad; }),
                    AllOf(HasSubstr("share_per_shard"), HasSubstr("above 0 and at most 1")));
    }
    EXPECT_TRUE(accepted([](auto& o) { o.share_per_key = o.share_per_shard = 1; }));
    EXPECT_TRUE(accepted([](auto& o) { o.share_per_key = o.share_per_shard = 1e-12; }));
}

TEST_F(OptionRange, TheCapOfAShardIsNoneOrUpToAThousandShards) {
    for (const double bad : {-0.1, 1e-300, 0.0009, 1000.5, std::nan(""), HUGE_VAL}) {
        EXPECT_THAT(refused([&](auto& o) { o.max_rate_per_shard = bad; }),
                    AllOf(HasSubstr("max_rate_per_shard"), HasSubstr("to 1000")));
    }
    EXPECT_TRUE(accepted([](auto& o) { o.max_rate_per_shard = 1000; }));
    EXPECT_TRUE(accepted([](auto& o) { o.max_rate_per_shard = 0.001; }));
}

TEST_F(OptionRange, TheStreamIsWaitedForUpToTenMinutes) {
    for (const auto bad : {std::chrono::milliseconds(-1), std::chrono::milliseconds(600'001)}) {
        EXPECT_THAT(refused([&](auto& o) { o.check_stream_within = bad; }),
                    AllOf(HasSubstr("check_stream_within"), HasSubstr("0 to 600000 ms")));
    }
    EXPECT_TRUE(accepted([](auto& o) { o.check_stream_within = std::chrono::minutes(10); }));
}

TEST_F(OptionRange, AggregatesHaveAKibibyteToAMebibyte) {
    for (const std::size_t bad : {std::size_t{1}, std::size_t{1023}, std::size_t{1048577},
                                  std::numeric_limits<std::size_t>::max()}) {
        EXPECT_THAT(refused([&](auto& o) { o.aggregate_bytes = bad; }),
                    AllOf(HasSubstr("aggregate_bytes"), HasSubstr("1024 to 1048576")));
    }
    for (const std::size_t good : {std::size_t{0}, std::size_t{1024}, std::size_t{1048576}}) {
        EXPECT_TRUE(accepted([&](auto& o) { o.aggregate_bytes = good; }));
    }
    EXPECT_THAT(refused([](auto& o) { o.aggregate_partition_key = "k"; }),
                AllOf(HasSubstr("aggregate_partition_key"), HasSubstr("aggregate_bytes is 0")));
    EXPECT_THAT(refused([](auto& o) {
                    o.aggregate_bytes = 51'200;
                    o.aggregate_partition_key = std::string(257, 'k');
                }),
                AllOf(HasSubstr("aggregate_partition_key"), HasSubstr("1 to 256")));
}

TEST_F(OptionRange, EventsAndSuspendedCallsAreCountedWithinReason) {
    for (const std::size_t bad :
         {std::size_t{0}, std::size_t{1'000'000'001}, std::numeric_limits<std::size_t>::max()}) {
        EXPECT_THAT(refused([&](auto& o) { o.budget_events = bad; }),
                    AllOf(HasSubstr("budget_events"), HasSubstr("1 to 1000000000")));
    }
    EXPECT_THAT(refused([](auto& o) { o.max_suspended = std::size_t{0} - 1; }),
                AllOf(HasSubstr("max_suspended"), HasSubstr("0 to 1000000000")));
    EXPECT_TRUE(accepted([](auto& o) {
        o.budget_events = 1;
        o.max_suspended = 0;
    }));
    EXPECT_THAT(refused([](auto& o) { o.when_full = static_cast<WhenFull>(3); }),
                HasSubstr("when_full"));
}

// The structure as a header knew it that ended before `field`.
template <class Structure, class Field>
std::uint32_t size_before(Field Structure::*field) {
    const Structure whole{};
    return static_cast<std::uint32_t>(reinterpret_cast<const char*>(&(whole.*field)) -
                                      reinterpret_cast<const char*>(&whole));
}

TEST_F(OptionRange, SettingsOfAnOlderHeaderKeepTheDefaultsOfWhatTheyLack) {
    DispatchOptions given = options();
    detail::DispatchSettings old;
    old.size = size_before(&detail::DispatchSettings::budget_events);
    old.kinesis_client = &given.kinesis_client;
    old.kinesis_stream = given.kinesis_stream;
    old.producer_id = given.producer_id;
    old.deliver_within_ms = 60'000;
    old.request_timeout_ms = 30'000;
    old.max_requests_in_flight = 8;
    old.budget_bytes = 1 << 20;
    // What stands behind the structure is somebody else's.
    old.budget_events = 0;
    old.share_per_key = -1;
    old.share_per_shard = 7;
    old.aggregate_bytes = 1;
    old.max_rate_per_shard = -1;
    EXPECT_TRUE(detail::open_pipeline(old));
    old.size = sizeof old;
    EXPECT_FALSE(detail::open_pipeline(old));
}

}  // namespace
}  // namespace lk
