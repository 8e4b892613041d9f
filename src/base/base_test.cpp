#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "base/adopt.hpp"
#include "base/borrowed_thread.hpp"
#include "base/fork.hpp"
#include "base/must_not_wait.hpp"
#include "base/random.hpp"
#include "base/thread_loop.hpp"
#include "base/threads.hpp"

namespace lk {
namespace {

using namespace std::chrono_literals;

TEST(RandomBytes, AChildProcessDrawsOtherBytesThanItsParent) {
    RandomBytes random;
    std::array<std::uint8_t, 16> drawn{};
    random.fill(drawn);
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t child = fork();
    random.fill(drawn);
    if (child == 0) {
        const bool written = write(fds[1], drawn.data(), drawn.size()) == ssize_t{16};
        _exit(written ? 0 : 1);
    }
    std::array<std::uint8_t, 16> of_child{};
    ASSERT_EQ(read(fds[0], of_child.data(), of_child.size()), 16);
    waitpid(child, nullptr, 0);
    EXPECT_NE(drawn, of_child);
}

TEST(RandomBytes, ADrawMayBeLargerThanTheStore) {
    RandomBytes random;
    std::vector<std::uint8_t> drawn(50'000);
    random.fill(drawn);
    EXPECT_LT(std::count(drawn.begin(), drawn.end(), 0), 400);
}

// What a snapshot that is restored twice does to the clock and to the bytes in store: a copy is a
// second process that goes on from the same state.
std::int64_t snapshot_clock_ms = 0;
std::int64_t snapshot_clock() noexcept {
    return snapshot_clock_ms;
}

std::array<std::uint8_t, 16> draw(RandomBytes& random) {
    std::array<std::uint8_t, 16> drawn{};
    random.fill(drawn);
    return drawn;
}

TEST(RandomBytes, TheStoreIsThrownAwayWhenTheClockShowsThatItIsOld) {
    snapshot_clock_ms = 1'000'000;
    RandomBytes random(&snapshot_clock);
    draw(random);
    RandomBytes restored = random;
    snapshot_clock_ms += 1000;
    EXPECT_EQ(draw(random), draw(restored)) << "a copy goes on from the same store";
    snapshot_clock_ms += 1;
    EXPECT_NE(draw(random), draw(restored));
}

TEST(RandomBytes, TheStoreIsThrownAwayWhenTheClockWentBack) {
    snapshot_clock_ms = 1'000'000;
    RandomBytes random(&snapshot_clock);
    draw(random);
    RandomBytes restored = random;
    snapshot_clock_ms -= 1;
    EXPECT_NE(draw(random), draw(restored));
}

TEST(RandomBytes, EveryStoreIsAnother) {
    RandomBytes random;
    std::vector<std::uint8_t> first(std::size_t{16} * 1024);
    std::vector<std::uint8_t> second(std::size_t{16} * 1024);
    random.fill(first);
    random.fill(second);
    EXPECT_NE(first, second);
}

// Runs it in a forked child; true when it gave true there, within minutes.
template <class Body>
bool in_child(const Body& body) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(240);
        _exit(body() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Origin, IsInheritedInAChildAndNowhereElse) {
    const Origin made_here;
    EXPECT_FALSE(made_here.inherited());
    EXPECT_TRUE(in_child([&] { return made_here.inherited() && !Origin().inherited(); }));
    EXPECT_FALSE(made_here.inherited());
}

TEST(MustNotWait, MarksItsThreadWhileItLives) {
    EXPECT_FALSE(MustNotWait::here());
    {
        const MustNotWait outer;
        { const MustNotWait inner; }
        EXPECT_TRUE(MustNotWait::here());
        bool elsewhere = true;
        std::thread([&] { elsewhere = MustNotWait::here(); }).join();
        EXPECT_FALSE(elsewhere);
    }
    EXPECT_FALSE(MustNotWait::here());
}

bool is_pending(int signal) {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, signal) == 1;
}

TEST(BorrowedThread, ABrokenPipeWithinEndsNothing) {
    EXPECT_TRUE(in_child([] {
        std::signal(SIGPIPE, SIG_DFL);
        {
            const BorrowedThread borrowed;
            raise(SIGPIPE);
        }
        return !is_pending(SIGPIPE);
    }));
}

TEST(BorrowedThread, OneThatTheProgramKeepsPendingStaysSo) {
    EXPECT_TRUE(in_child([] {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        raise(SIGPIPE);
        { const BorrowedThread borrowed; }
        sigset_t mask;
        pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        return is_pending(SIGPIPE) && sigismember(&mask, SIGPIPE) == 1;
    }));
}

TEST(BorrowedThread, OtherSignalsReachItsHandlersWithin) {
    static volatile std::sig_atomic_t handled = 0;
    handled = 0;
    const auto before = std::signal(SIGUSR1, [](int) { handled = 1; });
    {
        const BorrowedThread borrowed;
        raise(SIGUSR1);
        EXPECT_EQ(handled, 1);
    }
    std::signal(SIGUSR1, before);
}

TEST(MustNotWait, IsNotInheritedByAChild) {
    const MustNotWait mark;
    EXPECT_TRUE(in_child([] {
        const bool inherited = MustNotWait::here();
        bool own = false;
        {
            const MustNotWait of_child;
            own = MustNotWait::here();
        }
        return !inherited && own && !MustNotWait::here();
    }));
    EXPECT_TRUE(MustNotWait::here());
}

TEST(Threads, TheLibrarysThreadsBlockEverySignal) {
    sigset_t mask;
    sigemptyset(&mask);
    start_thread("lk-test", [&] { pthread_sigmask(SIG_SETMASK, nullptr, &mask); }).join();
    EXPECT_TRUE(sigismember(&mask, SIGTERM));
    EXPECT_TRUE(sigismember(&mask, SIGPIPE));
}

class Counter : public Loop::Participant {
  public:
    TimePoint turn(TimePoint now) override {
        turns.fetch_add(1);
        turns.notify_all();
        return repeat ? now + 1ms : never;
    }
    std::atomic<int> turns{0};
    bool repeat = false;
};

TEST(ThreadLoop, TurnsWhenWokenAndSleepsOtherwise) {
    auto counter = std::make_shared<Counter>();
    ThreadLoop loop("lk-test");
    loop.attach(counter);
    counter->turns.wait(0);
    const int before = counter->turns;
    loop.wake();
    counter->turns.wait(before);
    std::this_thread::sleep_for(20ms);
    EXPECT_LE(counter->turns, before + 2);
}

TEST(ThreadLoop, TurnsAgainAtTheMomentAskedFor) {
    auto counter = std::make_shared<Counter>();
    counter->repeat = true;
    ThreadLoop loop("lk-test");
    loop.attach(counter);
    for (int seen = 0; seen < 5;) {
        counter->turns.wait(seen);
        seen = counter->turns;
    }
}

TEST(ThreadLoop, IsMarkedAsAThreadThatMustNotWait) {
    class Looker : public Loop::Participant {
      public:
        TimePoint turn(TimePoint) override {
            marked = MustNotWait::here() ? 1 : 0;
            marked.notify_all();
            return never;
        }
        std::atomic<int> marked{-1};
    };
    auto looker = std::make_shared<Looker>();
    ThreadLoop loop("lk-test");
    loop.attach(looker);
    looker->marked.wait(-1);
    EXPECT_EQ(looker->marked, 1);
}

TEST(ThreadLoop, InAChildEveryCallOnItDoesNothing) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer ends a child that starts threads";
#endif
    auto counter = std::make_shared<Counter>();
    auto loop = std::make_unique<ThreadLoop>("lk-test");
    loop->attach(counter);
    counter->turns.wait(0);
    EXPECT_FALSE(loop->inherited());
    EXPECT_TRUE(in_child([&] {
        const bool inherited = loop->inherited() && !loop->on_loop_thread();
        loop->attach(counter);
        loop->wake();
        loop->detach_and_wait(counter.get());
        loop.reset();
        // A loop of its own works.
        auto own = std::make_shared<Counter>();
        ThreadLoop of_child("lk-test");
        of_child.attach(own);
        own->turns.wait(0);
        return inherited;
    }));
    // The parent's goes on.
    const int before = counter->turns;
    loop->wake();
    counter->turns.wait(before);
}

TEST(ThreadLoop, AChildForkedByAParticipantTakesNoFurtherRound) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer ends a child that was forked by another thread than main";
#endif
    class Forker : public Loop::Participant {
      public:
        TimePoint turn(TimePoint) override {
            // Perhaps not the only round: attaching wakes the loop.
            if (child != 0) return never;
            if (const pid_t forked = fork(); forked != 0) {
                child = forked;
                child.notify_all();
            }
            return never;
        }
        std::atomic<pid_t> child{0};
    };
    auto forker = std::make_shared<Forker>();
    ThreadLoop loop("lk-test");
    loop.attach(forker);
    forker->child.wait(0);
    int status = -1;
    EXPECT_EQ(waitpid(forker->child, &status, 0), forker->child);
    EXPECT_TRUE(WIFEXITED(status));
}

struct Grown {
    std::uint32_t size = sizeof(Grown);
    std::int32_t old = 1;
    std::int32_t added = 2;
};

TEST(Adopted, WhatAnOlderCallerLacksKeepsItsDefault) {
    const Grown whole{.old = 3, .added = 4};
    EXPECT_EQ(&Adopted(whole).get(), &whole);
    // Behind an older one stands something else.
    const Grown older{.size = offsetof(Grown, added), .old = 5, .added = 6};
    const Adopted adopted(older);
    EXPECT_EQ(adopted.get().old, 5);
    EXPECT_EQ(adopted.get().added, 2);
}

}  // namespace
}  // namespace lk
