#include <cinttypes>
#include <utility>

#include "sim/producer.hpp"

// What the threads of a producer's process do: dispatch, wait for room, flush, close, resume.
namespace lk::sim {
namespace {

using namespace std::chrono_literals;

// How many records make a page full; small, so that it happens.
constexpr std::size_t page_records = 16;
constexpr std::uint16_t key_bytes = 8;
// Of a record as CBOR, besides its data and its key.
constexpr std::uint32_t frame_bytes = 32;

}  // namespace

void Producer::dispatch(EventNumber event) {
    const std::size_t number = around_.plan.events[event].thread;
    if (threads_.size() <= number) threads_.resize(number + 1);
    threads_[number].waiting.push_back(event);
    go_on(threads_[number]);
}

void Producer::go_on(Thread& thread) {
    while (!thread.blocked && !thread.waiting.empty() && around_.time.now() >= still_until_) {
        if (write(thread.waiting.front())) {
            thread.waiting.pop_front();
        } else {
            thread.blocked = true;
            blocked_.push_back(&thread);
        }
    }
}

// Each that waits gets one event in, if there is room for it, and then its turn behind the others.
void Producer::let_in() {
    if (around_.time.now() < still_until_) return;
    for (bool any = true; any;) {
        any = false;
        std::deque<Thread*> served;
        std::deque<Thread*> left;
        for (Thread* thread : std::exchange(blocked_, {})) {
            if (!write(thread->waiting.front())) {
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

// What dispatch() does: false when it must wait.
bool Producer::write(EventNumber event) {
    const PlannedEvent& planned = around_.plan.events[event];
    const bool in_lane = plan_.ordered && planned.key != random_key;
    const std::uint64_t lane = in_lane ? around_.plan.keys[planned.key].lane : 0;
    const auto& lanes = around_.checks.producer(number_).lanes;
    const auto known = lanes.find(lane);
    const bool paused = lane != 0 && known != lanes.end() && known->second.paused;
    if (closed_ || gone_ || paused) {
        around_.checks.turned_away(event);
        return true;
    }
    if (!admission_.has_room(lane, planned.hash)) {
        if (plan_.blocks) return false;
        around_.checks.turned_away(event);
        return true;
    }
    Held& made = records_.emplace_back();
    made.event = event;
    made.record.lane = lane;
    made.record.data_bytes = planned.bytes;
    made.record.key_bytes = key_bytes;
    made.record.hash_key_bytes = planned.explicit_hash ? 39 : 0;
    made.record.cbor_bytes = planned.bytes + key_bytes + frame_bytes;
    made.record.generation = generation_;
    admission_.take(made.record);
    inbox_[(in_lane ? lane >> 32 : planned.thread) % inbox_.size()].push_back(&made);
    ++inbox_size_;
    const bool rings = listens_ == Listens::to_everything ||
                       (listens_ == Listens::to_full_pages && inbox_size_ >= page_records);
    if (rings) wake();
    return true;
}

void Producer::flush(Duration within) {
    if (gone_) return;
    if (around_.time.now() < still_until_) {
        around_.time.at(still_until_, [this, within] { flush(within); });
        return;
    }
    around_.trace.line("producer %u: flush", number_);
    const std::uint32_t generation = generation_++;
    core_.hurry(generation);
    waits_.push_back({generation, local_now() + within, false});
    wake();
}

void Producer::close(Duration within) {
    if (gone_ || closed_) return;
    if (around_.time.now() < still_until_) {
        around_.time.at(still_until_, [this, within] { close(within); });
        return;
    }
    around_.trace.line("producer %u: close", number_);
    closed_ = true;
    let_in();
    const std::uint32_t generation = generation_++;
    core_.hurry(generation);
    waits_.push_back({generation, local_now() + within, true});
    wake();
}

void Producer::crash() {
    if (gone_) return;
    around_.trace.line("producer %u: crashes", number_);
    // What dispatch() has returned for and the loop has not seen yet is lost, too.
    for (const std::vector<Held*>& stripe : inbox_) {
        for (const Held* one : stripe) around_.checks.turned_away(one->event);
    }
    around_.checks.crashed(number_);
    end();
}

void Producer::stand_still(Duration during, bool sleeps) {
    if (gone_ || around_.time.now() < still_until_) return;
    around_.trace.line("producer %u: stands still", number_);
    still_until_ = around_.time.now() + during;
    if (sleeps) slept_ += during;
    wakes_at_ = never;
    wake();
    around_.time.at(still_until_, [this] {
        let_in();
        for (Thread& thread : threads_) go_on(thread);
    });
}

void Producer::pause_lanes() {
    for (const std::uint64_t lane : std::exchange(core_.newly_paused(), {})) {
        around_.checks.lane_told_paused(number_, lane);
        around_.time.after(plan_.paused_for, [this, lane] { end_pause(lane); });
    }
}

void Producer::end_pause(std::uint64_t lane) {
    if (gone_) return;
    if (around_.time.now() < still_until_) {
        around_.time.at(still_until_, [this, lane] { end_pause(lane); });
        return;
    }
    const TimePoint now = local_now();
    around_.trace.line("producer %u: %s a key", number_, plan_.discards ? "discards" : "resumes");
    take_records(now);
    bool was_paused = false;
    if (plan_.discards) {
        was_paused = core_.discard(lane, {ErrorCode::closed, "discarded", false, 0});
        settle();
    } else {
        was_paused = core_.resume(lane, now);
    }
    if (!was_paused) around_.checks.complain("paused", "a key that was paused is not any more");
    around_.checks.lane_resumed(number_, lane);
    wake();
}

}  // namespace lk::sim
