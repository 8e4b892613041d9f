#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include <lk/kinesis_client.hpp>

namespace lk::bench {

/// A Kinesis in the same process that stores nothing: it answers within the call, so that what is
/// measured is everything but the client; or it keeps requests unanswered until answer_all().
class InstantKinesis final : public KinesisClient {
  public:
    enum Answers { at_once, when_told };
    explicit InstantKinesis(Answers answers) : held_back_(answers == when_told) {}

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override;

    /// Answers what was kept, and from now on at once.
    void answer_all();

    /// CPU time of the thread that calls put_records(), and the part of it that went into making up
    /// answers. 0 before the first call.
    [[nodiscard]] double caller_cpu_seconds() const;
    [[nodiscard]] double own_cpu_seconds() const { return own_cpu_seconds_; }

  private:
    const PutRecordsAnswer& answer_of(std::size_t records);

    mutable std::mutex mutex_;
    bool held_back_;
    std::vector<std::pair<std::size_t, PutRecordsDone>> kept_;
    PutRecordsAnswer answer_;
    bool called_ = false;
    clockid_t caller_clock_{};
    double own_cpu_seconds_ = 0;
};

}  // namespace lk::bench
