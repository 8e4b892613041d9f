#include "credentials/refresh_schedule.hpp"

#include <algorithm>

namespace lk::credentials {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// What is never undercut, whatever the service says.
constexpr seconds shortest_pause(5);

}  // namespace

void RefreshSchedule::fetched(std::optional<WallTime> expires, WallTime now) {
    failures_ = 0;
    last_ = now;
    expires_ = expires;
    next_.reset();
    if (!expires) return;
    const auto left = std::chrono::duration_cast<milliseconds>(*expires - now);
    if (left <= shortest_pause) {
        // They had ended when they came, or this machine's clock is wrong.
        next_ = now + between(minutes(1), minutes(2));
        return;
    }
    const milliseconds widest = std::min<milliseconds>(minutes(15), left / 3);
    next_ = *expires - between(widest / 3, widest);
}

void RefreshSchedule::failed(WallTime now) {
    last_ = now;
    milliseconds most = std::min<milliseconds>(seconds(30), seconds(1LL << std::min(failures_, 5)));
    if (expires_ && *expires_ > now) {
        const auto left = std::chrono::duration_cast<milliseconds>(*expires_ - now);
        most = std::min<milliseconds>(most, std::max<milliseconds>(seconds(1), left / 4));
    }
    ++failures_;
    next_ = now + between(most / 2, most);
}

void RefreshSchedule::wanted(WallTime now) {
    const WallTime soonest = last_ ? std::max(now, *last_ + shortest_pause) : now;
    // A clock that was set back would else keep it waiting.
    const WallTime then = std::min(soonest, now + shortest_pause);
    next_ = next_ ? std::min(*next_, then) : then;
}

milliseconds RefreshSchedule::between(milliseconds least, milliseconds most) {
    const auto span = static_cast<std::uint64_t>((most - least).count());
    return least + milliseconds(static_cast<std::int64_t>(random_.below(span + 1)));
}

}  // namespace lk::credentials
