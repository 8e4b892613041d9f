#include "pipeline/outbox_stage.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "base/counted.hpp"
#include "base/fork.hpp"
#include "pipeline/outbox_stage_mail.hpp"
#include "pipeline/page.hpp"

namespace lk::pipeline {
namespace {

constexpr Duration between_looks_at_a_full_outbox = std::chrono::milliseconds(100);
constexpr Duration between_drops = std::chrono::milliseconds(100);

std::size_t bytes_in_draft(const Pending& record) noexcept {
    return record.cbor_bytes + outbox::record_header_bytes;
}

}  // namespace

void OutboxStage::Mail::post(Envelope& letter) noexcept {
    std::shared_ptr<Loop> awake;
    {
        const std::lock_guard lock(mutex);
        if (loop == nullptr) return;
        letters.splice(letters.end(), letter);
        awake = loop;
    }
    awake->wake();
}

OutboxStage::OutboxStage(Options options, Core& core, Intake& intake, Budget& budget)
    : outbox_(std::move(options.outbox)),
      mail_(std::make_shared<Mail>()),
      inbox_(std::move(options.inbox)),
      stream_(std::move(options.stream)),
      core_(core),
      intake_(intake),
      budget_(budget),
      shelf_(budget.bytes() / 4) {
    mail_->loop = std::move(options.loop);
}

OutboxStage::~OutboxStage() {
    const std::lock_guard lock(mail_->mutex);
    mail_->loop.reset();
}

std::optional<Error> OutboxStage::shelve_what_was_left() {
    auto error = outbox_->for_each_left([this](const outbox::LeftPage& left) {
        const auto records = static_cast<std::uint32_t>(left.fingerprints.size());
        for (const std::uint64_t fingerprint : left.fingerprints) shelf_.add_key(fingerprint);
        shelf_.add({.id = left.id,
                    .records = records,
                    .generations = {{Generations::earlier_run, records}}});
        core_.expect(Generations::earlier_run, records);
    });
    if (!error && !shelf_.empty()) {
        auto discarded = outbox_->discarded();
        if (!discarded) return std::move(discarded).error();
        discarded_before_ = std::move(discarded).value();
    }
    if (shelf_.records() != 0) {
        log(log_info, "the outbox holds " + counted(shelf_.records(), "event", "events") +
                          " of an earlier run, to be sent first");
    }
    update_budget();
    return error;
}

void OutboxStage::take(Pending* record, TimePoint now) {
    core_.expect(record->generation, 1);
    record->deadline = now + core_.deliver_within();
    const bool waits = must_wait(*record);
    Draft& draft = waits ? open_waiting_ : open_;
    draft.waits = waits;
    const std::size_t bytes = bytes_in_draft(*record);
    if (draft.bytes + bytes > outbox::full_page_bytes) {
        // What its keys have there comes first.
        if (waits) seal(open_);
        seal(draft);
        draft.waits = waits;
    }
    if (waits) shelf_.add_key(record->lane);
    draft.records.push_back(record);
    draft.bytes += bytes;
    drafted_bytes_ += bytes;
}

void OutboxStage::seal(Draft& draft) {
    if (draft.records.empty()) return;
    const std::size_t records = draft.records.size();
    drafts_.push_back(std::exchange(draft, {}));
    // The next one will hold about as many.
    draft.records.reserve(records + records / 8);
}

void OutboxStage::turn(TimePoint now, const std::shared_ptr<void>& owner) {
    read_mail(now);
    tell_settled();
    hand_over(now, owner);
    send_without_the_disk(now);
    load_next(now);
    forget_discards();
    if (budget_.is_half_full() && now >= drop_unwanted_at_) {
        drop_unwanted_at_ = now + between_drops;
        budget_.let_go_results(shelf_.drop_unwanted() + set_aside_.drop_unwanted());
        intake_.give_back_released();
    }
    update_budget();
}

void OutboxStage::read_mail(TimePoint now) {
    Envelope letters;
    {
        const std::lock_guard lock(mail_->mutex);
        letters.swap(mail_->letters);
    }
    for (const auto& letter : letters) letter->read(now);
}

// Keeps the bytes of what is being written where they are, whatever becomes of the records: a disk
// may hang for longer than close() waits.
class OutboxStage::WrittenPages {
  public:
    explicit WrittenPages(std::shared_ptr<void> owner) : owner_(std::move(owner)) {}
    ~WrittenPages() {
        if (origin_.inherited()) {
            keep_for_good(std::move(owner_));
        } else {
            for (Page* const page : pages_) page->let_go();
        }
    }
    WrittenPages(const WrittenPages&) = delete;
    WrittenPages& operator=(const WrittenPages&) = delete;

    void hold(Page* page) {
        if (!pages_.empty() && pages_.back() == page) return;
        pages_.push_back(page);
        page->hold();
    }

  private:
    const Origin origin_;
    std::shared_ptr<void> owner_;
    std::vector<Page*> pages_;
};

void OutboxStage::hand_over(TimePoint now, const std::shared_ptr<void>& owner) {
    if (writing_ || !any_drafts() || now < write_again_at_) return;
    seal(open_);
    seal(open_waiting_);
    const auto end = drafts_.begin() + std::min(std::ssize(drafts_), most_at_once_);
    written_.assign(std::move_iterator(drafts_.begin()), std::move_iterator(end));
    drafts_.erase(drafts_.begin(), end);
    const auto held = std::make_shared<WrittenPages>(owner);
    std::vector<outbox::PageDraft> pages;
    pages.reserve(written_.size());
    for (const Draft& draft : written_) {
        outbox::PageDraft& page = pages.emplace_back();
        page.reserve(draft.records.size());
        for (const Pending* record : draft.records) {
            held->hold(record->page);
            page.push_back({.cbor = {record->bytes, record->cbor_bytes},
                            .data_bytes = record->data_bytes(),
                            .key_bytes = record->key_bytes,
                            .hash_key_bytes = static_cast<std::uint8_t>(record->hash_key_bytes),
                            .is_envelope = record->is_envelope,
                            .fingerprint = record->lane});
        }
    }
    writing_ = true;
    using Ids = Expected<std::vector<outbox::PageId>, Error>;
    outbox_->keep(std::move(pages), by_mail<Ids>(
                                        [this](Ids ids, TimePoint then) {
                                            writing_ = false;
                                            ids ? kept(*ids, then) : not_kept(ids.error(), then);
                                        },
                                        held));
}

void OutboxStage::kept(const std::vector<outbox::PageId>& ids, TimePoint now) {
    if (std::exchange(disk_fails_, false)) log(log_info, "the outbox can be written again");
    most_at_once_ = std::min(2 * most_at_once_, all_at_once);
    for (const outbox::PageId id : ids) {
        Draft draft = std::move(written_.front());
        written_.pop_front();
        drafted_bytes_ -= draft.bytes;
        for (const Pending* record : draft.records) record->slot->stored();
        if (!may_go_on(draft)) {
            let_wait(draft);
            shelve(draft, id);
            continue;
        }
        KeptPage& page = in_core_.add(id);
        page.unsettled = static_cast<std::uint32_t>(draft.records.size());
        for (std::uint32_t i = 0; i < page.unsettled; ++i) {
            set_kept_place(*draft.records[i], page, i);
            admit(draft.records[i], now);
        }
    }
}

// Those that may go on are sent from memory. The others wait in front of what came after them.
void OutboxStage::not_kept(const Error& error, TimePoint now) {
    write_again_at_ = now + between_disk_failures;
    if (!std::exchange(disk_fails_, true)) {
        log(log_error,
            "the outbox cannot be written, so events are sent from memory meanwhile, and are lost "
            "if "
            "this process dies: " +
                error.message);
    }
    most_at_once_ = few_at_once;
    drafts_.insert(drafts_.begin(), std::move_iterator(written_.begin()),
                   std::move_iterator(written_.end()));
    written_.clear();
    std::deque<Draft> waiting;
    for (Draft& draft : drafts_) {
        if (!may_go_on(draft)) {
            let_wait(draft);
            waiting.push_back(std::move(draft));
            continue;
        }
        drafted_bytes_ -= draft.bytes;
        for (Pending* record : draft.records) admit(record, now);
    }
    drafts_.swap(waiting);
}

// Once nothing stands on the disk before them, what waits to go there behind its keys need not: it
// could wait for room as long as the disk is full, and all that comes after it behind that. A key
// that may not go on, as it is paused, stays, and others pass it.
void OutboxStage::send_without_the_disk(TimePoint now) {
    if (!disk_fails_ || writing_ || !shelf_.empty() || !loading_.empty() || !not_loaded_.empty())
        return;
    std::unordered_set<std::uint64_t> held;
    for (Draft& draft : drafts_) {
        if (!has_room_in_core()) break;
        std::erase_if(draft.records, [&](Pending* record) {
            const std::uint64_t lane = record->lane;
            if (held.contains(lane)) return false;
            if (holds_its_share(lane, record_of(*record))) {
                if (lane != 0) held.insert(lane);
                return false;
            }
            const std::size_t bytes = bytes_in_draft(*record);
            draft.bytes -= bytes;
            drafted_bytes_ -= bytes;
            if (draft.waits) shelf_.remove_key(lane);
            admit(record, now);
            return true;
        });
    }
    std::erase_if(drafts_, [](const Draft& draft) { return draft.records.empty(); });
}

// Its keys count as the shelf's from now on.
void OutboxStage::let_wait(Draft& draft) {
    if (std::exchange(draft.waits, true)) return;
    for (const Pending* record : draft.records) shelf_.add_key(record->lane);
}

bool OutboxStage::may_go_on(const Draft& draft) const {
    return !draft.waits && has_room_in_core() &&
           std::none_of(draft.records.begin(), draft.records.end(),
                        [this](const Pending* record) { return must_wait(*record); });
}

bool OutboxStage::has_room_in_core() const {
    return bytes_from_dispatch_ < budget_.bytes() / 2;
}

bool OutboxStage::must_wait(const Pending& record) const {
    return shelf_.may_hold(record.lane) || holds_its_share(record.lane, record_of(record));
}

// Of the half of the budget that is for what is in the core. A paused key's is nothing.
bool OutboxStage::holds_its_share(std::uint64_t lane, const Record& record) const {
    if (lane != 0 && core_.is_paused(lane)) return true;
    if (lane != 0 && budget_.held_by_key(lane) > budget_.options().most_held_by_key / 2)
        return true;
    if (!budget_.any_shard_full()) return false;
    const auto given = event::parse_hash_key(record.explicit_hash_key);
    return budget_.in_full_shard(given ? *given
                                       : event::hash_of_partition_key(record.partition_key));
}

void OutboxStage::admit(Pending* record, TimePoint now) {
    (record->reloaded ? bytes_reloaded_ : bytes_from_dispatch_) += held_bytes(*record);
    if (const Error* const error = discards(record->lane, record->generation)) {
        core_.fail_discarded(record, *error, now);
    } else {
        core_.admit(record, now);
    }
}

void OutboxStage::released(const Pending& record) noexcept {
    (record.reloaded ? bytes_reloaded_ : bytes_from_dispatch_) -= held_bytes(record);
}

// The record's bytes leave memory. Its result stays where somebody wants it.
void OutboxStage::shelve(const Draft& draft, outbox::PageId id) {
    ShelvedPage page{.id = id};
    Budget::Return returned;
    for (std::uint32_t i = 0; i < draft.records.size(); ++i) {
        Pending* const record = draft.records[i];
        const bool wanted = record->slot->wanted();
        page.add(i, record->generation, wanted ? record->slot : nullptr, record->lane);
        if (wanted) {
            budget_.hold_result();
        } else {
            record->slot->settle_unwanted();
        }
        budget_.settled(*record, returned);
        intake_.release(record);
    }
    page.indices.clear();
    shelf_.add(std::move(page));
    intake_.give_back_released();
    budget_.give_back(returned);
}

void OutboxStage::settled(KeptPlace place) {
    KeptPage& page = in_core_[place.page];
    if (page.settled.empty()) to_tell_.push_back(&page);
    page.settled.push_back(place.index);
}

// Tells once, whether it is told or let go of.
class OutboxStage::Later {
  public:
    explicit Later(std::function<void(bool)> tell) : tell_(std::move(tell)) {}
    ~Later() { tell(false); }
    Later(const Later&) = delete;
    Later& operator=(const Later&) = delete;

    void tell(bool has_it) {
        if (!told_.exchange(true)) tell_(has_it);
    }

  private:
    const std::function<void(bool)> tell_;
    std::atomic<bool> told_{false};
};

std::function<void(bool)> OutboxStage::settled_later(const Pending& record) {
    // The stage reads its letters while it lives.
    auto later = std::make_shared<Later>(
        by_mail<bool>([this, place = kept_place_of(record)](bool has_it, TimePoint) {
            --told_later_;
            has_it ? settled(place) : left(place);
        }));
    ++told_later_;
    return [later = std::move(later)](bool has_it) { later->tell(has_it); };
}

void OutboxStage::left(KeptPlace place) {
    KeptPage& page = in_core_[place.page];
    if (--page.unsettled == 0 && page.settled.empty()) in_core_.remove(page);
}

void OutboxStage::tell_settled() {
    for (KeptPage* page : to_tell_) {
        page->unsettled -= static_cast<std::uint32_t>(page->settled.size());
        outbox_->settle(page->id, std::exchange(page->settled, {}));
        if (page->unsettled == 0) in_core_.remove(*page);
    }
    to_tell_.clear();
}

void OutboxStage::update_budget() {
    budget_.holds_besides(shelf_.memory_bytes() + set_aside_.memory_bytes() + discards_bytes());
    budget_.outbox_is_full(is_full());
}

bool OutboxStage::is_full() const noexcept {
    return outbox_->bytes() + drafted_bytes_ >= outbox_->max_bytes();
}

TimePoint OutboxStage::next_moment(TimePoint now) const noexcept {
    TimePoint next = ends_at_;
    if (!to_tell_.empty()) next = std::min(next, now);
    if (!writing_ && any_drafts()) next = std::min(next, std::max(now, write_again_at_));
    if (loading_.empty() && !shelf_.empty()) {
        const TimePoint load_at =
            shelf_.pass_is_over() ? std::max(next_pass_at_, load_again_at_) : load_again_at_;
        if (load_at > now) next = std::min(next, load_at);
    }
    // It tells nobody when it has room again.
    if (is_full()) next = std::min(next, now + between_looks_at_a_full_outbox);
    if (budget_.is_half_full() && !(shelf_.empty() && set_aside_.empty())) {
        next = std::min(next, std::max(now, drop_unwanted_at_));
    }
    return next;
}

void OutboxStage::log(int level, std::string_view line) const {
    inbox_->log(level, stream_ + ": " + std::string(line));
}

}  // namespace lk::pipeline
