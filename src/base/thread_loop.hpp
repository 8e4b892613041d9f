#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/loop.hpp"
#include "base/participants.hpp"

namespace lk {

/// A loop that waits for nothing but time and wake(). Its destructor may run on its own thread
/// (a participant can be its last owner); it then lets the thread end by itself.
class ThreadLoop final : public Loop {
  public:
    explicit ThreadLoop(const char* name);
    ~ThreadLoop() override;
    ThreadLoop(const ThreadLoop&) = delete;
    ThreadLoop& operator=(const ThreadLoop&) = delete;

    void attach(std::shared_ptr<Participant> participant) override;
    void detach(const Participant* participant) override;
    void detach_and_wait(const Participant* participant) override;
    void wake() noexcept override;
    [[nodiscard]] bool on_loop_thread() const noexcept override;

  private:
    // What the thread uses; outlives the object when the thread does.
    struct State {
        const Origin origin;
        Participants participants;
        std::mutex mutex;
        std::condition_variable changed;
        bool woken = false;
        bool stopping = false;

        void run();
    };

    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace lk
