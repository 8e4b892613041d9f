#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include <lk/kinesis_client.hpp>

#include "base/clock.hpp"
#include "pipeline/core.hpp"
#include "pipeline/first_look.hpp"
#include "pipeline/request.hpp"

namespace lk::pipeline {

/// Asks the client about the stream when the core wants to know, and tells the core, and the log,
/// what came of it. Of the driver's thread, but for first_look().
class StreamQuestions {
  public:
    /// An answer that takes longer than `patience` is given up on.
    StreamQuestions(Core& core, std::shared_ptr<KinesisClient> client,
                    std::shared_ptr<const std::string> stream, std::shared_ptr<Inbox> inbox,
                    Duration patience);

    void ask(TimePoint now);
    void take_answers(const Inbox::Facts& facts, TimePoint now);
    void give_up(TimePoint now);
    /// Whoever sends no record over 1 MiB needs no permission to ask for the limit, nor a warning.
    void warn_where_limit_matters();

    /// When give_up() would do something, if no answer comes.
    [[nodiscard]] TimePoint next_moment() const noexcept {
        return std::min(facts_expire_, shards_expire_);
    }
    [[nodiscard]] FirstLook& first_look() noexcept { return first_look_; }

  private:
    // What the log was told; by its kind, as lines differ in the ids of requests.
    struct Trouble {
        std::string kind;
        std::string line;
    };
    template <class Answer, class Call>
    void ask(TimePoint& expiry, TimePoint now, Call call);
    void take(const Inbox::StreamFacts& facts, TimePoint now);
    void take(const Inbox::Shards& shards, TimePoint now);
    bool tell_once(Trouble& told, int level, const Failure& failure, std::string line);

    Core& core_;
    const std::shared_ptr<KinesisClient> client_;
    const std::shared_ptr<const std::string> stream_;
    const std::shared_ptr<Inbox> inbox_;
    const Duration patience_;
    TimePoint facts_expire_ = never;
    TimePoint shards_expire_ = never;
    FirstLook first_look_;
    Trouble facts_trouble_;
    Trouble shards_trouble_;
    bool limit_is_unsaid_ = false;  // that it is not known, should it matter
};

}  // namespace lk::pipeline
