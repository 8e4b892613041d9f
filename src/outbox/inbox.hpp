#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "outbox/file.hpp"
#include "outbox/outbox.hpp"

namespace lk::outbox {

class Keeper;

/// What the outbox's thread is asked to do, by whatever thread.
struct Asked {
    using Stream = std::shared_ptr<const FileStream>;

    struct Keep {
        Stream stream;
        std::vector<PageDraft> pages;
        std::function<void(Expected<std::vector<PageId>, Error>)> done;
    };
    struct Settle {
        Stream stream;
        PageId id = 0;
        std::vector<std::uint32_t> records;
    };
    struct Load {
        Stream stream;
        PageId id = 0;
        std::function<void(Expected<ReadPage, Error>)> done;
    };

    struct Discard {
        DiscardedKey key;
        std::function<void(std::optional<Error>)> done;
    };

    std::vector<Keep> keeps;
    std::vector<Discard> discards;
    std::vector<Settle> settles;
    std::vector<Load> loads;
    std::vector<std::function<void(Keeper&)>> questions;
    std::vector<std::function<void()>> flushes;
    /// Nothing more is asked after this.
    bool last = false;
};

/// Where it is handed in, and taken from all at once: so what comes while the thread is busy is
/// done together.
class Inbox {
  public:
    /// How long what is settled may wait to be written.
    static constexpr std::chrono::milliseconds settle_delay{100};

    void keep(Asked::Keep keep);
    void settle(Asked::Settle settle);
    void load(Asked::Load load);
    void discard(Asked::Discard discard);
    void ask(std::function<void(Keeper&)> question);
    void flush(std::function<void()> done);
    void end();

    /// Waits until there is something to do, at most until `until`.
    [[nodiscard]] Asked take(TimePoint until);
    /// There is something that somebody waits for.
    [[nodiscard]] bool has_urgent();

  private:
    template <class Add>
    void add(Add add, bool urgent);

    std::mutex mutex_;
    std::condition_variable changed_;
    Asked asked_;
    bool urgent_ = false;
    TimePoint settles_due_ = never;
};

}  // namespace lk::outbox
