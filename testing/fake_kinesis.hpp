#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lk/kinesis_client.hpp>

namespace lk::testing {

/// A record as a fake client keeps it: copies, so that it outlives the request.
struct SeenRecord {
    std::string data;
    std::string partition_key;
    std::string explicit_hash_key;
};

/// A Kinesis that does what a test says. Answers every request at once with success, from the
/// calling thread, unless it is told to hold requests or given another answer.
class FakeKinesis : public KinesisClient {
  public:
    using Result = Expected<PutRecordsAnswer, Failure>;

    /// What a request that is not held is answered with.
    std::function<Result(const std::vector<SeenRecord>&)> answer_with;
    std::function<Expected<StreamSummary, Failure>()> describe_with;

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        std::vector<SeenRecord> seen;
        for (const Record& record : request.records) {
            seen.push_back({std::string(record.data), std::string(record.partition_key),
                            std::string(record.explicit_hash_key)});
        }
        {
            const std::lock_guard lock(mutex_);
            streams_.emplace_back(request.stream);
            requests_.push_back(seen);
            thread_ = std::this_thread::get_id();
            if (holding_) {
                held_.push_back({std::move(seen), std::move(done)});
                changed_.notify_all();
                return;
            }
        }
        changed_.notify_all();
        done(answer(seen));
    }

    void describe_stream_summary(std::string_view stream, DescribeDone done) override {
        {
            const std::lock_guard lock(mutex_);
            ++described_;
        }
        if (describe_with) {
            done(describe_with());
        } else {
            KinesisClient::describe_stream_summary(stream, std::move(done));
        }
    }

    /// From now on requests wait for answer_next() or release().
    void hold() {
        const std::lock_guard lock(mutex_);
        holding_ = true;
    }

    /// Answers everything that is held, and all that follows at once.
    void release() {
        std::deque<Held> held;
        {
            const std::lock_guard lock(mutex_);
            holding_ = false;
            held.swap(held_);
        }
        for (Held& one : held) one.done(answer(one.records));
    }

    /// Answers the oldest held request; waits for it.
    void answer_next(Result result) { take_next().done(std::move(result)); }
    void answer_next() {
        Held held = take_next();
        held.done(answer(held.records));
    }
    /// The oldest held request's records and `done`, to do with what a bad client would.
    std::pair<std::vector<SeenRecord>, PutRecordsDone> take() {
        Held held = take_next();
        return {std::move(held.records), std::move(held.done)};
    }

    void wait_for_requests(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return requests_.size() >= count; });
    }

    std::vector<std::vector<SeenRecord>> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    std::vector<SeenRecord> records() const {
        const std::lock_guard lock(mutex_);
        std::vector<SeenRecord> all;
        for (const auto& request : requests_) all.insert(all.end(), request.begin(), request.end());
        return all;
    }
    std::vector<std::string> streams() const {
        const std::lock_guard lock(mutex_);
        return streams_;
    }
    int described() const {
        const std::lock_guard lock(mutex_);
        return described_;
    }
    /// Which thread put the last request.
    std::thread::id thread() const {
        const std::lock_guard lock(mutex_);
        return thread_;
    }

    static PutRecordsAnswer all_stored(std::size_t count) {
        PutRecordsAnswer answer;
        for (std::size_t i = 0; i < count; ++i) {
            answer.add_stored(
                "shardId-000000000000",
                "4950000000000000000000000000000000000000000000000000" + std::to_string(1000 + i));
        }
        return answer;
    }

  private:
    struct Held {
        std::vector<SeenRecord> records;
        PutRecordsDone done;
    };

    Result answer(const std::vector<SeenRecord>& records) {
        return answer_with ? answer_with(records) : Result(all_stored(records.size()));
    }

    Held take_next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !held_.empty(); });
        Held held = std::move(held_.front());
        held_.pop_front();
        return held;
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool holding_ = false;
    std::deque<Held> held_;
    std::vector<std::vector<SeenRecord>> requests_;
    std::vector<std::string> streams_;
    int described_ = 0;
    std::thread::id thread_;
};

}  // namespace lk::testing
