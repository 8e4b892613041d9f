#include "pipeline/dead_letters.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <utility>

#include "base/clock.hpp"
#include "event/identity.hpp"
#include "event/json_text.hpp"
#include "wire/base64.hpp"

namespace lk::pipeline {
namespace {

void add_string(std::string& line, std::string_view text) {
    // A message may quote what a server said, whatever that was.
    std::string clean;
    if (!event::is_utf8(text)) {
        for (const char c : text) clean += c >= ' ' && c <= '~' ? c : '?';
        text = clean;
    }
    const std::size_t start = line.size();
    line.resize(start + event::json_string_bytes(text));
    event::write_json_string(line.data() + start, text);
}

void add_record(std::string& line, const Event& event) {
    const std::string& key = event.source.kinesis_partition_key;
    if (!event.id.empty()) {
        line += "{\"event\":";
        line += event.json();
        return;
    }
    line += "{\"record\":{\"data\":\"";
    wire::append_base64(line, event.data.value_or(std::string()));
    line += "\",\"partitionKey\":";
    add_string(line, key);
    line += '}';
}

std::string timestamp(std::int64_t now_ms) {
    std::array<char, event::timestamp_bytes> text;
    event::TimestampWriter writer;
    writer.write(text.data(), now_ms);
    return {text.data(), text.size()};
}

// Dead letters on their way: those that came together.
class Taker : public std::enable_shared_from_this<Taker> {
  public:
    explicit Taker(DeadLetterPlaces places) : places_(std::move(places)) {}

    void take(const std::vector<DeadLetter>& letters, std::function<void(bool)> taken) {
        const std::int64_t now_ms = system_now_ms();
        std::exception_ptr thrown;
        std::vector<std::string> lines;
        for (const DeadLetter& letter : letters) {
            lines.push_back(dead_letter_line(letter, places_.stream, now_ms));
            try {
                if (places_.callback) places_.callback(letter.event, letter.error);
            } catch (...) {
                thrown = std::current_exception();
            }
        }
        // Called when the last copy goes, unless something failed on the way.
        const auto last = std::make_shared<WhenAllTook>(std::move(taken));
        if (places_.file) {
            const std::vector<std::string_view> views(lines.begin(), lines.end());
            if (const auto error = places_.file->append(views)) {
                last->failed = true;
                log(error->message);
            }
        }
        if (places_.put) {
            for (std::size_t i = 0; i < letters.size(); ++i) {
                places_.put(lines[i], letters[i].event.source.kinesis_partition_key,
                            [self = shared_from_this(), last](const Outcome& outcome) {
                                if (outcome) return;
                                last->failed = true;
                                self->log(outcome.error().message);
                            });
            }
        }
        if (thrown) std::rethrow_exception(thrown);
    }

  private:
    struct WhenAllTook {
        explicit WhenAllTook(std::function<void(bool)> then) noexcept : taken(std::move(then)) {}
        ~WhenAllTook() { taken(!failed); }
        WhenAllTook(const WhenAllTook&) = delete;
        WhenAllTook& operator=(const WhenAllTook&) = delete;

        std::function<void(bool)> taken;
        std::atomic<bool> failed{false};
    };

    void log(std::string_view why) const {
        if (!places_.log) return;
        try {
            places_.log(log_error, places_.stream + ": a dead letter could not be put down: " +
                                       std::string(why));
        } catch (...) {  // there is nowhere left to tell
        }
    }

    const DeadLetterPlaces places_;
};

}  // namespace

std::string dead_letter_line(const DeadLetter& letter, std::string_view stream,
                             std::int64_t now_ms) {
    std::string line;
    add_record(line, letter.event);
    line += ",\"stream\":";
    add_string(line, stream);
    line += ",\"failedAt\":\"" + timestamp(now_ms) + "\",\"reason\":{\"code\":\"";
    line += name_of(letter.error.code);
    line += "\",\"message\":";
    add_string(line, letter.error.message);
    line += ",\"mayHaveBeenDelivered\":";
    line += letter.error.may_have_been_delivered ? "true" : "false";
    line += ",\"attempts\":" + std::to_string(letter.error.attempts) + "}";
    if (!letter.explicit_hash_key.empty()) {
        line += ",\"explicitHashKey\":\"" + letter.explicit_hash_key + "\"";
    }
    line += '}';
    return line;
}

TakeDeadLetters dead_letter_taker(DeadLetterPlaces places) {
    auto taker = std::make_shared<Taker>(std::move(places));
    return [taker](const std::vector<DeadLetter>& letters, std::function<void(bool)> taken) {
        taker->take(letters, std::move(taken));
    };
}

}  // namespace lk::pipeline
