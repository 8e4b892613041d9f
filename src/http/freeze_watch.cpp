#include "http/freeze_watch.hpp"

#include <ctime>
#include <utility>

namespace lk::http {
namespace {

using namespace std::chrono_literals;

// More than the steps in which clocks are kept right.
constexpr Duration longest_step = 2s;
// A busy machine may let a thread wait for seconds; that is no freeze.
constexpr Duration longest_oversleep = 10s;

Duration read(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

bool apart(Duration one, Duration other) {
    return one - other > longest_step || other - one > longest_step;
}

}  // namespace

Clocks read_system_clocks() {
    return {read(CLOCK_MONOTONIC), read(CLOCK_BOOTTIME), read(CLOCK_REALTIME)};
}

FreezeWatch::FreezeWatch(ReadClocks read_clocks)
    : read_clocks_(read_clocks ? std::move(read_clocks) : &read_system_clocks),
      last_(read_clocks_()) {}

void FreezeWatch::falls_asleep(Duration at_most) {
    wakes_up_by_ = read_clocks_().monotonic + at_most;
}

void FreezeWatch::wakes_up() {
    if (!wakes_up_by_) return;
    if (read_clocks_().monotonic - *wakes_up_by_ > longest_oversleep) overslept_ = true;
    wakes_up_by_.reset();
}

bool FreezeWatch::thawed() {
    const Clocks now = read_clocks_();
    const Duration passed = now.monotonic - last_.monotonic;
    const bool moved = apart(now.boottime - last_.boottime, passed) ||
                       apart(now.realtime - last_.realtime, passed);
    last_ = now;
    return std::exchange(overslept_, false) || moved;
}

}  // namespace lk::http
