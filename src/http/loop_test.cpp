#include <gtest/gtest.h>

#include <latch>
#include <semaphore>
#include <thread>

#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using namespace std::chrono_literals;

class Counter : public Loop::Participant {
  public:
    TimePoint turn(TimePoint now) override {
        ++turns;
        turns.notify_all();
        return again_after == Duration::zero() ? never : now + again_after;
    }
    std::atomic<int> turns{0};
    Duration again_after{};
};

TEST(CurlLoop, SleepsWhileThereIsNothingToDo) {
    ScriptedServer server([](ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    });
    Poster poster;
    const auto counter = std::make_shared<Counter>();
    poster.transport().loop()->attach(counter);
    ASSERT_TRUE(poster.post(server.url(), "body").has_value());
    // An open idle connection is no reason to wake up either.
    std::this_thread::sleep_for(50ms);
    const int before = counter->turns;
    std::this_thread::sleep_for(300ms);
    EXPECT_LE(counter->turns, before + 1);
}

TEST(CurlLoop, SleepsWhileARequestWaitsForItsAnswer) {
    std::latch read(1);
    std::latch answer(1);
    ScriptedServer server([&](ScriptedConnection& connection) {
        connection.read_request();
        read.count_down();
        answer.wait();
        connection.answer(200, "stored");
    });
    Poster poster;
    const auto counter = std::make_shared<Counter>();
    poster.transport().loop()->attach(counter);
    std::thread client([&] { EXPECT_TRUE(poster.post(server.url(), "body").has_value()); });
    read.wait();
    std::this_thread::sleep_for(50ms);
    const int before = counter->turns;
    std::this_thread::sleep_for(300ms);
    // libcurl looks at a connection once in a while; it must not spin.
    EXPECT_LE(counter->turns, before + 5);
    answer.count_down();
    client.join();
}

// Asks for an act in its first turn, and that one for another.
class Actor : public Loop::Participant {
  public:
    Actor(Transport& transport, std::latch& acted) : transport_(transport), acted_(acted) {}
    TimePoint turn(TimePoint) override {
        if (!seen.empty()) return never;
        transport_.after_turns([this] {
            seen.emplace_back("act");
            transport_.after_turns([this] {
                seen.emplace_back("its own");
                acted_.count_down();
            });
        });
        seen.emplace_back("turn");
        return never;
    }
    std::vector<std::string> seen;

  private:
    Transport& transport_;
    std::latch& acted_;
};

// Nobody wakes it meanwhile: an act that waited for the next round would hang the test.
TEST(CurlLoop, ActsAfterTheTurnsAndBeforeItSleeps) {
    std::latch acted(1);
    const auto transport = curl_transport({.own_loop = true});
    const auto actor = std::make_shared<Actor>(*transport, acted);
    transport->loop()->attach(actor);
    acted.wait();
    transport->loop()->detach_and_wait(actor.get());
    EXPECT_EQ(actor->seen, (std::vector<std::string>{"turn", "act", "its own"}));
}

TEST(CurlLoop, ActsForTheAnswerOfARequestBeforeItSleeps) {
    ScriptedServer server([](ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    });
    const std::string_view body = "body";
    // Outlives the loop, which may still be leaving count_down() when this thread goes on.
    std::latch acted(1);
    const auto transport = curl_transport({.own_loop = true});
    transport->post({.url = server.url(), .body = {&body, 1}, .body_bytes = body.size()},
                    [&](const auto&) { transport->after_turns([&] { acted.count_down(); }); });
    acted.wait();
}

TEST(CurlLoop, TurnsAgainAtTheMomentAskedFor) {
    const auto transport = curl_transport({});
    const auto counter = std::make_shared<Counter>();
    counter->again_after = 1ms;
    transport->loop()->attach(counter);
    for (int seen = 0; seen < 5; seen = counter->turns) counter->turns.wait(seen);
}

TEST(CurlLoop, LosesNoWakeUp) {
    // Each side waits for the other, with no time-out to help: a lost wake-up hangs the test.
    const auto transport = curl_transport({});
    const std::shared_ptr<Loop> loop = transport->loop();
    const auto counter = std::make_shared<Counter>();
    loop->attach(counter);
    counter->turns.wait(0);
    for (int i = 0; i < 20'000; ++i) {
        const int before = counter->turns;
        loop->wake();
        counter->turns.wait(before);
    }
}

TEST(CurlLoop, ManyThreadsWakeItWithoutLosingOne) {
    class Inbox : public Loop::Participant {
      public:
        TimePoint turn(TimePoint) override {
            taken += waiting.exchange(0);
            taken.notify_all();
            return never;
        }
        std::atomic<int> waiting{0};
        std::atomic<int> taken{0};
    };
    constexpr int threads = 4;
    constexpr int each = 5'000;
    const auto transport = curl_transport({});
    const std::shared_ptr<Loop> loop = transport->loop();
    const auto inbox = std::make_shared<Inbox>();
    loop->attach(inbox);
    std::vector<std::thread> givers;
    for (int i = 0; i < threads; ++i) {
        givers.emplace_back([&] {
            for (int n = 0; n < each; ++n) {
                ++inbox->waiting;
                loop->wake();
            }
        });
    }
    for (int taken = 0; taken < threads * each; taken = inbox->taken) inbox->taken.wait(taken);
    for (auto& giver : givers) giver.join();
    EXPECT_EQ(inbox->taken, threads * each);
}

TEST(CurlLoop, KnowsItsOwnThread) {
    ScriptedServer server([](ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    });
    Poster poster;
    const std::shared_ptr<Loop> loop = poster.transport().loop();
    EXPECT_FALSE(loop->on_loop_thread());
    const std::string_view body = "body";
    Request request = poster.request_to(server.url());
    request.body = {&body, 1};
    request.body_bytes = body.size();
    std::promise<bool> in_callback;
    poster.transport().post(request, [&](const Expected<Answer, NoAnswer>&) {
        in_callback.set_value(loop->on_loop_thread());
    });
    EXPECT_TRUE(in_callback.get_future().get());
}

TEST(CurlLoop, ACallbackMayPostTheNextRequest) {
    ScriptedServer server([](ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    });
    Poster poster;
    const std::string_view body = "body";
    std::latch done(100);
    std::function<void(const Expected<Answer, NoAnswer>&)> next;
    const auto post = [&] {
        Request request = poster.request_to(server.url());
        request.body = {&body, 1};
        request.body_bytes = body.size();
        poster.transport().post(std::move(request), next);
    };
    int left = 100;
    next = [&](const Expected<Answer, NoAnswer>& answer) {
        EXPECT_TRUE(answer.has_value());
        if (--left > 0) post();
        done.count_down();
    };
    post();
    done.wait();
    EXPECT_EQ(server.connections(), 1U);
}

TEST(CurlLoop, IsOneForAllTransportsOfTheProcess) {
    const auto one = curl_transport({});
    const auto other = curl_transport({.user_agent = "other"});
    const auto own = curl_transport({.own_loop = true});
    EXPECT_EQ(one->loop(), other->loop());
    EXPECT_NE(one->loop(), own->loop());
}

// A scripted server that holds each answer until it is told to go on.
class Held {
  public:
    std::string url() { return server_.url(); }
    void wait_for_a_request() { read_.wait(); }
    void answer() { answer_.count_down(); }

  private:
    std::latch read_{1};
    std::latch answer_{1};
    ScriptedServer server_{[this](ScriptedConnection& connection) {
        connection.read_request();
        read_.count_down();
        answer_.wait();
        connection.answer(200, "stored");
    }};
};

TEST(CurlLoop, ATransportThatEndsEndsItsOwnRequestsAlone) {
    Held held;
    Held cut;
    Poster stays;
    auto goes = std::make_unique<Poster>();
    std::thread other([&] { EXPECT_TRUE(stays.post(held.url(), "body").has_value()); });
    held.wait_for_a_request();
    const std::string_view body = "body";
    std::promise<bool> answered;
    Request request = goes->request_to(cut.url());
    request.body = {&body, 1};
    request.body_bytes = body.size();
    goes->transport().post(std::move(request), [&](const Expected<Answer, NoAnswer>& answer) {
        answered.set_value(answer.has_value());
    });
    cut.wait_for_a_request();
    goes.reset();
    EXPECT_FALSE(answered.get_future().get());
    cut.answer();
    held.answer();
    other.join();
}

TEST(CurlLoop, TheConnectionsOfATransportThatEndedAreClosed) {
    std::counting_semaphore closed(0);
    ScriptedServer server([&](ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
        closed.release();
    });
    Poster stays;
    const TimePoint start = std::chrono::steady_clock::now();
    {
        Poster goes;
        ASSERT_TRUE(goes.post(server.url(), "body").has_value());
    }
    closed.acquire();
    // Of itself the server closes one of which it has heard nothing for 30 s.
    EXPECT_LT(std::chrono::steady_clock::now() - start, 25s);
    EXPECT_TRUE(stays.post(server.url(), "body").has_value());
    {
        Poster goes;
        ASSERT_TRUE(goes.post(server.url(), "body").has_value());
    }
    closed.acquire();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 25s);
}

}  // namespace
}  // namespace lk::http
