#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <lk/event.hpp>

#include "pipeline/completions.hpp"
#include "pipeline/core.hpp"
#include "pipeline/slot.hpp"

namespace lk::pipeline {

/// A settled record as its result keeps it.
[[nodiscard]] std::unique_ptr<Settlement> settlement_of(const Settled& settled);

/// An event that was accepted and is not in the stream, or perhaps not.
struct DeadLetter {
    Event event;
    Error error;
    std::string explicit_hash_key;
};

/// Takes dead letters, those that came together. `taken` is called once, from any thread, when they
/// are where they will not be lost (true), or cannot be brought there (false).
using TakeDeadLetters =
    std::function<void(std::vector<DeadLetter>, std::function<void(bool)> taken)>;

struct ObserverOptions {
    /// Is told how each event ended, and whether an earlier run had dispatched it.
    std::function<void(const Event&, const Outcome&, bool)> on_settled = {};
    TakeDeadLetters take_dead_letters = {};

    [[nodiscard]] bool any() const noexcept { return on_settled || take_dead_letters; }
};

/// Those who want to know of events that they hold no results of: called where callbacks are, in
/// the order in which the events were settled. Of the driver's thread.
class Observers {
  public:
    Observers(ObserverOptions options, std::shared_ptr<Completions> completions)
        : options_(std::make_shared<const ObserverOptions>(std::move(options))),
          completions_(std::move(completions)) {}

    [[nodiscard]] bool want(const Settled& settled) const noexcept {
        return settled.ending != Ending::kept &&
               (options_->on_settled || (options_->take_dead_letters && settled.is_lost()));
    }
    /// `then` is called, or let go of, once nobody needs the event any more: true when it may be
    /// forgotten.
    void add(const Settled& settled, std::function<void(bool)> then);
    /// What was added since the last time goes on together.
    void end_of_batch();

  private:
    struct Seen {
        std::unique_ptr<Settlement> settlement;  // of a published event, whatever became of it
        std::optional<Error> error;
        std::string explicit_hash_key;
        bool from_earlier_run = false;
        std::function<void(bool)> then;
    };
    static void look(const ObserverOptions& options, std::vector<Seen> batch);

    const std::shared_ptr<const ObserverOptions> options_;
    const std::shared_ptr<Completions> completions_;
    std::vector<Seen> batch_;
};

}  // namespace lk::pipeline
