#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "base/loop.hpp"
#include "pipeline/completions.hpp"
#include "pipeline/core.hpp"
#include "pipeline/page.hpp"
#include "wire/aggregate_seals.hpp"
#include "wire/aggregate_writer.hpp"

namespace lk::pipeline {

/// What clients answered, on its way to the driver. Thread-safe; outlives the driver where a
/// client answers late.
class Inbox {
  public:
    struct Answer {
        RequestId id;
        Expected<PutRecordsAnswer, Failure> result;
    };
    /// What was told, or not, about the stream.
    using StreamFacts = Expected<StreamSummary, Failure>;
    using Shards = Expected<std::vector<Shard>, Failure>;

    Inbox(std::shared_ptr<Loop> loop, Log log) : loop_(std::move(loop)), log_(std::move(log)) {}

    void add(Answer answer);
    void add(StreamFacts stream);
    void add(Shards shards);

    struct Facts {
        std::optional<StreamFacts> stream;
        std::optional<Shards> shards;
    };
    void take(std::vector<Answer>& answers, Facts& facts);
    /// The driver has gone: what comes now is dropped.
    void close();

    void log(int level, std::string_view line) const;

  private:
    std::mutex mutex_;
    std::vector<Answer> answers_;
    template <class Put>
    void put_and_wake(Put put);

    Facts facts_;
    std::shared_ptr<Loop> loop_;
    const Log log_;
};

/// A PutRecords request on its way through a client: everything that the client may look at.
/// Lives as long as a copy of the client's `done` does, and keeps the records' pages so long.
class PutRequest {
  public:
    PutRequest(std::shared_ptr<Inbox> inbox, std::shared_ptr<const std::string> stream,
               const Core::Request& request, std::chrono::milliseconds timeout,
               wire::AggregateWriter& writer);
    /// A client that lets go of `done` without calling it has answered, too.
    ~PutRequest();
    PutRequest(const PutRequest&) = delete;
    PutRequest& operator=(const PutRequest&) = delete;

    /// Hands the request to the client. Whatever the client does, one answer reaches the inbox,
    /// unless it keeps `done` for ever.
    static void send(const std::shared_ptr<PutRequest>& self, KinesisClient& client);

  private:
    void add(const Pending& record);
    /// An empty key stands for the first record's.
    void add_aggregate(const Parcel& parcel, std::string_view partition_key,
                       wire::AggregateWriter& writer, wire::AggregateSeals& seals);
    void answer(Expected<PutRecordsAnswer, Failure> result);

    const Origin origin_;
    const RequestId id_;
    const std::shared_ptr<Inbox> inbox_;
    const std::shared_ptr<const std::string> stream_;
    std::vector<Record> records_;
    std::vector<Page*> pages_;
    std::vector<std::unique_ptr<char[]>> aggregates_;  // as finished CBOR records
    PutRecordsRequest request_;
    std::atomic<bool> answered_{false};
};

}  // namespace lk::pipeline
