#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "http/freeze_watch.hpp"
#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using namespace std::chrono_literals;

// The monotonic clock goes on as it does; the others are moved against it by the test.
struct TestClocks {
    std::atomic<Duration> boottime_ahead{0s};
    std::atomic<Duration> realtime_ahead{0s};

    ReadClocks reader() {
        return [this] {
            const Duration now = std::chrono::steady_clock::now().time_since_epoch();
            return Clocks{now, now + boottime_ahead.load(), now + realtime_ahead.load()};
        };
    }
};

TEST(FreezeWatch, SeesAClockThatMovedAgainstTheMonotonicOneOnce) {
    for (const Duration jump : {Duration(3s), Duration(-3s), Duration(240h)}) {
        TestClocks clocks;
        FreezeWatch watch(clocks.reader());
        EXPECT_FALSE(watch.thawed());
        clocks.realtime_ahead = jump;
        EXPECT_TRUE(watch.thawed());
        EXPECT_FALSE(watch.thawed());
        clocks.boottime_ahead = jump;
        EXPECT_TRUE(watch.thawed());
        EXPECT_FALSE(watch.thawed());
    }
}

TEST(FreezeWatch, TakesASmallCorrectionOfTheClockForNoFreeze) {
    TestClocks clocks;
    FreezeWatch watch(clocks.reader());
    clocks.realtime_ahead = 1500ms;
    EXPECT_FALSE(watch.thawed());
}

TEST(FreezeWatch, SeesASleepFarLongerThanWasAskedFor) {
    Clocks now;
    FreezeWatch watch([&] { return now; });
    const auto sleep = [&](Duration asked, Duration slept) {
        watch.falls_asleep(asked);
        now.monotonic += slept;
        now.boottime += slept;
        now.realtime += slept;
        watch.wakes_up();
        return watch.thawed();
    };
    EXPECT_FALSE(sleep(100h, 100h));
    EXPECT_FALSE(sleep(1s, 5s)) << "as on a busy machine";
    EXPECT_TRUE(sleep(1s, 12s));
    EXPECT_FALSE(sleep(1s, 1s));
}

TEST(FreezeWatch, TheSystemsClocksAgree) {
    FreezeWatch watch({});
    EXPECT_FALSE(watch.thawed());
}

class AfterAFreeze : public testing::Test {
  protected:
    TestClocks clocks_;
    // Answers each request with its connection's number; those that ask it to wait, later.
    std::latch waiting_{1};
    std::latch go_on_{1};
    ScriptedServer server_{[this](ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            if (request->body == "wait") {
                waiting_.count_down();
                go_on_.wait();
            }
            connection.answer(200, std::to_string(connection.number()));
        }
    }};
    Poster poster_{curl_transport({.read_clocks = clocks_.reader()})};
};

TEST_F(AfterAFreeze, TheNextRequestGoesOverANewConnection) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(poster_.post(server_.url(), "body"));
    ASSERT_EQ(server_.connections(), 1U);
    clocks_.realtime_ahead = 60s;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(poster_.post(server_.url(), "body"));
    EXPECT_EQ(server_.connections(), 2U) << "and only the next one opens one";
    clocks_.boottime_ahead = 3s;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(poster_.post(server_.url(), "body"));
    EXPECT_EQ(server_.connections(), 3U);
}

TEST_F(AfterAFreeze, IdleConnectionsAreLeftAloneThoughARequestIsUnderWay) {
    std::thread slow([&] { EXPECT_TRUE(poster_.post(server_.url(), "wait")); });
    waiting_.wait();
    ASSERT_TRUE(poster_.post(server_.url(), "body"));
    ASSERT_TRUE(poster_.post(server_.url(), "body"));
    ASSERT_EQ(server_.connections(), 2U) << "one waits, one is idle";
    clocks_.realtime_ahead = 60s;
    ASSERT_TRUE(poster_.post(server_.url(), "body"));
    EXPECT_EQ(server_.connections(), 3U);
    // The one under way is not disturbed; once it is over everything starts anew.
    go_on_.count_down();
    slow.join();
    ASSERT_TRUE(poster_.post(server_.url(), "body"));
    EXPECT_EQ(server_.connections(), 4U);
    ASSERT_TRUE(poster_.post(server_.url(), "body"));
    EXPECT_EQ(server_.connections(), 4U);
}

TEST_F(AfterAFreeze, OnlyConnectionsFromBeforeItAreLeftAloneForAsLongAsARequestIsUnderWay) {
    std::thread slow([&] { EXPECT_TRUE(poster_.post(server_.url(), "wait")); });
    waiting_.wait();
    ASSERT_EQ(poster_.post(server_.url(), "body")->body, "1");
    clocks_.realtime_ahead = 60s;
    ASSERT_EQ(poster_.post(server_.url(), "body")->body, "2");
    // By now libcurl's count of whole seconds tells them apart.
    std::this_thread::sleep_for(3500ms);
    for (int i = 0; i < 20; ++i) EXPECT_GE(poster_.post(server_.url(), "body")->body, "2");
    EXPECT_LE(server_.connections(), 5U);
    go_on_.count_down();
    slow.join();
}

}  // namespace
}  // namespace lk::http
