#include "cli/pace.hpp"

namespace lk::cli {
namespace {

using namespace std::chrono_literals;

// Long enough to tell how fast the stream is.
constexpr auto between_judgements = 100ms;
constexpr auto most_wait = 1s;

}  // namespace

bool Pace::should_wait(bool is_ahead, std::size_t open, std::uint64_t published,
                       Clock::time_point now) noexcept {
    if (!is_ahead) {
        since_.reset();
        return false;
    }
    if (too_slow_until_ && now < *too_slow_until_) return false;
    if (!since_) {
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
