#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/must_not_wait.hpp"
#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using namespace std::chrono_literals;

void store_all(ScriptedConnection& connection) {
    while (connection.read_request()) connection.answer(200, "stored");
}

// Acts in its turns, on whichever thread they are.
class Actor : public Loop::Participant {
  public:
    explicit Actor(std::function<TimePoint(TimePoint)> act) : act_(std::move(act)) {}
    TimePoint turn(TimePoint now) override { return act_(now); }

  private:
    std::function<TimePoint(TimePoint)> act_;
};

bool on(std::thread::id thread) {
    return std::this_thread::get_id() == thread;
}

class Guest : public testing::Test {
  protected:
    // Lets go of what the function refers to when it ends.
    class Attached {
      public:
        Attached(std::shared_ptr<Loop> loop, std::function<TimePoint(TimePoint)> act)
            : loop_(std::move(loop)), actor_(std::make_shared<Actor>(std::move(act))) {
            loop_->attach(actor_);
        }
        ~Attached() { loop_->detach_and_wait(actor_.get()); }
        Attached(const Attached&) = delete;
        Attached& operator=(const Attached&) = delete;

      private:
        std::shared_ptr<Loop> loop_;
        std::shared_ptr<Actor> actor_;
    };

    // A guest is let in where nobody drives, which nobody can wait for: asks until it was.
    template <class Over>
    void drive(const Over& over) {
        while (!over()) {
            loop_->wake();
            loop_->drive_until(over);
        }
    }

    [[nodiscard]] Request request_to(const ScriptedServer& server) const {
        Request request = poster_.request_to(server.url());
        request.body = {&body_, 1};
        request.body_bytes = body_.size();
        return request;
    }

    const std::string_view body_ = "body";
    Poster poster_;
    std::shared_ptr<Loop> loop_ = poster_.transport().loop();
    const std::thread::id here_ = std::this_thread::get_id();
};

TEST_F(Guest, DrivesTheLoopOnItsOwnThread) {
    std::atomic<bool> turned{false};
    const Attached attached(loop_, [&](TimePoint) {
        if (on(here_)) turned = true;
        return never;
    });
    drive([&] { return turned.load(); });
}

TEST_F(Guest, IsOnTheLoopsThreadAndMayNotWaitThereWhileItDrives) {
    std::atomic<bool> turned{false};
    const Attached attached(loop_, [&](TimePoint) {
        if (!on(here_)) return never;
        EXPECT_TRUE(loop_->on_loop_thread());
        EXPECT_TRUE(MustNotWait::here());
        turned = true;
        return never;
    });
    drive([&] { return turned.load(); });
    EXPECT_FALSE(loop_->on_loop_thread());
    EXPECT_FALSE(MustNotWait::here());
}

TEST_F(Guest, SendsARequestAndTakesItsAnswer) {
    ScriptedServer server(&store_all);
    std::atomic<bool> posted{false};
    std::atomic<bool> answered{false};
    std::atomic<bool> answered_here{false};
    const Attached attached(loop_, [&](TimePoint) {
        if (on(here_) && !posted.exchange(true)) {
            poster_.transport().post(request_to(server), [&](Expected<Answer, NoAnswer> came) {
                EXPECT_TRUE(came.has_value());
                answered_here = on(here_);
                answered = true;
            });
        }
        return never;
    });
    drive([&] { return answered.load(); });
    EXPECT_TRUE(answered_here);
}

TEST_F(Guest, WhoLeavesEarlyLeavesTheRequestToTheLoopsThread) {
    std::latch read(1);
    std::latch go_on(1);
    ScriptedServer server([&](ScriptedConnection& connection) {
        connection.read_request();
        read.count_down();
        go_on.wait();
        connection.answer(200, "stored");
    });
    std::atomic<bool> posted{false};
    // Shared, as the loop may still be leaving set_value() when this thread has gone on.
    const auto answered_by = std::make_shared<std::promise<std::thread::id>>();
    const Attached attached(loop_, [&](TimePoint) {
        if (on(here_) && !posted) {
            poster_.transport().post(request_to(server), [=](Expected<Answer, NoAnswer> came) {
                EXPECT_TRUE(came.has_value());
                answered_by->set_value(std::this_thread::get_id());
            });
            posted = true;
        }
        return never;
    });
    drive([&] { return posted.load(); });
    read.wait();
    go_on.count_down();
    EXPECT_NE(answered_by->get_future().get(), here_);
}

TEST_F(Guest, LeavesItsTimesToTheLoopsThread) {
    std::atomic<bool> asked{false};
    std::atomic<bool> called{false};
    const Attached attached(loop_, [&](TimePoint now) {
        if (on(here_)) {
            asked = true;
        } else if (asked) {
            called = true;
            called.notify_all();
        }
        return asked && !called ? now + 5ms : never;
    });
    drive([&] { return asked.load(); });
    called.wait(false);
}

TEST_F(Guest, LeavesAtTheLoadThatTheLoopsThreadIsFor) {
    std::latch go_on(1);
    ScriptedServer server([&](ScriptedConnection& connection) {
        while (connection.read_request()) {
            go_on.wait();
            connection.answer(200, "stored");
        }
    });
    std::atomic<bool> posted{false};
    const auto answered = std::make_shared<std::latch>(2);
    const Attached attached(loop_, [&](TimePoint) {
        if (on(here_) && !posted.exchange(true)) {
            for (int i = 0; i < 2; ++i) {
                poster_.transport().post(request_to(server), [=](Expected<Answer, NoAnswer> came) {
                    EXPECT_TRUE(came.has_value());
                    answered->count_down();
                });
            }
        }
        return never;
    });
    while (!posted) {
        loop_->wake();
        loop_->drive_until([&] { return false; });
    }
    go_on.count_down();
    answered->wait();
}

TEST_F(Guest, IsNotLetInWhileTheLoopsThreadDrives) {
    std::latch inside(1);
    std::latch go_on(1);
    const Attached attached(loop_, [&, first = true](TimePoint) mutable {
        if (std::exchange(first, false)) {
            inside.count_down();
            go_on.wait();
        }
        return never;
    });
    inside.wait();
    bool let_in = false;
    loop_->drive_until([&] {
        let_in = true;
        return true;
    });
    EXPECT_FALSE(let_in);
    go_on.count_down();
}

// Nothing is sent but on a wake-up, with no time-out to help: one that is lost hangs the test.
TEST_F(Guest, LosesNoWakeUpHoweverOftenTheSeatChangesHands) {
    constexpr int threads = 4;
    constexpr int each = 3'000;
    std::atomic<int> waiting{0};
    std::atomic<int> taken{0};
    std::atomic<int> inside{0};
    const Attached attached(loop_, [&](TimePoint) {
        EXPECT_EQ(inside.fetch_add(1), 0) << "two drive at the same time";
        taken += waiting.exchange(0);
        taken.notify_all();
        --inside;
        return never;
    });
    std::vector<std::thread> givers;
    for (int i = 0; i < threads; ++i) {
        givers.emplace_back([&, drives = i % 2 == 0] {
            for (int n = 0; n < each; ++n) {
                const int before = taken;
                ++waiting;
                loop_->wake();
                if (drives) loop_->drive_until([&] { return taken != before; });
            }
        });
    }
    for (int seen = 0; seen < threads * each; seen = taken) taken.wait(seen);
    for (auto& giver : givers) giver.join();
    EXPECT_EQ(taken, threads * each);
}

TEST_F(Guest, MayBeTheLoopsLastOwner) {
    std::shared_ptr<Transport> transport = curl_transport({.own_loop = true});
    std::shared_ptr<Loop> loop = transport->loop();
    std::atomic<bool> dropped{false};
    loop->attach(std::make_shared<Actor>([&](TimePoint) {
        if (on(here_)) {
            transport.reset();
            dropped = true;
        }
        return never;
    }));
    while (!dropped) {
        loop->wake();
        loop->drive_until([&] { return dropped.load(); });
    }
    const std::weak_ptr<Loop> gone = loop;
    loop.reset();
    EXPECT_TRUE(gone.expired());
}

TEST_F(Guest, LeavesTheSignalsOfItsThreadAsTheyWere) {
    sigset_t before;
    sigset_t within;
    sigset_t after;
    pthread_sigmask(SIG_BLOCK, nullptr, &before);
    std::atomic<bool> turned{false};
    const Attached attached(loop_, [&](TimePoint) {
        if (!on(here_) || turned) return never;
        pthread_sigmask(SIG_BLOCK, nullptr, &within);
        // As a write to a connection that the far end has closed raises it. It would end the test.
        raise(SIGPIPE);
        turned = true;
        return never;
    });
    drive([&] { return turned.load(); });
    pthread_sigmask(SIG_BLOCK, nullptr, &after);
    EXPECT_EQ(sigismember(&before, SIGPIPE), 0);
    EXPECT_EQ(sigismember(&within, SIGPIPE), 1);
    EXPECT_EQ(sigismember(&within, SIGINT), sigismember(&before, SIGINT));
    EXPECT_EQ(sigismember(&after, SIGPIPE), 0);
}

TEST_F(Guest, AChildForkedInItsTurnLeavesTheLoopToTheParent) {
    std::atomic<bool> turned{false};
    pid_t child = -1;
    const Attached attached(loop_, [&](TimePoint) {
        if (!on(here_) || turned) return never;
        child = fork();
        turned = true;
        return never;
    });
    while (!turned) {
        loop_->wake();
        loop_->drive_until([&] { return turned.load(); });
    }
    if (child == 0) _exit(!MustNotWait::here() && loop_->inherited() ? 0 : 1);
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ScriptedServer server(&store_all);
    EXPECT_TRUE(poster_.post(server.url(), "after").has_value());
}

}  // namespace
}  // namespace lk::http
