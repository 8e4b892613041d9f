#include <map>

#include "fixture.hpp"
#include "wire/aggregate_reader.hpp"

namespace lk {
namespace {

// A Kinesis with two shards whose consumer takes aggregates apart.
class Aggregated : public DispatchTest {
  protected:
    class TwoShards : public FakeKinesis {
      public:
        void list_shards(std::string_view, ListShardsDone done) override {
            if (denied) {
                done(Failure{FailureClass::final, ErrorCode::access_denied, "AccessDenied", "no",
                             false});
                return;
            }
            done(std::vector<Shard>{{"shardId-000000000000",
                                     "0",
                                     "170141183460469231731687303715884105727",
                                     {},
                                     {},
                                     true},
                                    {"shardId-000000000001",
                                     "170141183460469231731687303715884105728",
                                     "340282366920938463463374607431768211455",
                                     {},
                                     {},
                                     true}});
        }
        bool denied = false;
    };
    struct Consumed {
        std::map<std::string, std::vector<std::string>> by_key;
        std::size_t events = 0;
        std::size_t records = 0;
    };
    [[nodiscard]] Consumed consume() const {
        Consumed all;
        wire::AggregateReader reader;
        for (const auto& record : two_shards->records()) {
            ++all.records;
            if (!reader.read(record.data)) {
                ++all.events;
                all.by_key[record.partition_key].push_back(record.data);
                continue;
            }
            EXPECT_EQ(reader.lost(), 0U);
            EXPECT_EQ(record.partition_key, reader.records()[0].partition_key);
            for (const auto& one : reader.records()) {
                ++all.events;
                EXPECT_EQ(one.explicit_hash_key, record.explicit_hash_key);
                all.by_key[std::string(one.partition_key)].emplace_back(one.data);
            }
        }
        return all;
    }
    [[nodiscard]] DispatchOptions aggregating() {
        DispatchOptions changed = options();
        changed.kinesis_client = two_shards;
        changed.aggregate_bytes = 51'200;
        return changed;
    }
    std::shared_ptr<TwoShards> two_shards = std::make_shared<TwoShards>();
};

TEST_F(Aggregated, TheOuterPartitionKeyIsTheUsersChoice) {
    DispatchOptions chosen = aggregating();
    chosen.aggregate_partition_key = "entrypoint";
    auto dispatch = get_dispatch(chosen);
    for (int i = 0; i < 300; ++i) {
        for (const char* key : {"a", "b", "c"}) {
            dispatch("t", json(std::to_string(i)), {.partition_key = key});
        }
    }
    EXPECT_EQ(dispatch.flush(60s)->published, 900U);
    wire::AggregateReader reader;
    int aggregates = 0;
    for (const auto& record : two_shards->records()) {
        if (!reader.read(record.data)) {
            EXPECT_NE(record.partition_key, "entrypoint") << "an event that goes alone has its own";
            continue;
        }
        ++aggregates;
        EXPECT_EQ(record.partition_key, "entrypoint");
        for (const auto& one : reader.records()) {
            EXPECT_THAT(std::string(one.partition_key), ::testing::AnyOf("a", "b", "c"));
            EXPECT_EQ(one.explicit_hash_key, record.explicit_hash_key);
        }
    }
    EXPECT_GT(aggregates, 0);
}

TEST_F(Aggregated, AConsumerThatTakesThemApartReadsEveryEventInItsKeysOrder) {
    auto dispatch = get_dispatch(aggregating());
    for (int i = 0; i < 300; ++i) {
        for (const char* key : {"a", "b", "c"}) {
            dispatch("t", json(std::to_string(i)), {.partition_key = key});
        }
    }
    for (int i = 0; i < 300; ++i) dispatch("t", json(std::to_string(i)));
    EXPECT_EQ(dispatch.flush(60s)->published, 1200U);
    const Consumed seen = consume();
    EXPECT_EQ(seen.events, 1200U);
    EXPECT_LT(seen.records, 600U);
    for (const char* key : {"a", "b", "c"}) {
        const auto& events = seen.by_key.at(key);
        ASSERT_EQ(events.size(), 300U);
        for (std::size_t i = 0; i < 300; ++i) {
            EXPECT_NE(events[i].find("\"data\":" + std::to_string(i) + ","), std::string::npos);
        }
    }
}

TEST_F(Aggregated, TheResultIsTheEventAndWhereItsAggregateLanded) {
    two_shards->hold();
    auto dispatch = get_dispatch(aggregating());
    std::vector<Published> all;
    for (int i = 0; i < 10; ++i) all.push_back(dispatch("t", json("1"), {.partition_key = "a"}));
    two_shards->release();
    for (Published& one : all) {
        const Event event = one.get();
        EXPECT_EQ(event.type, "t");
        EXPECT_EQ(event.source.kinesis_partition_key, "a");
        EXPECT_EQ(event.shard_id, "shardId-000000000000");
        EXPECT_FALSE(event.sequence_number.empty());
    }
}

TEST_F(Aggregated, WithoutThePermissionEveryEventIsARecord) {
    two_shards->denied = true;
    auto dispatch = get_dispatch(aggregating());
    for (int i = 0; i < 100; ++i) dispatch("t");
    EXPECT_EQ(dispatch.flush(60s)->published, 100U);
    EXPECT_EQ(consume().records, 100U);
    EXPECT_THAT(log.from(LogLevel::warning),
                ::testing::AllOf(::testing::HasSubstr("not aggregated"),
                                 ::testing::HasSubstr("kinesis:ListShards")));
}

// The price of order, aggregated: what waits of a key travels together, up to a full aggregate a
// round trip.
TEST_F(Aggregated, AKeysEventsGoAFullAggregateARoundTrip) {
    two_shards->hold();
    auto dispatch = get_dispatch(aggregating());
    const std::string bytes(440, 'x');  // some 500 with the key and the format
    dispatch.record(bytes, {.partition_key = "a"});
    two_shards->wait_for_requests(1);
    for (int i = 0; i < 1000; ++i) dispatch.record(bytes, {.partition_key = "a"});
    two_shards->release();
    EXPECT_EQ(dispatch.flush(60s)->published, 1001U);
    EXPECT_LE(consume().records, 1 + 10U) << "a record of the key is under way at a time";
}

}  // namespace
}  // namespace lk
