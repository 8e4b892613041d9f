#include "outbox/shared_outbox.hpp"

#include <utility>

#include "base/must_not_wait.hpp"
#include "base/threads.hpp"

namespace lk::outbox {

SharedOutbox::SharedOutbox(std::unique_ptr<Keeper> keeper, const Options& options,
                           std::function<void()> closed)
    : options_(options), state_(std::make_shared<State>()) {
    state_->keeper = std::move(keeper);
    state_->closed = std::move(closed);
    thread_ = start_thread("lk-outbox", [state = state_] {
        state->run();
        if (state->origin.inherited()) keep_for_good(state);
    });
}

SharedOutbox::~SharedOutbox() {
    if (inherited()) {
        keep_for_good(std::move(state_));
        // Not detached: its id may be that of a thread of this process by now.
        keep_for_good(std::make_shared<std::thread>(std::move(thread_)));
        return;
    }
    state_->inbox.end();
    if (on_its_thread()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

bool SharedOutbox::on_its_thread() const noexcept {
    return !inherited() && thread_.get_id() == std::this_thread::get_id();
}

void SharedOutbox::State::run() {
    const MustNotWait mark;
    for (bool last = false; !last;) {
        Asked asked = inbox.take(keeper->next_chore());
        last = asked.last;
        keeper->carry_out(std::move(asked));
        // A callback has forked, and this is the child's only thread.
        if (origin.inherited()) return;
        if (!inbox.has_urgent()) keeper->do_chores(std::chrono::steady_clock::now());
    }
    keeper->finish();
    if (origin.inherited()) return;
    keeper.reset();
    closed();
}

}  // namespace lk::outbox
