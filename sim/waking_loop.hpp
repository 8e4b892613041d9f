#pragma once

#include "base/loop.hpp"
#include "sim/producer.hpp"

namespace lk::sim {

/// The loop of a producer, as those see it who wake it. Its turns are planned, not attached.
class Producer::WakingLoop final : public Loop {
  public:
    explicit WakingLoop(Producer& producer) noexcept : producer_(producer) {}

    void attach(std::shared_ptr<Participant>) override {}
    void detach(const Participant*) override {}
    void detach_and_wait(const Participant*) override {}
    void wake() noexcept override { producer_.wake(); }
    [[nodiscard]] bool on_loop_thread() const noexcept override { return true; }

  private:
    Producer& producer_;
};

}  // namespace lk::sim
