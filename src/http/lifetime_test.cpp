#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

#include "http/curl_loop.hpp"
#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using testing::HasSubstr;

const std::string_view body = "body";

Request request_to(const std::string& url) {
    Request request = Poster(nullptr).request_to(url);
    request.body = {&body, 1};
    request.body_bytes = body.size();
    return request;
}

// Tells the test when a whole request is there, and never answers it.
class SilentServer {
  public:
    explicit SilentServer(std::ptrdiff_t requests) : read_(requests) {}

    void wait_until_read() { read_.wait(); }
    [[nodiscard]] std::string url() const { return server_.url(); }

  private:
    std::latch read_;
    ScriptedServer server_{[this](ScriptedConnection& connection) {
        if (connection.read_request()) read_.count_down();
        connection.wait_for_more();
    }};
};

TEST(TransportLifetime, ItsDestructorEndsWhatIsUnderWay) {
    SilentServer server(3);
    auto transport = curl_transport({});
    std::atomic<int> ended{0};
    std::vector<NoAnswer> outcomes(3);
    for (NoAnswer& outcome : outcomes) {
        transport->post(request_to(server.url()), [&](Expected<Answer, NoAnswer> came) {
            if (!came) outcome = came.error();
            ++ended;
        });
    }
    server.wait_until_read();
    transport.reset();
    ASSERT_EQ(ended, 3);
    for (const NoAnswer& outcome : outcomes) {
        EXPECT_TRUE(outcome.may_have_been_sent);
        EXPECT_THAT(outcome.message, HasSubstr("destroyed before 127.0.0.1:"));
    }
}

TEST(TransportLifetime, WhatWasNotBegunYetIsCertainlyNotSent) {
    // Holds the loop up until a request was posted, and then ends its transport.
    class Ender : public Loop::Participant {
      public:
        TimePoint turn(TimePoint) override {
            held.count_down();
            go_on.wait();
            transport.reset();
            return never;
        }
        std::shared_ptr<Transport> transport = curl_transport({});
        std::latch held{1};
        std::latch go_on{1};
    };
    const auto ender = std::make_shared<Ender>();
    Transport& borrowed = *ender->transport;
    borrowed.loop()->attach(ender);
    ender->held.wait();
    std::promise<NoAnswer> outcome;
    borrowed.post(request_to("http://127.0.0.1:1/"),
                  [&](Expected<Answer, NoAnswer> came) { outcome.set_value(came.error()); });
    ender->go_on.count_down();
    EXPECT_FALSE(outcome.get_future().get().may_have_been_sent);
}

TEST(TransportLifetime, MayEndInsideItsOwnCallback) {
    SilentServer silent(2);
    ScriptedServer answering([&](ScriptedConnection& connection) {
        connection.read_request();
        silent.wait_until_read();
        connection.answer(200, "stored");
    });
    auto transport = curl_transport({});
    std::latch all(3);
    std::atomic<int> unanswered{0};
    for (int i = 0; i < 2; ++i) {
        transport->post(request_to(silent.url()), [&](const Expected<Answer, NoAnswer>& came) {
            unanswered += !came.has_value();
            all.count_down();
        });
    }
    Transport& borrowed = *transport;
    auto last_owner = std::make_shared<std::shared_ptr<Transport>>();
    std::promise<void> handed_over;
    borrowed.post(request_to(answering.url()),
                  [&, last_owner](const Expected<Answer, NoAnswer>& came) {
                      EXPECT_TRUE(came.has_value());
                      handed_over.get_future().wait();
                      last_owner->reset();
                      EXPECT_EQ(unanswered, 2);
                      all.count_down();
                  });
    *last_owner = std::move(transport);
    handed_over.set_value();
    all.wait();
}

TEST(TransportLifetime, ItsLoopLivesOnForThoseWhoTakePart) {
    class Counter : public Loop::Participant {
      public:
        TimePoint turn(TimePoint) override {
            ++turns;
            turns.notify_all();
            return never;
        }
        std::atomic<int> turns{0};
    };
    auto transport = curl_transport({});
    const std::shared_ptr<Loop> loop = transport->loop();
    const auto counter = std::make_shared<Counter>();
    loop->attach(counter);
    counter->turns.wait(0);
    transport.reset();
    const int before = counter->turns;
    loop->wake();
    counter->turns.wait(before);
    EXPECT_GT(counter->turns, before);
}

TEST(TransportLifetime, AParticipantMayBeTheLastOwnerOfTheLoop) {
    class LastOwner : public Loop::Participant {
      public:
        TimePoint turn(TimePoint) override {
            // Perhaps not the only round: where attach() is slow to let go of the loop.
            if (transport == nullptr) return never;
            transport.reset();
            ended.count_down();
            return never;
        }
        std::shared_ptr<Transport> transport;
        std::latch ended{1};
    };
    const auto participant = std::make_shared<LastOwner>();
    participant->transport = curl_transport({});
    Transport& borrowed = *participant->transport;
    borrowed.loop()->attach(participant);
    participant->ended.wait();
}

// Takes rounds without a pause until it is told that there is nothing more to do.
class Restless : public Loop::Participant {
  public:
    TimePoint turn(TimePoint now) override {
        ++turns;
        turns.notify_all();
        return calm ? never : now;
    }
    std::atomic<int> turns{0};
    std::atomic<bool> calm{false};
};

// That its thread is to end reaches it also where a round is just about to begin. Hours of a slow
// machine would not make it more certain.
TEST(TransportLifetime, ALoopEndsAtAnyMoment) {
    const TimePoint enough = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    for (int i = 0; i < 3'000 && std::chrono::steady_clock::now() < enough; ++i) {
        const auto participant = std::make_shared<Restless>();
        CurlLoop loop({});
        loop.attach(participant);
        participant->turns.wait(0);
        participant->calm = true;
    }
}

TEST(TransportLifetime, AnExceptionOutOfACallbackEndsNothing) {
    ScriptedServer server([](ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    });
    Poster poster;
    poster.transport().post(request_to(server.url()), [](const Expected<Answer, NoAnswer>&) {
        throw std::runtime_error("out of a callback");
    });
    EXPECT_TRUE(poster.post(server.url(), "after it").has_value());
}

}  // namespace
}  // namespace lk::http
