// What is on the shelf, on its way back into memory.

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <utility>

#include "base/counted.hpp"
#include "event/hash_key.hpp"
#include "pipeline/outbox_stage_mail.hpp"
#include "pipeline/page.hpp"
#include "wire/record_layout.hpp"

namespace lk::pipeline {
namespace {

// What is read back is enough to keep requests full, and leaves room for what is dispatched
// meanwhile.
constexpr std::size_t most_reloaded_bytes = std::size_t{8} * 1024 * 1024;

// A page of which nothing may go on is a page read in vain.
constexpr int most_fruitless_loads = 64;
constexpr Duration between_fruitless_loads = std::chrono::milliseconds(250);
constexpr Duration between_passes = std::chrono::milliseconds(20);

// What the file says of a record fits to its bytes: it may have been written by anybody.
bool is_whole(const outbox::KeptRecord& kept) {
    return kept.cbor.size() ==
               wire::RecordLayout::bytes(kept.data_bytes, kept.key_bytes, kept.hash_key_bytes) &&
           kept.cbor.size() <= std::numeric_limits<std::uint32_t>::max() &&
           kept.hash_key_bytes <= event::most_hash_key_digits;
}

}  // namespace

void OutboxStage::load_next(TimePoint now) {
    if (now < load_again_at_ || !not_loaded_.empty()) return;
    const std::size_t most = std::min(most_reloaded_bytes, budget_.bytes() / 8);
    while (loading_.size() < most_loads &&
           bytes_reloaded_ + loading_.size() * outbox::full_page_bytes <= most &&
           (!shelf_.pass_is_over() || begin_pass(now))) {
        ShelvedPage page = shelf_.take_next();
        // Of one key alone, which takes none or no more: that needs no look.
        const std::uint64_t only_lane = page.only_lane;
        if (only_lane != 0 && core_.is_paused(only_lane)) {
            set_aside(only_lane, std::move(page));
            continue;
        }
        if (only_lane != 0 && shelf_.is_passed_over(only_lane)) {
            shelf_.pass_over(std::move(page));
            continue;
        }
        loading_.push_back(std::move(page));
        using Answer = Expected<outbox::ReadPage, Error>;
        outbox_->load(loading_.back().id, by_mail<Answer>([this](Answer read, TimePoint then) {
                          loaded(std::move(read), then);
                      }));
    }
}

// What was passed over is looked at again, now and then.
bool OutboxStage::begin_pass(TimePoint now) {
    if (!loading_.empty() || !shelf_.any_passed_over()) return false;
    if (now < next_pass_at_) return false;
    next_pass_at_ = now + between_passes;
    shelf_.begin_pass();
    return true;
}

// They come in the order in which they were asked for. After one that cannot be read none is taken
// before it was read after all.
void OutboxStage::loaded(Expected<outbox::ReadPage, Error> page, TimePoint now) {
    ShelvedPage shelved = std::move(loading_.front());
    loading_.pop_front();
    if (page && !*page) {
        lost(shelved);
    } else if (page && not_loaded_.empty()) {
        restore(**page, shelved, now);
    } else {
        if (!page) {
            load_again_at_ = now + between_disk_failures;
            log(log_error, "a page of the outbox with " +
                               counted(shelved.records, "event", "events") +
                               " cannot be read; it is tried again: " + page.error().message);
        }
        not_loaded_.push_back(std::move(shelved));
    }
    if (!loading_.empty()) return;
    while (!not_loaded_.empty()) {
        shelf_.put_back(std::move(not_loaded_.back()));
        not_loaded_.pop_back();
    }
}

// What may not go on yet stays on the shelf, and what is behind it of the same keys.
void OutboxStage::restore(const outbox::KeptPage& page, const ShelvedPage& shelved, TimePoint now) {
    KeptPage& in_core = in_core_.add(page.id);
    const auto age =
        std::chrono::milliseconds(std::max<std::int64_t>(system_now_ms() - page.kept_at_ms, 0));
    ShelvedPage rest{.id = page.id};
    std::map<std::uint64_t, ShelvedPage> of_paused;
    std::size_t results = 0;
    shelved.for_each(page, [&](std::uint32_t index, std::uint32_t generation, detail::Slot* slot) {
        const outbox::KeptRecord& kept = page.records[index];
        const std::uint64_t lane = kept.fingerprint;
        if (!is_whole(kept)) {
            refuse(in_core, index, generation, slot);
            shelf_.remove_key(lane);
            return;
        }
        const Error* const discard = discards(lane, generation, page.id);
        if (discard == nullptr && lane != 0 && core_.is_paused(lane)) {
            ShelvedPage& aside =
                of_paused.try_emplace(lane, ShelvedPage{.id = page.id}).first->second;
            aside.add(index, generation, slot, lane);
            return;
        }
        if (discard == nullptr && ((lane != 0 && shelf_.is_passed_over(lane)) ||
                                   holds_its_share(lane, record_of(kept)))) {
            rest.add(index, generation, slot, lane);
            shelf_.pass_over_key(lane);
            return;
        }
        Pending* const record = intake_.restore(kept.cbor, lane);
        record->key_bytes = kept.key_bytes;
        record->set_hash_key_bytes(kept.hash_key_bytes);
        record->is_envelope = kept.is_envelope;
        record->generation = generation;
        record->reloaded = true;
        // Whether the earlier run had sent it nobody knows.
        record->may_have_been_stored = generation == Generations::earlier_run;
        record->slot = slot;
        results += slot == nullptr ? 0 : 1;
        set_kept_place(*record, in_core, index);
        ++in_core.unsettled;
        shelf_.remove_key(lane);
        bytes_reloaded_ += held_bytes(*record);
        if (discard != nullptr) {
            core_.fail_discarded(record, *discard, now);
        } else {
            core_.admit_late(record, age, now);
        }
    });
    // Each counts as an event again, and did so for its result.
    budget_.let_go_results(results);
    for (auto& [lane, aside] : of_paused) {
        // All that there is of it, as it was: that can be packed.
        if (aside.records == shelved.records) aside.indices = shelved.indices;
        set_aside(lane, std::move(aside));
    }
    if (rest.records == shelved.records) rest.indices = shelved.indices;
    fruitless_loads_ = in_core.unsettled == 0 && of_paused.empty() ? fruitless_loads_ + 1 : 0;
    if (fruitless_loads_ >= most_fruitless_loads) {
        fruitless_loads_ = 0;
        load_again_at_ = now + between_fruitless_loads;
    }
    if (in_core.unsettled == 0) in_core_.remove(in_core);
    if (rest.records > 0) shelf_.pass_over(std::move(rest));
}

// What it was of its keys stays in their count, so what comes of these goes the long way, behind
// the shelf.
void OutboxStage::lost(const ShelvedPage& page) {
    const Error error{ErrorCode::outbox,
                      "page " + std::to_string(page.id) +
                          " of the outbox was lost with a damaged file, and " +
                          counted(page.records, "event", "events") + " with it",
                      page.generations.front().first == Generations::earlier_run, 0};
    log(log_error, error.message);
    for (const auto& [generation, records] : page.generations) {
        for (std::uint32_t i = 0; i < records; ++i) core_.fail_expected(generation);
    }
    for (const auto& [index, slot] : page.wanted) fail(slot, error);
}

void OutboxStage::fail(detail::Slot* slot, const Error& error) {
    budget_.let_go_results(1);
    if (slot->wanted()) {
        auto settlement = std::make_unique<Settlement>();
        settlement->error = error;
        slot->settle(std::move(settlement));
    } else {
        slot->settle_unwanted();
    }
}

// Forgets a record that nobody could send.
void OutboxStage::refuse(KeptPage& page, std::uint32_t index, std::uint32_t generation,
                         detail::Slot* slot) {
    const Error error{ErrorCode::outbox,
                      "record " + std::to_string(index) + " of the outbox's page " +
                          std::to_string(page.id) + " does not fit to its bytes, so it is dropped",
                      false, 0};
    log(log_error, error.message);
    core_.fail_expected(generation);
    if (slot != nullptr) fail(slot, error);
    ++page.unsettled;
    settled({.page = page.number, .index = index});
}

}  // namespace lk::pipeline
