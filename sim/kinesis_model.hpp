#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "event/aggregate_rule.hpp"
#include "sim/faults.hpp"
#include "sim/message.hpp"
#include "sim/plan.hpp"
#include "sim/random.hpp"
#include "sim/timeline.hpp"
#include "sim/trace.hpp"

namespace lk::sim {

/// An event that stands in the stream.
struct Copy {
    std::uint64_t order = 0;  ///< Of all that the stream has stored.
    TimePoint when{};
    std::string shard_id;
    std::string sequence_number;
    std::uint64_t request = 0;
    bool aggregated = false;
    /// The event's own hash lies in the shard.
    bool own_shard = true;
    /// KCL hands it to the consumer.
    bool readable = true;
};

/// An answer that is no success.
struct ServiceError {
    int http_status = 400;
    std::string code;
    std::string message;
};

/// A Kinesis stream as AWS describes it: what a producer meets in PutRecords, ListShards and
/// DescribeStreamSummary. Knows no delays: those are the network's (see network.hpp).
class KinesisModel {
  public:
    KinesisModel(const Plan& plan, Timeline& time, Trace& trace, Faults& faults, Random random);

    using PutAnswer = std::variant<PutRecordsAnswer, ServiceError>;
    PutAnswer put_records(SentRequest& request);

    using ListAnswer = std::variant<std::vector<Shard>, ServiceError>;
    ListAnswer list_shards(std::uint32_t producer, std::uint64_t credentials);
    using DescribeAnswer = std::variant<StreamSummary, ServiceError>;
    DescribeAnswer describe(std::uint32_t producer, std::uint64_t credentials);

    void split(std::uint32_t target);
    void merge(std::uint32_t target);
    void erase_and_create_again();
    /// All shards take this many times what the plan gives them.
    void set_limits(double factor);

    [[nodiscard]] const std::vector<Copy>& copies_of(EventNumber event) const {
        return copies_[event];
    }
    /// The open shard that takes a hash key.
    [[nodiscard]] event::HashKeyRange shard_range(event::HashKey hash) const {
        const ModelShard& shard = open_[place_of(hash)];
        return {shard.first, shard.last};
    }
    [[nodiscard]] bool was_recreated() const noexcept { return recreated_; }
    [[nodiscard]] std::uint64_t stored_records() const noexcept { return stored_; }
    [[nodiscard]] std::uint64_t throttled_records() const noexcept { return throttled_; }

  private:
    struct Bucket {
        double tokens = 0;
        TimePoint filled_at{};
    };
    struct ModelShard {
        std::uint32_t number = 0;
        event::HashKey first{};
        event::HashKey last{};
        Bucket records;
        Bucket bytes;
    };

    void open_first_shards(std::uint32_t count);
    ModelShard make_shard(event::HashKey first, event::HashKey last);
    [[nodiscard]] std::size_t place_of(event::HashKey hash) const;
    [[nodiscard]] double speed_of(const ModelShard& shard) const;
    bool takes(ModelShard& shard, std::size_t bytes);
    bool refuses_credentials(std::uint32_t producer, std::uint64_t credentials, bool strikes);
    struct Outcome {
        std::string shard;
        std::string sequence_number;
        std::string code;
        std::string message;
    };
    std::optional<ServiceError> refusal(SentRequest& request);
    Outcome put(SentRequest& request, std::size_t number);
    void store(const SentRequest& request, const SentRecord& record, const ModelShard& shard,
               std::string& sequence_number);
    void remember_shards();
    [[nodiscard]] std::vector<Shard> listed() const;

    const Plan& plan_;
    Timeline& time_;
    Trace& trace_;
    Faults& faults_;
    Random random_;
    double factor_ = 1;
    std::uint32_t shards_made_ = 0;
    std::vector<ModelShard> open_;           // by their ranges
    std::vector<std::vector<Shard>> lists_;  // what ListShards told, over time
    std::vector<std::vector<Copy>> copies_;  // by event
    std::vector<std::uint64_t> expired_;     // by producer: the last credentials that are
    std::uint64_t stored_ = 0;
    std::uint64_t throttled_ = 0;
    std::uint64_t sequence_ = 0;
    bool recreated_ = false;
};

}  // namespace lk::sim
