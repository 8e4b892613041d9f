#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <semaphore>

#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The bodies that a server received whole, in order.
class ReceivedBodies {
  public:
    void add(const std::string& body) {
        const std::lock_guard lock(mutex_);
        bodies_.push_back(body);
    }
    std::vector<std::string> all() {
        const std::lock_guard lock(mutex_);
        return bodies_;
    }

  private:
    std::mutex mutex_;
    std::vector<std::string> bodies_;
};

// libcurl by itself would send "second" again on a fresh connection.
TEST(ExactlyOnce, AReusedConnectionThatEndsAfterTheBodyWasReadLeavesTheOutcomeUnknown) {
    ReceivedBodies received;
    ScriptedServer server([&](ScriptedConnection& connection) {
        const auto first = connection.read_request();
        if (!first) return;
        received.add(first->body);
        connection.answer(200, "stored");
        if (connection.number() > 0) return;
        if (const auto second = connection.read_request()) received.add(second->body);
    });
    Poster poster;
    ASSERT_TRUE(poster.post(server.url(), "first").has_value());
    const auto second = poster.post(server.url(), "second");
    ASSERT_FALSE(second.has_value());
    EXPECT_TRUE(second.error().may_have_been_sent);
    EXPECT_THAT(second.error().message, HasSubstr("not sent twice"));
    ASSERT_TRUE(poster.post(server.url(), "third").has_value());
    EXPECT_THAT(received.all(), ElementsAre("first", "second", "third"));
}

TEST(ExactlyOnce, SoDoesAReset) {
    ReceivedBodies received;
    ScriptedServer server([&](ScriptedConnection& connection) {
        const auto first = connection.read_request();
        if (!first) return;
        received.add(first->body);
        connection.answer(200, "stored");
        if (connection.number() > 0) return;
        connection.reset_at_end();
        if (const auto second = connection.read_request()) received.add(second->body);
    });
    Poster poster;
    ASSERT_TRUE(poster.post(server.url(), "first").has_value());
    const auto second = poster.post(server.url(), "second");
    ASSERT_FALSE(second.has_value());
    EXPECT_TRUE(second.error().may_have_been_sent);
    ASSERT_TRUE(poster.post(server.url(), "third").has_value());
    EXPECT_THAT(received.all(), ElementsAre("first", "second", "third"));
}

TEST(ExactlyOnce, AFreshConnectionThatEndsAfterTheBodyWasReadDoesToo) {
    ReceivedBodies received;
    ScriptedServer server([&](ScriptedConnection& connection) {
        if (const auto only = connection.read_request()) received.add(only->body);
    });
    const auto answer = Poster().post(server.url(), "only");
    ASSERT_FALSE(answer.has_value());
    EXPECT_TRUE(answer.error().may_have_been_sent);
    EXPECT_THAT(received.all(), ElementsAre("only"));
    EXPECT_EQ(server.connections(), 1U);
}

TEST(ExactlyOnce, ABodyThatWasHalfSentOnAReusedConnectionIsNotSentAgain) {
    std::atomic<int> heads{0};
    ScriptedServer server([&](ScriptedConnection& connection) {
        if (connection.number() == 0) {
            connection.read_request();
            connection.answer(200, "stored");
        }
        // Of the second request the head and a little more is read, wherever it comes.
        if (connection.read_head()) ++heads;
        connection.wait_for_more();
        connection.reset_at_end();
    });
    Poster poster;
    ASSERT_TRUE(poster.post(server.url(), "first").has_value());
    const auto second = poster.post(server.url(), std::string(64 * 1024 * 1024, 'x'));
    ASSERT_FALSE(second.has_value());
    EXPECT_FALSE(second.error().may_have_been_sent) << second.error().message;
    EXPECT_EQ(heads, 1);
}

TEST(ExactlyOnce, AnIdleConnectionThatTheServerClosedIsReplacedUnnoticed) {
    ReceivedBodies received;
    std::counting_semaphore<> closed(0);
    ScriptedServer server([&](ScriptedConnection& connection) {
        if (const auto request = connection.read_request()) {
            received.add(request->body);
            connection.answer(200, "stored");
            connection.close();
            closed.release();
        }
    });
    Poster poster;
    ASSERT_TRUE(poster.post(server.url(), "first").has_value());
    closed.acquire();
    ASSERT_TRUE(poster.post(server.url(), "second").has_value());
    EXPECT_THAT(received.all(), ElementsAre("first", "second"));
    EXPECT_EQ(server.connections(), 2U);
}

// The server closes at a moment of its own choosing, sometimes while the next request is on its
// way: whatever the client is told must agree with what the server has.
TEST(ExactlyOnce, WhateverTheRaceNoBodyArrivesTwiceAndNoneThatIsCalledUnsentArrives) {
    ReceivedBodies received;
    ScriptedServer server([&](ScriptedConnection& connection) {
        for (std::size_t i = 0; i <= connection.number() % 3; ++i) {
            const auto request = connection.read_request();
            if (!request) return;
            received.add(request->body);
            connection.answer(200, "stored");
        }
    });
    Poster poster;
    std::vector<std::string> must_be_there;
    std::vector<std::string> must_not_be_there;
    for (int i = 0; i < 500; ++i) {
        const std::string body = "body " + std::to_string(i);
        const auto answer = poster.post(server.url(), body);
        if (answer) must_be_there.push_back(body);
        if (!answer && !answer.error().may_have_been_sent) must_not_be_there.push_back(body);
    }
    const auto all = received.all();
    const auto times_received = [&](const std::string& body) {
        return std::count(all.begin(), all.end(), body);
    };
    for (const std::string& body : must_be_there) EXPECT_EQ(times_received(body), 1) << body;
    for (const std::string& body : must_not_be_there) EXPECT_EQ(times_received(body), 0) << body;
    for (const std::string& body : all) EXPECT_EQ(times_received(body), 1) << body;
}

}  // namespace
}  // namespace lk::http
