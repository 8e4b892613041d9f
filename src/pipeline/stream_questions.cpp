#include "pipeline/stream_questions.hpp"

#include <atomic>
#include <exception>
#include <utility>

namespace lk::pipeline {
namespace {

// A question about the stream on its way through a client. Whatever the client does, one answer
// reaches the inbox, unless it keeps `done` for ever.
template <class Answer>
class Question {
  public:
    explicit Question(std::shared_ptr<Inbox> inbox) noexcept : inbox_(std::move(inbox)) {}
    ~Question() {
        // Perhaps another time.
        if (!answered_.load())
            add("the Kinesis client dropped it unanswered", FailureClass::transient);
    }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    void answer(Answer answer) {
        if (!answered_.exchange(true)) inbox_->add(std::move(answer));
    }
    void failed(const char* why) {
        if (!answered_.exchange(true)) add(why, FailureClass::final);
    }

  private:
    void add(const char* why, FailureClass kind) {
        inbox_->add(Answer(Failure{kind, ErrorCode::client_failed, {}, why, false}));
    }

    const std::shared_ptr<Inbox> inbox_;
    std::atomic<bool> answered_{false};
};

// The failure's message, with the IAM action that is missing where one is: clients that are not
// ours may not name it.
std::string with_action(const Failure& failure, std::string_view action) {
    std::string text = failure.message;
    if (failure.code == ErrorCode::access_denied && text.find(action) == std::string::npos) {
        text.append(" (IAM action ").append(action).append(")");
    }
    return text;
}

std::string told_of(const std::string& stream, const StreamSummary& summary) {
    std::string text = "stream " + stream + " is " + summary.status;
    for (const std::string& fact : {summary.mode, summary.encryption}) {
        if (!fact.empty()) text += ", " + fact;
    }
    return text + ", takes records up to " + std::to_string(summary.max_record_bytes) + " bytes";
}

}  // namespace

StreamQuestions::StreamQuestions(Core& core, std::shared_ptr<KinesisClient> client,
                                 std::shared_ptr<const std::string> stream,
                                 std::shared_ptr<Inbox> inbox, Duration patience)
    : core_(core),
      client_(std::move(client)),
      stream_(std::move(stream)),
      inbox_(std::move(inbox)),
      patience_(patience) {}

void StreamQuestions::ask(TimePoint now) {
    if (core_.wants_stream_facts(now)) {
        ask<Inbox::StreamFacts>(facts_expire_, now, [&](DescribeDone done) {
            client_->describe_stream_summary(*stream_, std::move(done));
        });
    }
    if (core_.wants_shards(now)) {
        ask<Inbox::Shards>(shards_expire_, now, [&](ListShardsDone done) {
            client_->list_shards(*stream_, std::move(done));
        });
    }
}

template <class Answer, class Call>
void StreamQuestions::ask(TimePoint& expiry, TimePoint now, Call call) {
    expiry = now + patience_;
    const auto question = std::make_shared<Question<Answer>>(inbox_);
    try {
        call([question](Answer answer) { question->answer(std::move(answer)); });
    } catch (const std::exception& thrown) {
        question->failed(thrown.what());
    } catch (...) {
        question->failed("the Kinesis client threw something that is no std::exception");
    }
}

void StreamQuestions::take_answers(const Inbox::Facts& facts, TimePoint now) {
    if (facts.stream) take(*facts.stream, now);
    if (facts.shards) take(*facts.shards, now);
}

void StreamQuestions::take(const Inbox::StreamFacts& facts, TimePoint now) {
    facts_expire_ = never;
    first_look_.came(facts);
    if (facts) {
        facts_trouble_ = {};
        limit_is_unsaid_ = false;
        inbox_->log(log_info, told_of(*stream_, *facts));
        core_.stream_is(*facts, now);
        return;
    }
    const Failure& failure = facts.error();
    const bool is_new = tell_once(facts_trouble_, log_info, failure,
                                  "the record limit of " + *stream_ +
                                      " is not known, so records over 1 MiB are sent one by one: " +
                                      with_action(failure, "kinesis:DescribeStreamSummary"));
    // A client that offers no such operation does as it may.
    if (is_new) limit_is_unsaid_ = failure.code != ErrorCode::unsupported;
    core_.stream_unknown(failure, now);
}

void StreamQuestions::warn_where_limit_matters() {
    if (!limit_is_unsaid_ || !core_.met_large_record()) return;
    limit_is_unsaid_ = false;
    inbox_->log(log_warning, facts_trouble_.line);
}

void StreamQuestions::take(const Inbox::Shards& shards, TimePoint now) {
    shards_expire_ = never;
    if (shards) {
        shards_trouble_ = {};
        core_.shards_are(*shards, now);
        return;
    }
    tell_once(
        shards_trouble_, log_warning, shards.error(),
        "the shards of " + *stream_ +
            " are not known (no event's is then known ahead, and records are not aggregated): " +
            with_action(shards.error(), "kinesis:ListShards"));
    core_.shards_unknown(shards.error(), now);
}

// It is asked for again and again. True when the log was told.
bool StreamQuestions::tell_once(Trouble& told, int level, const Failure& failure,
                                std::string line) {
    std::string kind(name_of(failure.code));
    kind.append(" ").append(failure.service_code);
    if (told.kind == kind) return false;
    told = {std::move(kind), std::move(line)};
    inbox_->log(level, told.line);
    return true;
}

void StreamQuestions::give_up(TimePoint now) {
    const auto gives_up = [now](TimePoint& expiry) {
        if (now < expiry) return false;
        expiry = never;
        return true;
    };
    const Failure no_answer{FailureClass::transient, ErrorCode::network, {}, {}, false};
    if (gives_up(facts_expire_)) core_.stream_unknown(no_answer, now);
    if (gives_up(shards_expire_)) core_.shards_unknown(no_answer, now);
}

}  // namespace lk::pipeline
