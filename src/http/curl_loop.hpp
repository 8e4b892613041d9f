#pragma once

#include <memory>
#include <thread>

#include "base/loop.hpp"
#include "http/transport.hpp"

namespace lk::http {

class Handles;

/// A loop that waits for the sockets of its requests, for time and for wake(). Its thread, or one
/// in drive_until(), makes the requests of post() and calls their `done`. Its destructor may run on
/// its own thread (a `done` or a participant can be its last owner); it then lets the thread end by
/// itself. Who is in drive_until() owns it meanwhile.
class CurlLoop final : public Loop {
  public:
    /// `read_clocks`: empty: the system's.
    explicit CurlLoop(const ReadClocks& read_clocks);
    ~CurlLoop() override;
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;

    void attach(std::shared_ptr<Participant> participant) override;
    void detach(const Participant* participant) override;
    void detach_and_wait(const Participant* participant) override;
    void wake() noexcept override;
    void drive_until(const std::function<bool()>& over) override;
    [[nodiscard]] bool on_loop_thread() const noexcept override;

    /// From any thread.
    void post(const std::shared_ptr<Handles>& handles, Request request, Done done);
    /// See Transport. Only on the loop's thread.
    void after_turns(std::function<void()> act);
    /// Ends every request that a transport has posted, and will post; returns when each `done` was
    /// called. From any thread; another than the loop's waits for what the loop is doing.
    void end_requests(const std::shared_ptr<Handles>& handles);

  private:
    struct State;

    // What the thread uses; outlives the object when the thread does.
    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace lk::http
