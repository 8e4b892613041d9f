#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kinesis/aws_client.hpp"

namespace lk::kinesis {

/// A record as a reader gets it.
struct ReadRecord {
    std::string data;
    std::string partition_key;
    std::string sequence_number;
    std::chrono::system_clock::time_point arrival;
};

/// One answer of GetRecords.
struct RecordPage {
    std::vector<ReadRecord> records;
    /// The shard is closed and everything in it was read.
    bool at_end = false;
    /// How far the page is behind the newest record; zero when it is the newest.
    std::chrono::milliseconds behind{};
};

/// Reads a stream's records back: each call blocks until its answer is there, so none may be made
/// on the client's loop. What Kinesis throttles, or fails to answer, is asked again after a pause
/// that doubles each time. Used by one thread at a time.
class Reader {
  public:
    struct Patience {
        std::chrono::milliseconds first_pause{200};
        std::chrono::milliseconds longest_pause{5000};
        /// The failure is handed on once this much was spent in pauses for one call.
        std::chrono::milliseconds give_up_after{60'000};
        /// Pauses for so long; true hands the failure on at once. None: it sleeps.
        bool (*pause)(std::chrono::milliseconds) = nullptr;
    };

    enum class From { trim_horizon, latest };

    /// Where in a shard to go on reading.
    struct Place {
        std::string shard_id;
        From from = From::trim_horizon;
        std::string iterator;
        std::string last_sequence_number;
        /// By this machine's clock: what arrived before it was read or is not asked for.
        std::chrono::system_clock::time_point caught_up;
    };

    Reader(std::shared_ptr<AwsKinesis> client, std::string stream)
        : Reader(std::move(client), std::move(stream), Patience{}) {}
    Reader(std::shared_ptr<AwsKinesis> client, std::string stream, Patience patience);

    /// All shards that hold records, closed ones too, as Kinesis lists them.
    [[nodiscard]] Expected<std::vector<Shard>, Failure> shards();

    /// A place at one end of a shard. `latest` begins with what arrives from now on.
    [[nodiscard]] Expected<Place, Failure> begin(std::string shard_id, From from);

    /// The next page, at most 10,000 records or 10 MiB; moves the place behind it. An empty page
    /// is not the end. Nothing is lost where more than the five minutes that Kinesis keeps an
    /// iterator lie between two calls; a reader from `latest` that had no record yet may then get
    /// some that arrived up to five minutes before it began.
    [[nodiscard]] Expected<RecordPage, Failure> read(Place& place);

  private:
    [[nodiscard]] Expected<wire::Document, Failure> ask(const char* operation,
                                                        const wire::Document& message);
    [[nodiscard]] Expected<std::string, Failure> iterator_for(const Place& place);

    std::shared_ptr<AwsKinesis> client_;
    std::string stream_;
    Patience patience_;
};

}  // namespace lk::kinesis
