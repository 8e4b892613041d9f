#pragma once

// Included where the stage asks for something.

#include <memory>
#include <optional>
#include <utility>

#include "pipeline/outbox_stage.hpp"

namespace lk::pipeline {

/// A function that takes an answer on another thread, once, and has `read` given it, and the time,
/// on the driver's. `owner` lives until then.
template <class Answer, class Read>
std::function<void(Answer)> OutboxStage::by_mail(Read read, std::shared_ptr<void> owner) const {
    struct Answered final : Letter {
        explicit Answered(Read given) : does(std::move(given)) {}
        void read(TimePoint now) override { does(std::move(*answer), now); }

        Read does;
        std::optional<Answer> answer;
    };
    auto letter = std::make_unique<Answered>(std::move(read));
    Answered* const written = letter.get();
    const auto envelope = std::make_shared<Envelope>();
    envelope->push_back(std::move(letter));
    return [mail = mail_, envelope, written, owner = std::move(owner)](Answer answer) {
        written->answer.emplace(std::move(answer));
        mail->post(*envelope);
    };
}

}  // namespace lk::pipeline
