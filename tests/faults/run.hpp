#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>
#include <lk/local_kinesis.hpp>

namespace lk::faults {

/// Events dispatched into the stream "events", and how each of them ended.
struct DispatchRun {
    struct Sent {
        std::string id;
        std::string key;
        Outcome outcome;
    };
    /// In the order of dispatch.
    std::vector<Sent> events;

    [[nodiscard]] std::size_t published() const;
    /// Certainly not stored.
    [[nodiscard]] std::size_t failed() const;
    /// Perhaps stored.
    [[nodiscard]] std::size_t unknown() const;
    /// Published, but not at the first attempt.
    [[nodiscard]] std::size_t sent_again() const;
    /// Published, and perhaps more than once.
    [[nodiscard]] std::size_t flagged() const;
};

struct RunOptions {
    int events = 600;
    int keys = 60;
    /// Called once, when half of the events are dispatched.
    std::function<void()> halfway = {};
    /// For those who wait for a request to be given up on.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
    /// 0: records are not aggregated.
    std::size_t aggregate_bytes = 0;
    /// 0: no cap.
    double max_rate_per_shard = 0;
    /// Another client of the same stream; null: the local stream's own.
    std::shared_ptr<KinesisClient> client = nullptr;
};

/// Dispatches the events, of several keys in turn, and waits for all of them. Notes a test failure
/// if one never settles.
[[nodiscard]] DispatchRun dispatch_all(const std::shared_ptr<LocalKinesis>& kinesis,
                                       const RunOptions& options = {});

/// Where each event's copies stand: by id, in rising order, the sequence number and its place in
/// the aggregate that it came in, if any. Sequence numbers of the local stream rise from a shard to
/// its children too, and are all of one length.
[[nodiscard]] std::map<std::string, std::vector<std::string>> stored(const LocalKinesis& kinesis);

/// Notes a test failure wherever the stream is not what the results say: an event that was
/// published and is not there (where it should be), one that failed and is, a second copy of one
/// that is not flagged, and a key whose first copies are not in the order of dispatch.
void expect_as_promised(const LocalKinesis& kinesis, const DispatchRun& run);

}  // namespace lk::faults
