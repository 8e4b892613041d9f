#include <atomic>
#include <cstdlib>
#include <thread>

#include "fixture.hpp"

namespace lk {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

using Trouble = DispatchTest;

TEST_F(Trouble, DeadlinesOfAnyLengthAreTaken) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    dispatch("t");
    for (const milliseconds none : {0ms, -1ms, milliseconds::min()}) {
        EXPECT_EQ(dispatch.flush(none)->timed_out, 1U);
    }
    kinesis->release();
    EXPECT_EQ(dispatch.flush(milliseconds::max())->published, 1U);
    dispatch("t");
    EXPECT_EQ(dispatch.close(milliseconds::max())->published, 1U);
    EXPECT_EQ(dispatch.close(milliseconds::min())->published, 0U);
}

TEST_F(Trouble, CloseWithoutTimeFailsTheRestAtOnce) {
    for (const milliseconds none : {0ms, -1ms, milliseconds::min()}) {
        kinesis->hold();
        auto dispatch = get_dispatch(options());
        Published published = dispatch("t");
        EXPECT_TRUE(dispatch.close(none));
        EXPECT_EQ(published.wait().error().code, ErrorCode::not_in_time);
        kinesis->release();
    }
}

TEST_F(Trouble, AClientThatBlocksItsThreadDoesNotHoldAFlushFarPastItsDeadline) {
    class Blocking : public FakeKinesis {
      public:
        void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
            entered = true;
            released.wait(false);
            FakeKinesis::put_records(request, std::move(done));
        }
        std::atomic<bool> entered{false};
        std::atomic<bool> released{false};
    };
    auto blocking = std::make_shared<Blocking>();
    DispatchOptions on_blocking = options();
    on_blocking.kinesis_client = blocking;
    auto dispatch = get_dispatch(on_blocking);
    Published published = dispatch("t");
    while (!blocking->entered) std::this_thread::yield();
    const auto start = steady_clock::now();
    const auto counts = dispatch.flush(100ms);
    EXPECT_LT(steady_clock::now() - start, 20s);
    ASSERT_FALSE(counts);
    EXPECT_EQ(counts.error().code, ErrorCode::client_failed);
    EXPECT_THAT(counts.error().message, HasSubstr("held up"));
    blocking->released = true;
    blocking->released.notify_all();
    EXPECT_TRUE(published.wait());
}

// A client that answers questions about the stream as a test says.
class Asked : public FakeKinesis {
  public:
    std::function<void(int, DescribeDone)> describe;
    void describe_stream_summary(std::string_view, DescribeDone done) override {
        describe(++asked, std::move(done));
    }
    std::atomic<int> asked{0};
};

class Questions : public Trouble {
  protected:
    // A record that waits for the stream's limit.
    Outcome put_large() {
        DispatchOptions on_asked = options();
        on_asked.kinesis_client = client;
        auto dispatch = get_dispatch(on_asked);
        return dispatch.record(std::string(2 * 1024 * 1024, 'x')).wait();
    }
    static StreamSummary summary() {
        StreamSummary told;
        told.max_record_bytes = 4 * 1024 * 1024;
        return told;
    }
    std::shared_ptr<Asked> client = std::make_shared<Asked>();
};

TEST_F(Questions, ASecondAnswerIsIgnored) {
    client->describe = [](int, DescribeDone done) {
        done(summary());
        done(Failure{FailureClass::final, ErrorCode::service, {}, "second thoughts", false});
    };
    EXPECT_TRUE(put_large());
    EXPECT_THAT(log.all(), ::testing::Not(HasSubstr("second thoughts")));
}

TEST_F(Questions, AQuestionThatWasDroppedIsAskedAgain) {
    client->describe = [](int number, const DescribeDone& done) {
        if (number > 1) done(summary());
    };
    EXPECT_TRUE(put_large());
    EXPECT_EQ(client->asked, 2);
    EXPECT_THAT(log.all(), HasSubstr("dropped"));
}

TEST_F(Questions, AnExceptionCountsAsAnAnswer) {
    for (const bool standard : {true, false}) {
        client->describe = [&](int, const DescribeDone&) {
            if (standard) throw std::runtime_error("out of order");
            throw 42;
        };
        EXPECT_TRUE(put_large()) << "it is sent alone";
    }
    EXPECT_THAT(log.all(), HasSubstr("out of order"));
}

// Destructors of static and of thread_local objects may dispatch, too.
struct LastWords {
    explicit LastWords(Dispatch& by) : dispatch(by) {}
    ~LastWords() { said = dispatch("last words", json("[1]")).wait() ? 1 : 2; }
    Dispatch& dispatch;
    static std::atomic<int> said;
};
std::atomic<int> LastWords::said{0};

TEST_F(Trouble, AThreadLocalsDestructorMayDispatch) {
    auto dispatch = get_dispatch(options());
    std::thread([&] {
        thread_local LastWords words(dispatch);
        static_cast<void>(words);
        // The library's own thread_local is made after, and so ends before.
        EXPECT_TRUE(dispatch("t").wait());
    }).join();
    EXPECT_EQ(LastWords::said, 1);
}

using TroubleDeathTest = Trouble;

struct DispatchesAtExit {
    explicit DispatchesAtExit(Dispatch made) : dispatch(std::move(made)) {}
    ~DispatchesAtExit() {
        if (!dispatch("at exit", json("[1]")).wait()) std::_Exit(3);
        if (dispatch.flush(60s)->published != 2) std::_Exit(4);
    }
    Dispatch dispatch;
};

TEST_F(TroubleDeathTest, AStaticsDestructorMayDispatch) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            static DispatchesAtExit at_exit(get_dispatch(
                {.kinesis_client = kinesis, .kinesis_stream = "s", .producer_id = "p"}));
            if (!at_exit.dispatch("t").wait()) std::_Exit(2);
            std::exit(0);
        },
        ::testing::ExitedWithCode(0), "");
}

// The price of order: one round trip, one event of a key.
TEST_F(Trouble, AKeysEventsGoOneARoundTrip) {
    constexpr auto round_trip = 10ms;
    auto client = synchronous_kinesis([&](const PutRecordsRequest& request) -> FakeKinesis::Result {
        std::this_thread::sleep_for(round_trip);
        return FakeKinesis::all_stored(request.records.size());
    });
    DispatchOptions on_client = options();
    on_client.kinesis_client = client;
    auto dispatch = get_dispatch(on_client);
    const auto start = steady_clock::now();
    constexpr int events = 50;
    for (int i = 0; i < events; ++i) dispatch("t", {}, {.partition_key = "k"});
    EXPECT_EQ(dispatch.flush(60s)->published, std::uint64_t{events});
    const std::chrono::duration<double> took = steady_clock::now() - start;
    EXPECT_GE(took, round_trip * events);
    RecordProperty("events_a_second", std::to_string(events / took.count()));
    std::printf("one key, 10 ms a round trip: %.0f events/s\n", events / took.count());
}

}  // namespace
}  // namespace lk
