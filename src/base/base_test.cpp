#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

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
    std::vector<std::uint8_t> drawn(10'000);
    random.fill(drawn);
    EXPECT_LT(std::count(drawn.begin(), drawn.end(), 0), 200);
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

}  // namespace
}  // namespace lk
