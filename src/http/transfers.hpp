#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "http/freeze_watch.hpp"
#include "http/handles.hpp"
#include "http/transfer.hpp"
#include "http/transport.hpp"

namespace lk::http {

/// The requests under way on one multi handle of libcurl, of any number of transports, and the
/// connections kept for the next ones: libcurl gives a request only one that was made as its own
/// transport would have made it. Used by one thread at a time, but for wake(). `done` functions are
/// called by start(), perform() and end(), and may call start() and end() in turn.
class Transfers {
  public:
    explicit Transfers(const ReadClocks& read_clocks);
    /// Forgets what is under way.
    ~Transfers();
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    void start(const std::shared_ptr<Handles>& handles, Request request, Done done);

    /// Sends and receives what can be without waiting, and calls `done` of what is finished.
    void perform();

    /// Ends a transport's requests with an answer that is there already, or else NoAnswer; from now
    /// on start() does so too. Its connections are closed when nothing is under way.
    void end(const std::shared_ptr<Handles>& handles);

    /// Waits for a socket, for libcurl's own timers, for wake(), or until `until`.
    void wait(TimePoint until);

    /// Nothing is done with it until `until` or earlier; and now something will be.
    void falls_asleep(TimePoint until);
    void wakes_up() { freeze_watch_.wakes_up(); }

    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }

    /// Makes the wait() that goes on, or else the next, return soon. From any thread.
    void wake() noexcept;

  private:
    struct UnderWay {
        std::unique_ptr<Transfer> transfer;
        std::shared_ptr<Handles> handles;
    };
    [[nodiscard]] static std::chrono::milliseconds time_until(TimePoint until);
    void open_multi();
    void allow_connections();
    void look_for_a_freeze();
    [[nodiscard]] std::optional<std::chrono::seconds> oldest_usable_connection(
        std::chrono::seconds most) const;
    [[nodiscard]] std::optional<std::chrono::seconds> oldest_since_the_freeze() const;
    void call_finished();
    void close_what_is_left() noexcept;
    [[nodiscard]] UnderWay take_out(Transfer* transfer);
    void finish(UnderWay ended, Expected<Answer, NoAnswer> outcome);

    OpenSockets sockets_;
    FreezeWatch freeze_watch_;
    // While connections from before it may be left.
    std::optional<TimePoint> thawed_at_;
    // Changed by who uses it, under the lock for the sake of wake().
    std::mutex multi_mutex_;
    void* multi_ = nullptr;
    std::vector<UnderWay> under_way_;
    long connections_ = 0;  // that the transports may keep open together
    // While connections of a transport that has gone may be left.
    bool some_are_left_ = false;
};

}  // namespace lk::http
