#include "credentials/refreshing_credentials.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/threads.hpp"
#include "credentials/refresh_schedule.hpp"

namespace lk::credentials {
namespace {

std::shared_ptr<const aws::Credentials> shared(aws::Credentials credentials) {
    return std::make_shared<const aws::Credentials>(std::move(credentials));
}

bool same(const aws::Credentials& one, const aws::Credentials& other) {
    return one.access_key_id == other.access_key_id &&
           one.secret_access_key.reveal() == other.secret_access_key.reveal() &&
           one.session_token.reveal() == other.session_token.reveal();
}

Error forked() {
    return {.code = ErrorCode::forked,
            .message = "the client was made before fork(); make one in the child"};
}

}  // namespace

struct RefreshingCredentials::State {
    std::shared_ptr<Source> source;
    SharedSurroundings surroundings;

    std::mutex mutex;
    std::condition_variable changed;
    std::thread thread;
    bool stopping = false;
    RefreshSchedule schedule;
    std::shared_ptr<const aws::Credentials> credentials;
    // Why the service refuses these, if it does.
    std::optional<aws::Refusal> refusal;
    // Whether a fetch since that refusal has brought nothing better.
    bool looked_again = false;
    std::string last_problem;

    [[nodiscard]] bool due() const {
        const auto next = schedule.next();
        return next && *next <= surroundings->now();
    }

    // With the mutex held.
    void start_where_needed(const std::shared_ptr<State>& self) {
        if (thread.joinable() || stopping || !schedule.next()) return;
        thread = start_thread("lk-credentials", [self] { self->run(); });
    }

    void run() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            const auto next = schedule.next();
            const auto now = surroundings->now();
            if (!next) {
                changed.wait(lock);
            } else if (*next > now) {
                changed.wait_for(lock, *next - now);
            } else {
                fetch(lock);
            }
        }
    }

    void fetch(std::unique_lock<std::mutex>& lock) {
        lock.unlock();
        auto fetched = fetched_now();
        lock.lock();
        const auto now = surroundings->now();
        if (!fetched) {
            last_problem = std::move(fetched).error().message;
            looked_again = true;
            schedule.failed(now);
            return;
        }
        if (refusal && same(fetched->credentials, *credentials)) {
            last_problem = source->name() + " still gives the ones that were refused";
            looked_again = true;
            schedule.failed(now);
            return;
        }
        credentials = shared(std::move(fetched->credentials));
        refusal.reset();
        looked_again = false;
        last_problem.clear();
        schedule.fetched(fetched->expires, now);
    }

    Expected<Fetched, Error> fetched_now() noexcept {
        try {
            return source->fetch();
        } catch (const std::exception& thrown) {
            return refused(std::string("fetching credentials: ") + thrown.what());
        }
    }
};

RefreshingCredentials::RefreshingCredentials(std::shared_ptr<Source> source, Fetched first,
                                             SharedSurroundings surroundings)
    : state_(std::make_shared<State>()) {
    state_->source = std::move(source);
    state_->surroundings = std::move(surroundings);
    state_->credentials = shared(std::move(first.credentials));
    state_->schedule.fetched(first.expires, state_->surroundings->now());
    const std::lock_guard lock(state_->mutex);
    state_->start_where_needed(state_);
}

RefreshingCredentials::~RefreshingCredentials() {
    if (origin_.inherited()) {
        keep_for_good(std::move(state_));
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->surroundings->stop->request();
    state_->changed.notify_all();
    if (state_->thread.joinable()) state_->thread.join();
}

Expected<std::shared_ptr<const aws::Credentials>, Error> RefreshingCredentials::current() {
    if (origin_.inherited()) return forked();
    const std::lock_guard lock(state_->mutex);
    // A machine that was suspended wakes with a wait that is too long; its clock tells.
    if (state_->due()) state_->changed.notify_all();
    if (state_->refusal == aws::Refusal::expired) {
        const std::string why = state_->last_problem.empty() ? "" : ": " + state_->last_problem;
        return refused("the AWS credentials have expired, others are being fetched" + why);
    }
    return state_->credentials;
}

aws::Renewal RefreshingCredentials::renew(const aws::Credentials& refused, aws::Refusal why) {
    if (origin_.inherited()) return aws::Renewal::impossible;
    const std::lock_guard lock(state_->mutex);
    State& state = *state_;
    if (!same(refused, *state.credentials)) return aws::Renewal::renewed;
    if (state.refusal != why) {
        state.refusal = why;
        state.looked_again = false;
    }
    state.schedule.wanted(state.surroundings->now());
    state.start_where_needed(state_);
    state.changed.notify_all();
    // What has expired is replaced sooner or later. Keys that are wrong may stay wrong.
    const bool hopeless = why == aws::Refusal::unknown_key && state.looked_again;
    return hopeless ? aws::Renewal::impossible : aws::Renewal::under_way;
}

}  // namespace lk::credentials
