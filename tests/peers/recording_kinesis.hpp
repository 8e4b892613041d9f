#pragma once

#include <lk/kinesis_client.hpp>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lk::peers {

/// A KinesisClient that keeps what it is given. A record's sequence number is its place in
/// `record()`.
class RecordingKinesis final : public KinesisClient {
  public:
    struct Kept {
        std::string data;
        std::string partition_key;
        std::string explicit_hash_key;
    };

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        PutRecordsAnswer answer;
        {
            const std::lock_guard lock(mutex_);
            for (const Record& record : request.records) {
                answer.add_stored("shardId-000000000000", std::to_string(kept_.size()));
                kept_.push_back({std::string(record.data), std::string(record.partition_key),
                                 std::string(record.explicit_hash_key)});
            }
        }
        done(std::move(answer));
    }

    [[nodiscard]] Kept record(const std::string& sequence_number) const {
        const std::lock_guard lock(mutex_);
        return kept_.at(std::stoul(sequence_number));
    }

  private:
    mutable std::mutex mutex_;
    std::vector<Kept> kept_;
};

}  // namespace lk::peers
