#include <atomic>
#include <filesystem>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

#include "base/must_not_wait.hpp"
#include "base/per_process.hpp"
#include "outbox/outbox.hpp"
#include "outbox/shared_outbox.hpp"

namespace lk::outbox {

namespace {

Error forked() {
    return {.code = ErrorCode::forked,
            .message =
                "the outbox was opened before fork(), in the parent process; open one of "
                "the child's own, in another directory"};
}

Error would_wait_for_itself() {
    return {.code = ErrorCode::would_deadlock,
            .message = "an outbox was asked to wait on its own thread; ask from another"};
}

Error is_shared() {
    return {.code = ErrorCode::outbox,
            .message =
                "another dispatch function of this process has the same stream in the same outbox; "
                "make one alone"};
}

class OpenStream final : public StreamOutbox {
  public:
    OpenStream(std::shared_ptr<SharedOutbox> outbox, FileStream stream, PageId first_own)
        : outbox_(std::move(outbox)),
          stream_(std::make_shared<const FileStream>(std::move(stream))),
          first_own_(first_own) {}

    ~OpenStream() override {
        if (!outbox_->inherited()) return;
        keep_for_good(std::move(outbox_));
        keep_for_good(std::move(stream_));
    }

    [[nodiscard]] std::uint64_t fingerprint_seed() const noexcept override {
        return stream_->fingerprint_seed;
    }

    std::optional<Error> for_each_left(const std::function<void(const LeftPage&)>& page) override;

    void keep(std::vector<PageDraft> pages,
              std::function<void(Expected<std::vector<PageId>, Error>)> done) override {
        if (outbox_->inherited()) return done(forked());
        outbox_->inbox().keep(
            {.stream = stream_, .pages = std::move(pages), .done = std::move(done)});
    }

    void load(PageId id, std::function<void(Expected<ReadPage, Error>)> done) override {
        if (outbox_->inherited()) return done(forked());
        outbox_->inbox().load({.stream = stream_, .id = id, .done = std::move(done)});
    }

    void settle(PageId id, std::vector<std::uint32_t> records) override {
        if (outbox_->inherited()) return;
        outbox_->inbox().settle({.stream = stream_, .id = id, .records = std::move(records)});
    }

    [[nodiscard]] PageId last_page() const noexcept override { return outbox_->last_page(); }

    void discard(std::uint64_t fingerprint, PageId last,
                 std::function<void(std::optional<Error>)> done) override {
        if (outbox_->inherited()) return done(forked());
        if (shared_) return done(is_shared());
        outbox_->inbox().discard(
            {.key = {.stream = stream_->number, .fingerprint = fingerprint, .last_page = last},
             .done = std::move(done)});
    }

    [[nodiscard]] Expected<DiscardedKeys, Error> discarded() override;

    /// Somebody else has it open besides.
    void share() noexcept { shared_ = true; }

    void flush(std::function<void()> done) override {
        if (outbox_->inherited()) return done();
        outbox_->inbox().flush(std::move(done));
    }

    [[nodiscard]] std::uint64_t bytes() const noexcept override { return outbox_->bytes(); }
    [[nodiscard]] std::uint64_t max_bytes() const noexcept override {
        return outbox_->options().max_bytes;
    }

  private:
    std::shared_ptr<SharedOutbox> outbox_;
    std::shared_ptr<const FileStream> stream_;
    // What stands before it an earlier run left.
    const PageId first_own_;
    // Two dispatch functions of one stream must not both send it.
    std::atomic<bool> looked_through_{false};
    std::atomic<bool> shared_{false};
};

Expected<DiscardedKeys, Error> OpenStream::discarded() {
    if (outbox_->inherited()) return forked();
    if (outbox_->on_its_thread()) return would_wait_for_itself();
    const auto all = outbox_->ask<Expected<std::vector<DiscardedKey>, Error>>(
        [](Keeper& keeper) { return keeper.discarded(); });
    if (!all) return all.error();
    DiscardedKeys ours;
    for (const DiscardedKey& key : *all) {
        if (key.stream == stream_->number) ours.emplace(key.fingerprint, key.last_page);
    }
    return ours;
}

std::optional<Error> OpenStream::for_each_left(const std::function<void(const LeftPage&)>& page) {
    if (outbox_->inherited()) return forked();
    if (outbox_->on_its_thread()) return would_wait_for_itself();
    if (looked_through_.exchange(true)) return std::nullopt;
    // So many that asking costs little, and so few that they are no burden to memory.
    constexpr int pages_a_time = 500;
    PageId after = std::numeric_limits<PageId>::min();
    for (;;) {
        const auto left = outbox_->ask<Expected<std::vector<LeftPage>, Error>>(
            [&](Keeper& keeper) { return keeper.left(*stream_, after, first_own_, pages_a_time); });
        if (!left) return left.error();
        if (left->empty()) return std::nullopt;
        for (const LeftPage& one : *left) page(one);
        after = left->back().id;
    }
}

/// The directories that this process has open.
struct Registry {
    struct Directory {
        std::weak_ptr<SharedOutbox> outbox;
        std::map<std::string, std::weak_ptr<OpenStream>, std::less<>> streams;
    };

    std::mutex mutex;
    std::condition_variable closed;
    std::map<std::string, Directory> directories;
};

constinit PerProcess<Registry> registry;

std::string name_of_directory(const std::string& directory) {
    std::error_code error;
    const auto path =
        std::filesystem::weakly_canonical(std::filesystem::absolute(directory), error);
    std::string name = error ? directory : path.string();
    // A trailing slash, which canonical() keeps where the directory is not there yet.
    while (name.size() > 1 && name.back() == '/') name.pop_back();
    return name;
}

std::optional<Error> problem_of(const Options& options) {
    const auto refused = [&](const std::string& what) {
        return Error{.code = ErrorCode::bad_option, .message = what};
    };
    if (options.directory.empty()) {
        return refused("an outbox needs a directory; name one that is this process's alone");
    }
    if (options.sync == Sync::interval && options.sync_interval <= std::chrono::milliseconds(0)) {
        return refused("the outbox's sync_interval is " +
                       std::to_string(options.sync_interval.count()) + " ms; give at least 1 ms");
    }
    return std::nullopt;
}

bool same(const Options& one, const Options& other) {
    return one.max_bytes == other.max_bytes && one.sync == other.sync &&
           one.sync_interval == other.sync_interval && one.vfs == other.vfs;
}

// With the registry locked: who opens the same directory meanwhile gets the same outbox.
Expected<std::shared_ptr<SharedOutbox>, Error> start(Registry& ours, const std::string& name,
                                                     const Options& options) {
    auto keeper = Keeper::open(options);
    if (!keeper) return std::move(keeper).error();
    auto closed = [&ours, name] {
        const std::lock_guard lock(ours.mutex);
        ours.directories.erase(name);
        ours.closed.notify_all();
    };
    return std::make_shared<SharedOutbox>(std::move(keeper).value(), options, std::move(closed));
}

}  // namespace

Expected<std::shared_ptr<StreamOutbox>, Error> open(const Options& options,
                                                    std::string_view stream) {
    if (auto error = problem_of(options)) return std::move(*error);
    const std::string name = name_of_directory(options.directory);
    Registry& ours = registry.get();
    // Destroyed after the lock is let go of: their end takes it.
    std::shared_ptr<SharedOutbox> outbox;
    std::shared_ptr<OpenStream> open_stream;

    std::unique_lock lock(ours.mutex);
    for (auto at = ours.directories.find(name); at != ours.directories.end();
         at = ours.directories.find(name)) {
        outbox = at->second.outbox.lock();
        if (outbox != nullptr) break;
        // Its last user has gone, and it is about to close.
        if (MustNotWait::here()) return would_wait_for_itself();
        ours.closed.wait(lock);
    }
    if (outbox == nullptr) {
        auto started = start(ours, name, options);
        if (!started) return std::move(started).error();
        outbox = std::move(started).value();
        ours.directories[name].outbox = outbox;
    } else if (!same(outbox->options(), options)) {
        return Error{.code = ErrorCode::bad_option,
                     .message = "the outbox directory " + options.directory +
                                " is open in this process with other options; give the same"};
    }
    std::weak_ptr<OpenStream>& known = ours.directories[name].streams[std::string(stream)];
    open_stream = known.lock();
    if (open_stream != nullptr) {
        open_stream->share();
        return std::shared_ptr<StreamOutbox>(std::move(open_stream));
    }
    if (outbox->on_its_thread()) return would_wait_for_itself();
    using Found = std::pair<FileStream, PageId>;
    auto found = outbox->ask<Expected<Found, Error>>([&](Keeper& keeper) -> Expected<Found, Error> {
        auto one = keeper.stream(stream);
        if (!one) return std::move(one).error();
        return Found(std::move(one).value(), keeper.next_id());
    });
    if (!found) return std::move(found).error();
    open_stream = std::make_shared<OpenStream>(outbox, std::move(found->first), found->second);
    known = open_stream;
    return std::shared_ptr<StreamOutbox>(std::move(open_stream));
}

}  // namespace lk::outbox
