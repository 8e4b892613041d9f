#pragma once

#include <functional>

#include <lk/expected.hpp>
#include <lk/kinesis_client.hpp>

#include "sim/kinesis_model.hpp"

namespace lk::sim {

/// The way from a producer's client to Kinesis and back: it takes time, loses requests and answers,
/// and holds some up for a minute. Answers as an AWS client would, failures classified.
class Network {
  public:
    Network(const Plan& plan, Timeline& time, Trace& trace, Faults& faults, KinesisModel& kinesis,
            Random random)
        : stream_(plan.stream),
          time_(time),
          trace_(trace),
          faults_(faults),
          kinesis_(kinesis),
          random_(random) {}

    using Put = Expected<PutRecordsAnswer, Failure>;
    using Shards = Expected<std::vector<Shard>, Failure>;
    using Limit = Expected<StreamSummary, Failure>;
    void put_records(SentRequest request, Duration timeout, std::function<void(Put)> done);
    void list_shards(std::function<void(Shards)> done);
    void describe(std::function<void(Limit)> done);

  private:
    [[nodiscard]] Duration one_way() { return random_.between(stream_.quickest, stream_.slowest); }
    Put answer_to(const SentRequest& request);
    bool lose(const SentRequest& request, Duration timeout, const std::function<void(Put)>& done);
    void break_off(const SentRequest& request, Duration when, const char* how, bool may_be_stored,
                   const std::function<void(Put)>& done);

    const StreamPlan& stream_;
    Timeline& time_;
    Trace& trace_;
    Faults& faults_;
    KinesisModel& kinesis_;
    Random random_;
};

}  // namespace lk::sim
