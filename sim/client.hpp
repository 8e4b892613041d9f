#pragma once

#include <functional>
#include <memory>

#include <lk/kinesis_client.hpp>

#include "sim/network.hpp"

namespace lk::sim {

/// A producer's Kinesis client: reads what it is given byte for byte, as nothing else leaves the
/// process, and renews its credentials when they are refused, as the AWS client does. A request
/// that was refused for them is sent once more if others are there; if they are still on their way
/// its events are told to wait.
class Client final : public KinesisClient {
  public:
    Client(const Plan& plan, Timeline& time, Faults& faults, Network& network,
           std::uint32_t producer, Random random)
        : plan_(plan),
          time_(time),
          faults_(faults),
          network_(network),
          producer_(producer),
          random_(random) {}

    /// The next request's number; `sees` gets it as it was read, or why it could not be.
    std::uint64_t next_number = 0;
    std::function<void(const std::shared_ptr<SentRequest>&)> sees;
    std::function<void(const std::string&)> on_problem;

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override;
    void list_shards(std::string_view stream, ListShardsDone done) override;
    void describe_stream_summary(std::string_view stream, DescribeDone done) override;

  private:
    enum class Renewal { renewed, under_way, impossible };
    Renewal renew(std::uint64_t refused);
    template <class Send, class Done>
    void send(Send send, Done done, TimePoint until, bool was_renewed);

    const Plan& plan_;
    Timeline& time_;
    Faults& faults_;
    Network& network_;
    const std::uint32_t producer_;
    Random random_;
    std::uint64_t credentials_ = 1;
    bool renewing_ = false;
};

}  // namespace lk::sim
