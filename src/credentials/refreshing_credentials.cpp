#include "credentials/refreshing_credentials.hpp"

#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/per_process.hpp"
#include "base/thread_loop.hpp"
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

constexpr const char* thread_name = "lk-credentials";

// Watches the time for all clients of the process. What is due is not done there, so that a slow
// service holds up no other client's.
std::shared_ptr<Loop> shared_watch() {
    constinit static SharedPerProcess<ThreadLoop> watch;
    return watch.get([] { return std::make_shared<ThreadLoop>(thread_name); });
}

}  // namespace

struct RefreshingCredentials::State final : Loop::Participant, std::enable_shared_from_this<State> {
    std::shared_ptr<Source> source;
    SharedSurroundings surroundings;

    std::mutex mutex;
    RefreshSchedule schedule;
    std::shared_ptr<const aws::Credentials> credentials;
    // Why the service refuses these, if it does.
    std::optional<aws::Refusal> refusal;
    // Whether a fetch since that refusal has brought nothing better.
    bool looked_again = false;
    std::string last_problem;

    // From when on there is something to do, until the end.
    std::shared_ptr<Loop> watch;
    // The one under way, or the one before.
    std::thread fetch;
    bool fetching = false;
    bool stopping = false;

    // With the mutex held.
    [[nodiscard]] bool due() const {
        const auto next = schedule.next();
        return next && *next <= surroundings->now() && !fetching;
    }

    TimePoint turn(TimePoint now) override {
        const std::lock_guard lock(mutex);
        if (due() && !stopping) begin_fetch();
        const auto next = schedule.next();
        if (!next || fetching || stopping) return never;
        return now + (*next - surroundings->now());
    }

    // With the mutex held. Throws std::system_error where no thread can be started.
    void watch_where_needed() {
        if (watch != nullptr || !schedule.next()) return;
        auto loop = shared_watch();
        loop->attach(shared_from_this());
        watch = std::move(loop);
    }

    // With the mutex held.
    void have_looked_at() {
        try {
            watch_where_needed();
            if (watch != nullptr) watch->wake();
        } catch (const std::exception& thrown) {
            // Whoever asks next tries again.
            has_no_thread(thrown);
        }
    }

    // With the mutex held.
    void begin_fetch() noexcept {
        try {
            if (fetch.joinable()) fetch.join();
            fetch = start_thread(thread_name, [self = shared_from_this()] { self->run(); });
            fetching = true;
        } catch (const std::exception& thrown) {
            has_no_thread(thrown);
            schedule.failed(surroundings->now());
        }
    }

    void has_no_thread(const std::exception& thrown) {
        last_problem = std::string("there is no thread to fetch them on: ") + thrown.what();
    }

    void run() {
        auto fetched = fetched_now();
        {
            const std::lock_guard lock(mutex);
            take(std::move(fetched));
            fetching = false;
        }
        // It is there until this thread has ended.
        watch->wake();
    }

    // With the mutex held.
    void take(Expected<Fetched, Error> fetched) {
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
    state_->watch_where_needed();
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
    if (state_->fetch.joinable()) state_->fetch.join();
    if (state_->watch == nullptr) return;
    state_->watch->detach_and_wait(state_.get());
    state_->watch.reset();
}

Expected<std::shared_ptr<const aws::Credentials>, Error> RefreshingCredentials::current() {
    if (origin_.inherited()) return forked();
    const std::lock_guard lock(state_->mutex);
    // A machine that was suspended wakes with a wait that is too long; its clock tells.
    if (state_->due()) state_->have_looked_at();
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
    state.have_looked_at();
    // What has expired is replaced sooner or later. Keys that are wrong may stay wrong.
    const bool hopeless = why == aws::Refusal::unknown_key && state.looked_again;
    return hopeless ? aws::Renewal::impossible : aws::Renewal::under_way;
}

}  // namespace lk::credentials
