#include "http/curl_loop.hpp"

#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

#include "base/borrowed_thread.hpp"
#include "base/must_not_wait.hpp"
#include "base/participants.hpp"
#include "base/threads.hpp"
#include "http/handles.hpp"
#include "http/seat.hpp"
#include "http/transfers.hpp"

namespace lk::http {

struct CurlLoop::State {
    explicit State(const ReadClocks& read_clocks)
        : transfers(std::make_unique<Transfers>(read_clocks)) {}

    void run();
    void drive_until(const std::function<bool()>& over);
    TimePoint take_round();
    void wake() noexcept {
        if (seat.wake()) end_poll();
    }
    void end_poll() noexcept;
    void take_inbox();
    void act_after_turns();

    std::atomic<bool> stopping{false};

    const Origin origin;
    Seat seat;
    Participants participants;
    // Of who has the seat. Gone when the thread ends: closing a TLS connection writes to it, and
    // only who drives is safe from the SIGPIPE that this can raise.
    std::unique_ptr<Transfers> transfers;
    std::deque<std::function<void()>> after_turns;
    // Acts that are asked for now are carried out in this round.
    bool takes_acts = false;
    // Kept while somebody wakes them. Not the inbox's: the loop, once awake, would wait for it.
    std::mutex transfers_mutex;

    std::mutex mutex;
    struct Posted {
        std::shared_ptr<Handles> handles;
        Request request;
        Done done;
    };
    struct Ending {
        std::shared_ptr<Handles> handles;
        std::shared_ptr<std::promise<void>> ended;
    };
    std::vector<Posted> inbox;
    std::vector<Ending> endings;
};

void CurlLoop::State::run() {
    const MustNotWait mark;
    seat.take_as_owner();
    while (true) {
        const TimePoint next = take_round();
        if (origin.inherited()) return;
        // Only since the round began is this certain to be seen: see Seat.
        if (stopping) break;
        if (transfers->under_way() != 0) {
            if (seat.may_poll()) transfers->wait(next);
            continue;
        }
        transfers->falls_asleep(next);
        seat.leave_and_wait(next);
        transfers->wakes_up();
    }
    const std::lock_guard lock(transfers_mutex);
    transfers.reset();
}

// What is under way for others is the own thread's to drive: a guest goes when its own result is
// there. So it does where more than one request is, which is the load the own thread is for.
void CurlLoop::State::drive_until(const std::function<bool()>& over) {
    const BorrowedThread borrowed;
    const MustNotWait mark;
    if (!seat.take_as_guest()) return;
    transfers->wakes_up();
    TimePoint next = never;
    while (true) {
        next = take_round();
        if (origin.inherited()) return;
        if (over() || stopping || transfers->under_way() > 1) break;
        if (seat.may_poll()) transfers->wait(next);
    }
    const bool nothing_to_watch = transfers->under_way() == 0 && !stopping;
    transfers->falls_asleep(next);
    seat.leave_as_guest(nothing_to_watch, next);
}

TimePoint CurlLoop::State::take_round() {
    seat.begin_round();
    takes_acts = true;
    const TimePoint next = participants.turn(std::chrono::steady_clock::now());
    // A participant or a `done` may have forked, and this be the child's only thread: the
    // locks, the connections and what is under way on them are the parent's.
    if (origin.inherited()) return never;
    act_after_turns();
    takes_acts = false;
    if (origin.inherited()) return never;
    take_inbox();
    if (origin.inherited()) return never;
    transfers->perform();
    return next;
}

// One may bring another, or end a transport and with it carry out the others. Who asked for one
// reports its exceptions; here they must only not end the loop.
void CurlLoop::State::act_after_turns() {
    while (!after_turns.empty()) {
        const auto act = std::move(after_turns.front());
        after_turns.pop_front();
        try {
            act();
        } catch (...) {
        }
        if (origin.inherited()) return;
    }
}

void CurlLoop::State::take_inbox() {
    decltype(inbox) posted;
    decltype(endings) ending;
    {
        const std::lock_guard lock(mutex);
        posted.swap(inbox);
        ending.swap(endings);
    }
    for (Posted& one : posted) {
        transfers->start(one.handles, std::move(one.request), std::move(one.done));
    }
    for (const Ending& one : ending) {
        transfers->end(one.handles);
        one.ended->set_value();
    }
}

void CurlLoop::State::end_poll() noexcept {
    // It may have ended by itself since, and the thread with it.
    const std::lock_guard lock(transfers_mutex);
    if (transfers) transfers->wake();
}

CurlLoop::CurlLoop(const ReadClocks& read_clocks) : state_(std::make_shared<State>(read_clocks)) {
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

void CurlLoop::drive_until(const std::function<bool()>& over) {
    if (inherited()) return;
    state_->drive_until(over);
}

bool CurlLoop::on_loop_thread() const noexcept {
    return !inherited() && state_->seat.taken_by_this_thread();
}

void CurlLoop::post(const std::shared_ptr<Handles>& handles, Request request, Done done) {
    if (inherited()) {
        done(NoAnswer{.message = "the client was made before this process was forked; nothing was "
                                 "sent. Make a new client in the child.",
                      .may_have_been_sent = false,
                      .needs_mending = true});
        return;
    }
    if (on_loop_thread()) {
        state_->transfers->start(handles, std::move(request), std::move(done));
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->inbox.push_back({handles, std::move(request), std::move(done)});
    }
    wake();
}

void CurlLoop::after_turns(std::function<void()> act) {
    state_->after_turns.push_back(std::move(act));
    if (!state_->takes_acts) wake();
}

void CurlLoop::end_requests(const std::shared_ptr<Handles>& handles) {
    if (inherited()) return;
    if (on_loop_thread()) {
        state_->act_after_turns();
        if (inherited()) return;
        state_->take_inbox();
        state_->transfers->end(handles);
        return;
    }
    // Shared, as the loop may still be leaving set_value() when this thread has gone on.
    const auto ended = std::make_shared<std::promise<void>>();
    {
        const std::lock_guard lock(state_->mutex);
        state_->endings.push_back({handles, ended});
    }
    wake();
    ended->get_future().wait();
}

}  // namespace lk::http
