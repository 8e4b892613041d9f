#include "http/curl_loop.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

#include "base/must_not_wait.hpp"
#include "base/participants.hpp"
#include "base/threads.hpp"
#include "http/transfers.hpp"

namespace lk::http {

struct CurlLoop::State {
    explicit State(const TransportOptions& options)
        : transfers(std::make_unique<Transfers>(options)) {}

    void run();
    void wake() noexcept;
    void take_inbox();

    // No wake-up may be lost, and one costs a system call only when the loop sleeps:
    //
    //     awake --wake()--> woken --the loop begins a round--> awake
    //     awake --the loop has nothing to do--> asleep --wake()--> woken, and the poll is ended
    //
    // Whoever wants something stores it first and then exchanges the condition for `woken`; the
    // loop exchanges it for `awake` first and then looks for what is stored. So either the loop
    // sees it in this round, or the exchange came after, and then the loop finds `woken` where it
    // wanted to fall asleep and takes another round. If it is already `asleep`, but not yet in the
    // poll, the wake-up waits in libcurl's pipe and ends that poll at once.
    enum Condition : int { awake, woken, asleep };
    std::atomic<Condition> condition{awake};
    std::atomic<bool> stopping{false};
    std::atomic<std::thread::id> thread_id{};

    const Origin origin;
    Participants participants;
    // Gone when the thread ends: closing a TLS connection writes to it, and only the loop's thread
    // is safe from the SIGPIPE that this can raise.
    std::unique_ptr<Transfers> transfers;
    // Kept while somebody wakes them. Not the inbox's: the loop, once awake, would wait for it.
    std::mutex transfers_mutex;

    std::mutex mutex;
    std::vector<std::pair<Request, Done>> inbox;
    std::vector<std::shared_ptr<std::promise<void>>> to_tell_when_ended;
};

void CurlLoop::State::run() {
    const MustNotWait mark;
    thread_id = std::this_thread::get_id();
    while (true) {
        condition.exchange(awake);
        if (stopping) break;
        const TimePoint next = participants.turn(std::chrono::steady_clock::now());
        // A participant or a `done` may have forked, and this be the child's only thread: the
        // locks, the connections and what is under way on them are the parent's.
        if (origin.inherited()) return;
        take_inbox();
        if (origin.inherited()) return;
        transfers->perform();
        if (origin.inherited()) return;
        Condition expected = awake;
        if (condition.compare_exchange_strong(expected, asleep)) transfers->wait(next);
    }
    const std::lock_guard lock(transfers_mutex);
    transfers.reset();
}

void CurlLoop::State::take_inbox() {
    decltype(inbox) posted;
    decltype(to_tell_when_ended) ending;
    {
        const std::lock_guard lock(mutex);
        posted.swap(inbox);
        ending.swap(to_tell_when_ended);
    }
    for (auto& [request, done] : posted) transfers->start(std::move(request), std::move(done));
    if (!ending.empty()) transfers->end_all();
    for (const auto& ended : ending) ended->set_value();
}

void CurlLoop::State::wake() noexcept {
    if (condition.exchange(woken) != asleep) return;
    // The poll may have ended by itself since, and the thread with it.
    const std::lock_guard lock(transfers_mutex);
    if (transfers) transfers->wake();
}

CurlLoop::CurlLoop(const TransportOptions& options) : state_(std::make_shared<State>(options)) {
    thread_ = start_thread("lk-curl", [state = state_] {
        state->run();
        if (state->origin.inherited()) keep_for_good(state);
    });
}

CurlLoop::~CurlLoop() {
    if (inherited()) {
        keep_for_good(std::move(state_));
        // Not detached: its id may be that of a thread of this process by now.
        keep_for_good(std::make_shared<std::thread>(std::move(thread_)));
        return;
    }
    state_->stopping = true;
    state_->wake();
    if (on_loop_thread()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

void CurlLoop::attach(std::shared_ptr<Participant> participant) {
    if (inherited()) return;
    state_->participants.attach(std::move(participant));
    wake();
}

void CurlLoop::detach(const Participant* participant) {
    if (inherited()) return;
    state_->participants.detach(participant);
}

void CurlLoop::detach_and_wait(const Participant* participant) {
    if (inherited()) return;
    state_->participants.detach_and_wait(participant);
}

void CurlLoop::wake() noexcept {
    if (inherited()) return;
    state_->wake();
}

bool CurlLoop::on_loop_thread() const noexcept {
    return !inherited() && state_->thread_id.load() == std::this_thread::get_id();
}

void CurlLoop::post(Request request, Done done) {
    if (inherited()) {
        done(NoAnswer{.message = "the client was made before this process was forked; nothing was "
                                 "sent. Make a new client in the child.",
                      .may_have_been_sent = false,
                      .needs_mending = true});
        return;
    }
    if (on_loop_thread()) {
        state_->transfers->start(std::move(request), std::move(done));
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->inbox.emplace_back(std::move(request), std::move(done));
    }
    wake();
}

void CurlLoop::end_requests() {
    if (inherited()) return;
    if (on_loop_thread()) {
        state_->take_inbox();
        state_->transfers->end_all();
        return;
    }
    // Shared, as the loop may still be leaving set_value() when this thread has gone on.
    const auto ended = std::make_shared<std::promise<void>>();
    {
        const std::lock_guard lock(state_->mutex);
        state_->to_tell_when_ended.push_back(ended);
    }
    wake();
    ended->get_future().wait();
}

}  // namespace lk::http
