#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "http/freeze_watch.hpp"
#include "http/transfer.hpp"
#include "http/transport.hpp"

namespace lk::http {

/// The requests under way on one multi handle of libcurl, and the idle handles and connections
/// kept for the next ones. Used by one thread at a time, but for wake(). `done` functions are
/// called by start(), perform() and end_all(), and may call start() and end_all() in turn.
class Transfers {
  public:
    explicit Transfers(const TransportOptions& options);
    /// Forgets what is under way.
    ~Transfers();
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    void start(Request request, Done done);

    /// Sends and receives what can be without waiting, and calls `done` of what is finished.
    void perform();

    /// Ends every request with an answer that is there already, or else NoAnswer; from now on
    /// start() does so too.
    void end_all();

    /// Waits for a socket, for libcurl's own timers, for wake(), or until `until`.
    void wait(TimePoint until);

    /// Nothing is done with it until `until` or earlier; and now something will be.
    void falls_asleep(TimePoint until);
    void wakes_up() { freeze_watch_.wakes_up(); }

    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }

    /// Makes the wait() that goes on, or else the next, return soon. From any thread.
    void wake() noexcept;

  private:
    [[nodiscard]] static std::chrono::milliseconds time_until(TimePoint until);
    void open_multi();
    void look_for_a_freeze();
    [[nodiscard]] std::optional<std::chrono::seconds> oldest_usable_connection() const;
    [[nodiscard]] std::optional<std::chrono::seconds> oldest_since_the_freeze() const;
    [[nodiscard]] std::unique_ptr<Transfer> idle_transfer();
    void call_finished();
    [[nodiscard]] std::unique_ptr<Transfer> take_out(Transfer* transfer);
    void finish(std::unique_ptr<Transfer> transfer, Expected<Answer, NoAnswer> outcome);

    TransportOptions options_;
    OpenSockets sockets_;
    FreezeWatch freeze_watch_;
    // While connections from before it may be left.
    std::optional<TimePoint> thawed_at_;
    // Changed by who uses it, under the lock for the sake of wake().
    std::mutex multi_mutex_;
    void* multi_ = nullptr;
    std::vector<std::unique_ptr<Transfer>> under_way_;
    std::vector<std::unique_ptr<Transfer>> idle_;
    bool ended_ = false;
};

}  // namespace lk::http
