#include "outbox/keeper.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <utility>

#include "outbox/as_soon_as_memory.hpp"
#include "outbox/schema.hpp"

namespace lk::outbox {

namespace {

using namespace std::chrono_literals;

// How much of the log is copied into the file at once, in pages of it: 32 MiB. Most of them have
// been written over by then: what is settled soon is never copied.
constexpr int log_pages = 512;
// Free pages that stay for what comes: 16 MiB. What is more is given back in small steps.
constexpr std::int64_t spare_pages = 256;
constexpr int pages_a_step = 64;
// What is settled, where room is short.
constexpr std::ptrdiff_t due_a_step = 4;
constexpr auto tidy_delay = 1s;
constexpr auto tidy_step = 20ms;
constexpr auto retry_delay = 1s;

constexpr DirectoryUse outbox_directory{
    .name = "outbox directory", .mend = "stop that, or give each process a directory of its own"};

TimePoint now() {
    return std::chrono::steady_clock::now();
}

// What it may take in the file.
std::int64_t most_file_pages(const PageDraft& draft) {
    std::size_t bytes = 0;
    for (const KeptRecord& record : draft) bytes += record.cbor.size() + record_header_bytes;
    return static_cast<std::int64_t>(bytes) / file_page_bytes + 1;
}

// Those of a page that are left and not discarded.
std::uint64_t wanted_records(const PageState& state,
                             const std::map<std::uint64_t, PageId>& discarded, PageId id) {
    if (discarded.empty()) return state.unsettled();
    const std::vector<std::uint64_t> fingerprints = state.fingerprints();
    return static_cast<std::uint64_t>(
        std::ranges::count_if(fingerprints, [&](std::uint64_t fingerprint) {
            const auto found = discarded.find(fingerprint);
            return found == discarded.end() || id > found->second;
        }));
}

}  // namespace

Keeper::Keeper(const Options& options, DirectoryLock lock)
    : options_(options), directory_lock_(std::move(lock)), file_(options, [this](const File& file) {
          next_id_ = std::max(next_id_.load(), file.tally().next_id);
          bytes_.store(file.bytes(), std::memory_order_relaxed);
      }) {}

Keeper::~Keeper() = default;

Expected<std::unique_ptr<Keeper>, Error> Keeper::open(const Options& options) {
    auto lock = DirectoryLock::claim(options.directory, outbox_directory);
    if (!lock) {
        return Error{.code = ErrorCode::outbox, .message = std::move(lock).error().message};
    }
    std::unique_ptr<Keeper> keeper(new Keeper(options, std::move(lock).value()));
    auto error = keeper->file_.attempt([](File& file) { file.check(); });
    if (error) return std::move(*error);
    return keeper;
}

Expected<FileStream, Error> Keeper::stream(std::string_view name) {
    FileStream stream;
    if (auto error = file_.attempt([&](File& file) { stream = file.stream(name); })) {
        return std::move(*error);
    }
    file_.use(stream);
    return stream;
}

Expected<std::vector<LeftPage>, Error> Keeper::left(const FileStream& stream, PageId after,
                                                    PageId before, int most) {
    std::vector<LeftPage> pages;
    auto error = file_.attempt([&](File& file) {
        pages.clear();
        file.for_each_unsettled(
            stream, after, before, most, [&](PageId id, const PageState& state) {
                pages.push_back({.id = id, .fingerprints = state.fingerprints()});
            });
    });
    if (error) return std::move(*error);
    return pages;
}

Expected<std::vector<DiscardedKey>, Error> Keeper::discarded() {
    std::vector<DiscardedKey> keys;
    if (auto error = file_.attempt([&](File& file) { keys = file.discarded(); })) {
        return std::move(*error);
    }
    return keys;
}

Expected<std::vector<StreamContents>, Error> Keeper::contents() {
    std::vector<StreamContents> all;
    auto error = file_.attempt([&](File& file) {
        all.clear();
        std::map<std::int64_t, std::map<std::uint64_t, PageId>> discarded;
        for (const DiscardedKey& key : file.discarded()) {
            discarded[key.stream][key.fingerprint] = key.last_page;
        }
        for (const FileStream& stream : file.streams()) {
            StreamContents& one = all.emplace_back();
            one.name = stream.name;
            file.for_each_unsettled(stream, 0, std::numeric_limits<PageId>::max(), -1,
                                    [&](PageId id, const PageState& state) {
                                        const std::uint64_t records =
                                            wanted_records(state, discarded[stream.number], id);
                                        one.bytes += allocated_bytes(state.body_bytes());
                                        if (records == 0) return;
                                        if (!one.oldest_ms) one.oldest_ms = state.kept_at_ms();
                                        ++one.pages;
                                        one.records += records;
                                    });
        }
    });
    if (error) return std::move(*error);
    return all;
}

void Keeper::carry_out(Asked asked) {
    for (const Asked::Settle& one : asked.settles) settle(one);
    as_soon_as_memory([&] { flushes_.reserve(flushes_.size() + asked.flushes.size()); });
    for (auto& flush : asked.flushes) flushes_.push_back(std::move(flush));
    as_soon_as_memory([&] { discards_.reserve(discards_.size() + asked.discards.size()); });
    for (const Asked::Discard& one : asked.discards) discards_.push_back(one.key);
    if (!asked.keeps.empty() || !asked.discards.empty() || (is_anything_due() && may_write())) {
        write(asked.keeps, asked.discards);
    }
    if (origin_.inherited()) return;
    for (const Asked::Load& one : asked.loads) {
        one.done(load(one));
        if (origin_.inherited()) return;
    }
    for (const auto& question : asked.questions) question(*this);
    answer_flushes();
}

void Keeper::settle(const Asked::Settle& settle) {
    as_soon_as_memory([&] {
        Due& due = due_[settle.id];
        due.stream = settle.stream;
        due.records.insert(due.records.end(), settle.records.begin(), settle.records.end());
    });
}

std::vector<Keeper::Draft> Keeper::number(const std::vector<Asked::Keep>& keeps) {
    std::vector<Draft> drafts;
    PageId id = next_id_;
    for (const Asked::Keep& keep : keeps) {
        for (const PageDraft& page : keep.pages) {
            drafts.push_back({.stream = keep.stream, .id = id++, .records = &page});
        }
    }
    next_id_ = id;
    return drafts;
}

void Keeper::write(std::vector<Asked::Keep>& keeps, const std::vector<Asked::Discard>& discards) {
    const std::vector<Draft> drafts = as_soon_as_memory([&] { return number(keeps); });
    bool begun = false;
    const auto error = file_.attempt([&](File& file) {
        make_room(file, drafts);
        write(file, drafts, std::exchange(begun, true));
    });
    if (error) {
        for (const Draft& draft : begun ? std::span(drafts) : std::span<const Draft>()) {
            as_soon_as_memory(
                [&] { due_[draft.id] = {.stream = draft.stream, .records = {}, .remove = true}; });
        }
        retry_at_ = now() + retry_delay;
    } else {
        due_.clear();
        discards_.clear();
        retry_at_ = never;
        bytes_.store(file_.bytes(), std::memory_order_relaxed);
        if (sync_at_ == never && options_.sync == Sync::interval) {
            sync_at_ = now() + options_.sync_interval;
        }
        tidy_at_ = now() + tidy_delay;
    }
    auto next = drafts.begin();
    for (const Asked::Keep& keep : keeps) {
        using Answer = Expected<std::vector<PageId>, Error>;
        keep.done(as_soon_as_memory([&]() -> Answer {
            if (error) return *error;
            std::vector<PageId> ids(keep.pages.size());
            std::transform(next, next + static_cast<std::ptrdiff_t>(ids.size()), ids.begin(),
                           [](const Draft& draft) { return draft.id; });
            return ids;
        }));
        next += static_cast<std::ptrdiff_t>(keep.pages.size());
        if (origin_.inherited()) return;
    }
    for (const Asked::Discard& discard : discards) {
        discard.done(as_soon_as_memory([&] { return std::optional(error); }));
        if (origin_.inherited()) return;
    }
    if (!error && file_.log_pages() >= log_pages) copy_log(false);
}

void Keeper::write(File& file, const std::vector<Draft>& drafts, bool again) {
    File::Change change(file);
    const std::int64_t kept_at_ms = system_now_ms();
    for (const Draft& draft : drafts) {
        // The first attempt may have come as far as the file.
        if (again) change.remove(*draft.stream, draft.id);
        change.keep(*draft.stream, draft.id, kept_at_ms, *draft.records);
    }
    for (const auto& [id, due] : due_) write_due(change, id, due);
    for (const DiscardedKey& key : discards_) change.discard(key);
    change.commit();
}

void Keeper::write_due(File::Change& change, PageId id, const Due& due) {
    if (due.remove) {
        change.remove(*due.stream, id);
    } else {
        change.settle(*due.stream, id, due.records);
    }
}

void Keeper::make_room(File& file, const std::vector<Draft>& drafts) {
    const std::int64_t pages =
        std::transform_reduce(drafts.begin(), drafts.end(), std::int64_t{0}, std::plus<>(),
                              [](const Draft& draft) { return most_file_pages(*draft.records); });
    if (file.make_room(pages, static_cast<std::int64_t>(due_.size()))) return;
    write_due_by_steps(file);
    if (drafts.empty() || file.make_room(pages, 0)) return;
    throw sqlite::DatabaseError("the disk has no room for " + std::to_string(pages) +
                                    " x 64 KiB more, and for what is written to remove that",
                                sqlite::DatabaseError::Kind::full);
}

// Each takes little room before it gives some.
void Keeper::write_due_by_steps(File& file) {
    while (!due_.empty()) {
        const auto end =
            std::next(due_.begin(), std::min<std::ptrdiff_t>(due_a_step, std::ssize(due_)));
        File::Change change(file);
        for (auto due = due_.begin(); due != end; ++due) write_due(change, due->first, due->second);
        change.commit();
        due_.erase(due_.begin(), end);
        file.log().copy_and_truncate();
    }
}

Expected<ReadPage, Error> Keeper::load(const Asked::Load& asked) {
    ReadPage page;
    if (auto error =
            file_.attempt([&](File& file) { page = file.load(*asked.stream, asked.id); })) {
        return std::move(*error);
    }
    const auto due = due_.find(asked.id);
    if (!page || due == due_.end()) return page;
    for (const std::uint32_t record : due->second.records) {
        if (record < page->settled.size()) page->settled[record] = true;
    }
    return page;
}

// Only what is written can be flushed: where the disk fails they wait, until it works or the end.
void Keeper::answer_flushes() {
    if (flushes_.empty() || is_anything_due() || !synchronize()) return;
    for (const auto& done : std::exchange(flushes_, {})) {
        done();
        if (origin_.inherited()) return;
    }
}

// Where that failed, a file that is opened anew reads what can still be read of its log, copies it,
// and so has it on the disk.
bool Keeper::synchronize() {
    if (sync_at_ == never) return true;
    const auto work = [](File& file) { file.log().synchronize(); };
    const bool worked =
        file_.is_open()
            ? file_.chore(
                  work, "; what was stored since the last time may be lost when the machine fails")
            : !file_.attempt(work);
    sync_at_ = worked ? never : now() + retry_delay;
    return worked;
}

// What was committed is in the log.
void Keeper::copy_log(bool truncate) {
    file_.chore([&](File& file) { truncate ? file.log().copy_and_truncate() : file.log().copy(); });
}

TimePoint Keeper::next_chore() const noexcept {
    return std::min({retry_at_, sync_at_, tidy_at_});
}

void Keeper::do_chores(TimePoint at) {
    if (retry_at_ <= at) {
        std::vector<Asked::Keep> none;
        write(none);
        answer_flushes();
    }
    if (sync_at_ <= at && synchronize()) answer_flushes();
    if (tidy_at_ > at) return;
    tidy_at_ = never;
    if (!file_.is_open()) return;
    const bool more = give_back_a_step(at);
    if (file_.is_open() && (!more || file_.log_pages() >= log_pages)) copy_log(true);
}

// What is due waits, once the disk has failed, for its time to be tried again: where it stays full,
// what is there is still read, which a file that is opened anew for each attempt would slow down.
bool Keeper::may_write() const noexcept {
    return retry_at_ == never || retry_at_ <= now();
}

// Whether there is more to give back.
bool Keeper::give_back_a_step(TimePoint at) {
    bool more = false;
    const bool worked = file_.chore([&](File& file) {
        more = file.free_pages() > spare_pages;
        if (more) file.give_back(pages_a_step);
    });
    if (worked && more) tidy_at_ = at + tidy_step;
    return !worked || more;
}

void Keeper::finish() {
    if (is_anything_due()) {
        std::vector<Asked::Keep> none;
        write(none);
    }
    // The second time on a file that was opened anew.
    if (!synchronize()) (void)synchronize();
    for (const auto& done : std::exchange(flushes_, {})) done();
    if (origin_.inherited()) return;
    file_.close();
}

}  // namespace lk::outbox
