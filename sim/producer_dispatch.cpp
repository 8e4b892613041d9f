#include <utility>

#include "event/hash_key.hpp"
#include "sim/producer.hpp"
#include "wire/record_layout.hpp"

// What the threads of a producer's process do: dispatch, wait for room, flush, close, resume.
namespace lk::sim {

using namespace std::chrono_literals;
using Answer = pipeline::Budget::Answer;

void Producer::dispatch(EventNumber event) {
    const std::size_t number = around_.plan.events[event].thread;
    if (threads_.size() <= number) threads_.resize(number + 1);
    threads_[number].waiting.push_back(event);
    go_on(threads_[number]);
}

void Producer::go_on(Thread& thread) {
    while (!thread.blocked && !thread.waiting.empty() && !stands_still()) {
        if (write(thread.waiting.front(), false)) {
            thread.waiting.pop_front();
        } else {
            thread.blocked = true;
            blocked_.push_back(&thread);
        }
    }
}

// Each that waits gets one event in, if there is room for it, and then its turn behind the others.
void Producer::let_in() {
    if (stands_still()) return;
    for (bool any = true; any;) {
        any = false;
        std::deque<Thread*> served;
        std::deque<Thread*> left;
        for (Thread* thread : std::exchange(blocked_, {})) {
            if (!write(thread->waiting.front(), true)) {
                left.push_back(thread);
                continue;
            }
            any = true;
            thread->waiting.pop_front();
            thread->blocked = !thread->waiting.empty();
            if (thread->blocked) served.push_back(thread);
        }
        blocked_ = std::move(left);
        blocked_.insert(blocked_.end(), served.begin(), served.end());
    }
}

// What dispatch() does: false when it must wait. `asks_again`: it has waited.
bool Producer::write(EventNumber event, bool asks_again) {
    const PlannedEvent& planned = around_.plan.events[event];
    const bool in_lane = plan_.ordered && planned.key != random_key;
    const std::uint64_t lane = in_lane ? around_.plan.keys[planned.key].lane : 0;
    if (closed_ || gone_ || (lane != 0 && paused_.contains(lane))) {
        around_.checks.turned_away(event);
        return true;
    }
    pipeline::Draft draft;
    draft.lane = lane;
    if (!find_room(event, draft, asks_again)) {
        if (plan_.when_full == WhenFull::block) return false;
        around_.checks.turned_away(event);
        return true;
    }
    write_event_data(data_, event, planned.bytes);
    const std::string key = partition_key(around_.plan, planned);
    const std::string hash_key =
        planned.explicit_hash ? event::to_decimal(planned.hash) : std::string{};
    draft.bytes = data_;
    draft.data_bytes = data_.size();
    draft.partition_key = key;
    draft.explicit_hash_key = hash_key;
    const std::size_t bytes = wire::RecordLayout::bytes(data_.size(), key.size(), hash_key.size()) +
                              pipeline::bytes_besides_record;
    around_.checks.written(event, lane, bytes, draft.suspended);
    const bool was_half_full = budget_->is_half_full();
    intake_->write(draft)->drop();
    around_.checks.held(number_, held());
    if (!was_half_full && budget_->is_half_full()) check_waking();
    return true;
}

// As pipeline/pipeline's find_room().
bool Producer::find_room(EventNumber event, pipeline::Draft& draft, bool asks_again) {
    pipeline::Budget::Asker asker{.lane = draft.lane};
    if (budget_->any_shard_full()) {
        asker.hash_key = around_.plan.events[event].hash;
        asker.has_hash_key = true;
    }
    if (budget_->ask(asker) == Answer::room) return true;
    if (!asks_again) doorbell_.ring();
    draft.suspended = plan_.when_full == WhenFull::suspend && budget_->suspend();
    return draft.suspended;
}

// Half of the budget is held, so what lingers must go: is somebody about to see to it?
void Producer::check_waking() {
    const bool about_to = wakes_at_ <= around_.time.now() || stands_still();
    // It may have been told before, and be unable to send.
    if (core_.lingering() && !core_.is_budget_short() && !core_.saturated() && !about_to) {
        around_.checks.complain("waking", "half of the budget is held, and nobody is woken");
    }
}

template <class Deed>
bool Producer::later_if_still(Deed deed) {
    if (!stands_still()) return false;
    around_.time.at(still_until_, std::move(deed));
    return true;
}

void Producer::flush(Duration within) {
    if (gone_ || later_if_still([this, within] { flush(within); })) return;
    around_.trace.line("producer %u: flush", number_);
    new_waits_.push_back({intake_->end_generation(), local_now() + within, false});
    wake();
}

void Producer::close(Duration within) {
    if (gone_ || closed_ || later_if_still([this, within] { close(within); })) return;
    around_.trace.line("producer %u: close", number_);
    closed_ = true;
    intake_->close();
    budget_->close();
    let_in();
    new_waits_.push_back({intake_->end_generation(), local_now() + within, true});
    wake();
}

void Producer::crash() {
    if (gone_) return;
    around_.trace.line("producer %u: crashes", number_);
    // What dispatch() has returned for and the loop has not seen yet is lost, too.
    intake_->drain([&](Pending* record) {
        around_.checks.turned_away(event_of(*record));
        forget(record);
    });
    around_.checks.crashed(number_);
    forget_live();
    end();
}

void Producer::forget(Pending* record) {
    if (!record->settled) record->slot->settle(nullptr);
    intake_->release(record);
}

void Producer::forget_live() {
    for (const auto& [event, record] : std::exchange(live_, {})) forget(record);
}

void Producer::stand_still(Duration during, bool sleeps) {
    if (gone_ || stands_still()) return;
    around_.trace.line("producer %u: stands still", number_);
    around_.checks.stood_still(number_);
    still_until_ = around_.time.now() + during;
    if (sleeps) slept_ += during;
    wakes_at_ = never;
    wake();
    around_.time.at(still_until_, [this] {
        let_in();
        for (Thread& thread : threads_) go_on(thread);
    });
}

void Producer::end_pause(std::uint64_t lane) {
    if (gone_ || later_if_still([this, lane] { end_pause(lane); })) return;
    around_.trace.line("producer %u: %s a key", number_, plan_.discards ? "discards" : "resumes");
    if (!paused_.remove(lane)) {
        around_.checks.complain("paused", "a key that was paused is not any more");
    }
    const std::uint32_t generation = plan_.discards ? intake_->end_generation() : 0;
    new_resumes_.push_back({lane, plan_.discards, generation});
    wake();
}

}  // namespace lk::sim
