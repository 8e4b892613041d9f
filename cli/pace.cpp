#include "cli/pace.hpp"

namespace lk::cli {
namespace {

using namespace std::chrono_literals;

// Long enough to tell how fast the stream is.
constexpr auto between_judgements = 100ms;
constexpr auto most_wait = 1s;

}  // namespace

bool Pace::reads_on(Clock::time_point now) const noexcept {
    return too_slow_until_ && now < *too_slow_until_;
}

bool Pace::should_wait(std::size_t open, std::uint64_t published, Clock::time_point now) noexcept {
    if (reads_on(now)) return false;
    // Each answer may end a wait, and reading begins the next: a judgement takes as many as it
    // does.
    if (!since_ || now - *since_ > most_wait) {
        since_ = now;
        published_then_ = published;
        return true;
    }
    const std::chrono::duration<double> waited = now - *since_;
    if (waited < between_judgements) return true;
    since_.reset();
    const double taken = static_cast<double>(published - published_then_) / waited.count();
    if (taken * most_wait.count() >= static_cast<double>(open)) return true;
    too_slow_until_ = now + most_wait;
    return false;
}

}  // namespace lk::cli
