#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lk::local {

// What is to go wrong on purpose: rules, each a condition and a fault. Plain data; the text that it
// is read from is described in docs/local-stream.md.

/// Every `every`th of the ordinals from `first` to `last`, counted from 1.
struct Ordinals {
    std::int64_t first = 1;
    std::int64_t every = 1;
    std::int64_t last = std::numeric_limits<std::int64_t>::max();

    [[nodiscard]] bool contain(std::int64_t ordinal) const noexcept {
        return ordinal >= first && ordinal <= last && (ordinal - first) % every == 0;
    }
};

/// Which requests, and which of their records. An absent member is true of all.
struct FaultCondition {
    std::optional<std::string> operation = {};
    std::optional<std::string> stream = {};
    std::optional<int> shard = {};
    std::optional<std::string> partition_key = {};
    /// Of the requests that all other members are true of.
    Ordinals request = {};
    /// Of a request's records.
    std::optional<Ordinals> record = {};
};

/// One record is answered as failed. An empty message: the usual one of its code.
struct RecordFault {
    std::string code = {};
    std::string message = {};
    /// Stored all the same.
    bool commit = false;
};

// What is answered instead of the answer.
struct AnswerError {
    std::string code = {};
    std::string message = {};
    int status = 400;
};
struct Reset {};  ///< The connection is reset (TCP RST).
struct Close {};  ///< It is closed in order, without an answer.
struct Truncate {
    std::size_t body_bytes = 0;  ///< How much of the body is sent before the connection is closed.
};
struct Garbage {
    std::string body = {};  ///< With status 200.
};
struct WrongCount {
    int more = 0;  ///< So many entries more than records; negative: fewer.
};
struct UnknownShards {};  ///< Each stored record's shard is one that there never was.

struct AnswerFault {
    std::variant<AnswerError, Reset, Close, Truncate, Garbage, WrongCount, UnknownShards> kind = {};
    /// Whether the request is carried out.
    bool commit = true;
};

struct FaultRule {
    FaultCondition on = {};
    double probability = 1;
    /// How many requests it may act on.
    std::int64_t times = std::numeric_limits<std::int64_t>::max();

    std::chrono::milliseconds delay_before_commit{};
    std::chrono::milliseconds delay_after_commit{};
    std::optional<RecordFault> record = {};
    std::optional<AnswerFault> answer = {};
};

struct FaultPlan {
    std::vector<FaultRule> rules = {};
    std::uint64_t seed = 0;
};

/// By the record's index in its request: its fault, or null. Records beyond the end have none.
using RecordFaults = std::span<const RecordFault* const>;

[[nodiscard]] inline const RecordFault* fault_of(RecordFaults faults, std::size_t index) noexcept {
    return index < faults.size() ? faults[index] : nullptr;
}

/// What Kinesis says with an error code where the plan gives no message.
[[nodiscard]] std::string_view usual_message(std::string_view code) noexcept;
/// The status that goes with it where the plan gives none.
[[nodiscard]] int usual_status(std::string_view code) noexcept;

}  // namespace lk::local
