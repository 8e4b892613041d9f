#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/dead_letter_file.hpp"
#include "pipeline/observers.hpp"

namespace lk::pipeline {

/// Where dead letters go; each of them may be absent.
struct DeadLetterPlaces {
    std::function<void(const Event&, const Error&)> callback = {};
    std::shared_ptr<outbox::DeadLetterFile> file = {};
    /// Puts a line into another stream.
    std::function<void(std::string_view line, std::string_view partition_key,
                       std::function<void(Outcome)> done)>
        put = {};
    std::string stream = {};  ///< The one they were meant for.
    Log log = {};

    [[nodiscard]] bool any() const noexcept { return callback || file || put; }
};

/// A line of JSON, without its end:
///
///     {"event":{…},"stream":…,"failedAt":…,"reason":{"code":…,"message":…,
///      "mayHaveBeenDelivered":…,"attempts":…}[,"explicitHashKey":…]}
///
/// with, for bytes that are no event, "record":{"data":base64,"partitionKey":…} in place of
/// "event".
[[nodiscard]] std::string dead_letter_line(const DeadLetter& letter, std::string_view stream,
                                           std::int64_t now_ms);

/// ObserverOptions::take_dead_letters for these places. What the file or the stream does not take
/// is logged, and its event is not given up: with an outbox the next run tries again.
[[nodiscard]] TakeDeadLetters dead_letter_taker(DeadLetterPlaces places);

}  // namespace lk::pipeline
