#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/loop.hpp"
#include "outbox/outbox.hpp"
#include "pipeline/budget.hpp"
#include "pipeline/core.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/kept_pages.hpp"
#include "pipeline/request.hpp"
#include "pipeline/set_aside.hpp"
#include "pipeline/shelf.hpp"

namespace lk::pipeline {

/// Between the intake and the core where there is an outbox: no record is sent before it is kept,
/// and none is forgotten there before it is settled.
///
///     intake ──► draft ──► outbox ──► core ──► settled: forgotten
///                            │ ▲       ▲
///                            ▼ │       │ while there is room in memory
///                          the shelf ──┘
///
/// - Records are gathered into drafts, a draft becomes a page of the outbox. One write is under way
///   at a time, and what comes meanwhile is written with the next: a commit for many.
/// - A page that is kept goes on to the core whole while records in memory take less than half of
///   the budget. Else it stays on the disk alone and is read back in its turn. So do records whose
///   key or shard holds its share of memory already, and those behind an earlier record of their
///   key on the shelf. So records of a key keep their order, those with random keys may overtake,
///   and no key and no shard holds up another.
/// - What is of a paused key stays on the disk, aside, until that is resumed or discarded.
/// - What an earlier run left begins on the shelf.
/// - While the disk refuses to write, records are sent from memory as if there were no outbox, but
///   for those that must go behind others.
///
/// Of the driver's thread.
class OutboxStage {
  public:
    /// Pages that are on their way back from the outbox at once.
    static constexpr std::size_t most_loads = 16;

    struct Options {
        std::shared_ptr<outbox::StreamOutbox> outbox;
        std::shared_ptr<Loop> loop;
        std::shared_ptr<Inbox> inbox;  ///< For what is to be logged.
        std::string stream;
    };
    OutboxStage(Options options, Core& core, Intake& intake, Budget& budget);
    OutboxStage(const OutboxStage&) = delete;
    OutboxStage& operator=(const OutboxStage&) = delete;
    ~OutboxStage();

    /// First of all: what an earlier run left goes on the shelf.
    [[nodiscard]] std::optional<Error> shelve_what_was_left();

    /// A record out of the intake.
    void take(Pending* record, TimePoint now);

    /// Hands on what can go on: drafts to the outbox, kept pages to the core, shelved ones back
    /// into memory. `owner` is what keeps the records' bytes alive while the outbox reads them.
    void turn(TimePoint now, const std::shared_ptr<void>& owner);

    /// The core has settled a record that is kept: the outbox may forget it.
    void settled(const Pending& record) { settled(kept_place_of(record)); }
    /// The same, when somebody has the event besides: to be called with whether he has, or let go
    /// of, from any thread.
    [[nodiscard]] std::function<void(bool)> settled_later(const Pending& record);
    /// The record leaves memory: it takes no room any more.
    void released(const Pending& record) noexcept;
    /// It stays for the next run.
    void left(const Pending& record) { left(kept_place_of(record)); }

    /// The core has paused this key,
    void paused(std::uint64_t lane);
    /// or resumed it,
    void resumed(std::uint64_t lane);
    /// or failed what it had of it up to this generation: so does what is here, when it is read.
    void discarded(std::uint64_t lane, const Error& error, std::uint32_t last_generation);

    /// From any thread: what discard() of a key is to cover, asked before the key is let go on,
    [[nodiscard]] outbox::PageId last_page() const noexcept { return outbox_->last_page(); }
    /// and that this stands on the disk, so that no later run sends it. Waits for that.
    void persist_discard(std::uint64_t lane, outbox::PageId last) const;

    /// Nothing that is not settled.
    [[nodiscard]] bool empty() const noexcept {
        return shelf_.empty() && set_aside_.empty() && loading_.empty() && !any_drafts() &&
               !writing_ && told_later_ == 0;
    }
    /// A write is under way, so records that come now wait for its end.
    [[nodiscard]] bool is_writing() const noexcept { return writing_; }
    [[nodiscard]] TimePoint next_moment(TimePoint now) const noexcept;

    /// close(): true once all that can be is on the disk, or it takes too long.
    [[nodiscard]] bool may_end(TimePoint now, TimePoint deadline);
    /// Then: what is in no page goes to the core, to fail there; what is on the shelf is left.
    void end(TimePoint now, const Error& kept);

  private:
    struct Draft {
        std::vector<Pending*> records;
        std::size_t bytes = 0;
        /// It goes on the shelf, whose keys its own are already: so later records of them follow it
        /// there, whatever changes meanwhile.
        bool waits = false;
    };
    /// What the outbox's thread has done, to be looked at by the driver's.
    struct Letter {
        virtual ~Letter() = default;
        virtual void read(TimePoint now) = 0;
    };
    /// One that is to be posted: whoever does so may have no memory for it then.
    using Envelope = std::list<std::unique_ptr<Letter>>;
    struct Mail {
        std::mutex mutex;
        Envelope letters;
        std::shared_ptr<Loop> loop;

        void post(Envelope& letter) noexcept;
    };
    template <class Answer, class Read>
    std::function<void(Answer)> by_mail(Read read, std::shared_ptr<void> owner = {}) const;

    class Later;
    class WrittenPages;

    void settled(KeptPlace place);
    void left(KeptPlace place);
    void read_mail(TimePoint now);
    void hand_over(TimePoint now, const std::shared_ptr<void>& owner);
    void kept(const std::vector<outbox::PageId>& ids, TimePoint now);
    void not_kept(const Error& error, TimePoint now);
    [[nodiscard]] bool may_go_on(const Draft& draft) const;
    [[nodiscard]] bool has_room_in_core() const;
    [[nodiscard]] bool must_wait(const Pending& record) const;
    [[nodiscard]] bool holds_its_share(std::uint64_t lane, const Record& record) const;
    void admit(Pending* record, TimePoint now);
    void set_aside(std::uint64_t lane, ShelvedPage page);
    void put_back(PageQueue pages);
    [[nodiscard]] const Error* discards(std::uint64_t lane, std::uint32_t generation) const;
    [[nodiscard]] const Error* discards(std::uint64_t lane, std::uint32_t generation,
                                        outbox::PageId page) const;
    void forget_discards();
    [[nodiscard]] std::size_t discards_bytes() const noexcept;
    void shelve(const Draft& draft, outbox::PageId id);
    [[nodiscard]] bool any_drafts() const noexcept {
        return !drafts_.empty() || !open_.records.empty() || !open_waiting_.records.empty();
    }
    void seal(Draft& draft);
    void send_without_the_disk(TimePoint now);
    void let_wait(Draft& draft);
    void load_next(TimePoint now);
    void loaded(Expected<outbox::ReadPage, Error> page, TimePoint now);
    void lost(const ShelvedPage& page);
    void fail(detail::Slot* slot, const Error& error);
    [[nodiscard]] bool begin_pass(TimePoint now);
    void restore(const outbox::KeptPage& page, const ShelvedPage& shelved, TimePoint now);
    void refuse(KeptPage& page, std::uint32_t index, std::uint32_t generation, detail::Slot* slot);
    void leave(const ShelvedPage& page, const Error& kept);
    void tell_settled();
    void update_budget();
    [[nodiscard]] bool is_full() const noexcept;
    void log(int level, std::string_view line) const;

    const std::shared_ptr<outbox::StreamOutbox> outbox_;
    const std::shared_ptr<Mail> mail_;
    const std::shared_ptr<Inbox> inbox_;
    const std::string stream_;
    Core& core_;
    Intake& intake_;
    Budget& budget_;

    std::deque<Draft> drafts_;  // in the order in which they go into the outbox
    // Those that are open: for records that may go on at once, and for those that must wait. What a
    // key has in the first comes before what it has in the second.
    Draft open_;
    Draft open_waiting_;
    std::size_t drafted_bytes_ = 0;
    std::deque<Draft> written_;  // those under way
    bool writing_ = false;
    // After the disk has failed few, then more and more: it may have room for some, and not for all
    // that has gathered meanwhile.
    static constexpr std::ptrdiff_t few_at_once = 4;
    static constexpr std::ptrdiff_t all_at_once = 1'000'000;
    std::ptrdiff_t most_at_once_ = all_at_once;
    TimePoint write_again_at_{};
    bool disk_fails_ = false;

    struct Discarded {
        Error error;
        std::uint32_t last_generation = 0;
    };

    Shelf shelf_;
    SetAside set_aside_;
    std::unordered_map<std::uint64_t, Discarded> discarded_;
    outbox::DiscardedKeys discarded_before_;  // by an earlier run, of what it left
    std::deque<ShelvedPage> loading_;
    std::vector<ShelvedPage> not_loaded_;
    TimePoint load_again_at_{};
    TimePoint next_pass_at_{};
    int fruitless_loads_ = 0;              // one after another: nothing of them could go on
    std::size_t bytes_from_dispatch_ = 0;  // of what is in the core
    std::size_t bytes_reloaded_ = 0;
    KeptPages in_core_;
    std::vector<KeptPage*> to_tell_;
    TimePoint drop_unwanted_at_{};

    std::size_t told_later_ = 0;
    static constexpr Duration between_disk_failures = std::chrono::seconds(1);

    enum class Ending { not_yet, flushing, flushed } ending_ = Ending::not_yet;
    TimePoint ends_at_ = never;
};

}  // namespace lk::pipeline
