#include <atomic>
#include <thread>

#include "fixture.hpp"

namespace lk {
namespace {

using ::testing::HasSubstr;

// What a KinesisClient may do wrong, and does not hurt.
class ClientContract : public DispatchTest {
  protected:
    // Retries soon and gives up soon.
    [[nodiscard]] DispatchOptions impatient() {
        DispatchOptions changed = options();
        changed.request_timeout = 100ms;
        changed.deliver_within = 60s;
        return changed;
    }
};

TEST_F(ClientContract, AnsweringTwiceIsToldAndIgnored) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Published published = dispatch("t");
    auto [records, done] = kinesis->take();
    done(FakeKinesis::all_stored(1));
    done(Failure{FailureClass::final, ErrorCode::service, {}, "second thoughts", false});
    EXPECT_TRUE(published.wait());
    EXPECT_EQ(dispatch.flush(60s)->published, 1U);
    EXPECT_THAT(log.all(), HasSubstr("twice"));
}

TEST_F(ClientContract, NeverAnsweringIsGivenUpOnAndSentAgain) {
    kinesis->hold();
    auto dispatch = get_dispatch(impatient());
    Published published = dispatch("t");
    auto never = kinesis->take();
    kinesis->answer_next();
    const Event event = published.get();
    EXPECT_EQ(event.attempts, 2);
    EXPECT_TRUE(event.may_be_duplicate);
    never.second(FakeKinesis::all_stored(1));  // late, and too late
}

TEST_F(ClientContract, TheRequestsBytesLiveAsLongAsDoneDoes) {
    kinesis->hold();
    std::vector<std::string_view> views;
    class Keeping : public KinesisClient {
      public:
        void put_records(const PutRecordsRequest& given, PutRecordsDone given_done) override {
            request = &given;
            done = std::move(given_done);
            taken = true;
            taken.notify_all();
        }
        const PutRecordsRequest* request = nullptr;
        PutRecordsDone done;
        std::atomic<bool> taken{false};
    };
    auto keeping = std::make_shared<Keeping>();
    Published published;
    {
        DispatchOptions on_keeping = options();
        on_keeping.kinesis_client = keeping;
        on_keeping.close_deadline = 0ms;
        auto dispatch = get_dispatch(on_keeping);
        published = dispatch("t", json(R"("still here")"));
        keeping->taken.wait(false);
    }
    EXPECT_FALSE(published.wait());
    // The dispatch function is gone; the request is not.
    EXPECT_THAT(std::string(keeping->request->records[0].data), HasSubstr("still here"));
    EXPECT_EQ(keeping->request->stream, "entrypoint");
    keeping->done(FakeKinesis::all_stored(1));
    keeping->done = nullptr;
}

TEST_F(ClientContract, DroppingARequestCountsAsAnUnknownOutcome) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Published published = dispatch("t");
    { auto dropped = kinesis->take(); }
    kinesis->answer_next();
    EXPECT_TRUE(published.get().may_be_duplicate);
    EXPECT_THAT(log.all(), HasSubstr("dropped a request"));
}

TEST_F(ClientContract, ThrowingCountsAsAnUnknownOutcome) {
    class Throwing : public FakeKinesis {
      public:
        void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
            if (calls++ == 0) throw std::runtime_error("out of order");
            if (calls == 2) throw 42;
            FakeKinesis::put_records(request, std::move(done));
        }
        int calls = 0;
    };
    DispatchOptions on_throwing = options();
    on_throwing.kinesis_client = std::make_shared<Throwing>();
    auto dispatch = get_dispatch(on_throwing);
    const Event event = dispatch("t").get();
    EXPECT_EQ(event.attempts, 3);
    EXPECT_TRUE(event.may_be_duplicate);
    EXPECT_THAT(log.all(), HasSubstr("out of order"));
}

TEST_F(ClientContract, AnAnswerOfTheWrongLengthCountsAsAnUnknownOutcome) {
    int calls = 0;
    kinesis->answer_with = [&](const auto& records) -> FakeKinesis::Result {
        return FakeKinesis::all_stored(calls++ == 0 ? 7 : records.size());
    };
    auto dispatch = get_dispatch(options());
    EXPECT_TRUE(dispatch("t").get().may_be_duplicate);
    EXPECT_THAT(log.all(), AllOf(HasSubstr("7 entries for 1 record"), Not(HasSubstr("1 records"))));
}

TEST_F(ClientContract, AnswersMayComeFromAnyThread) {
    class Detached : public FakeKinesis {
      public:
        void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
            std::thread([count = request.records.size(), done = std::move(done)] {
                done(all_stored(count));
            }).detach();
        }
    };
    DispatchOptions on_detached = options();
    on_detached.kinesis_client = std::make_shared<Detached>();
    auto dispatch = get_dispatch(on_detached);
    for (int i = 0; i < 1000; ++i) dispatch("t", json("1"));
    EXPECT_EQ(dispatch.flush(60s)->published, 1000U);
}

TEST_F(ClientContract, AnAdapterServesSynchronousFunctions) {
    std::atomic<int> under_way{0};
    std::atomic<int> most{0};
    std::atomic<int> calls{0};
    auto client = synchronous_kinesis(
        [&](const PutRecordsRequest& request) -> FakeKinesis::Result {
            const int now = ++under_way;
            most = std::max(most.load(), now);
            std::this_thread::sleep_for(1ms);
            --under_way;
            if (calls++ == 0) throw std::runtime_error("first time unlucky");
            return FakeKinesis::all_stored(request.records.size());
        },
        3);
    DispatchOptions on_adapter = options();
    on_adapter.kinesis_client = std::move(client);
    on_adapter.linger = 0ms;
    auto dispatch = get_dispatch(on_adapter);
    for (int i = 0; i < 100; ++i) dispatch("t");
    EXPECT_EQ(dispatch.flush(60s)->published, 100U);
    EXPECT_LE(most, 3);
}

}  // namespace
}  // namespace lk
