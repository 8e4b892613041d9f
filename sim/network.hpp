#pragma once

#include <functional>
#include <memory>

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

    /// A question about the stream, and who asks it.
    struct Asker {
        std::uint32_t producer = 0;
        std::uint64_t credentials = 0;
    };
    using Sent = std::shared_ptr<SentRequest>;
    void put_records(const Sent& request, Duration timeout, PutRecordsDone done);
    void list_shards(Asker asker, ListShardsDone done);
    void describe(Asker asker, DescribeDone done);

    /// A request is stored of which nobody hears any more.
    std::function<void(const SentRequest&)> on_late_commit;

  private:
    using Put = Expected<PutRecordsAnswer, Failure>;
    [[nodiscard]] Duration one_way() { return random_.between(stream_.quickest, stream_.slowest); }
    Put answer_to(SentRequest& request);
    bool lose(const Sent& request, Duration timeout, const PutRecordsDone& done);
    void break_off(const Sent& request, Duration when, const char* how, bool may_be_stored,
                   const PutRecordsDone& done);
    void never_answer(const Sent& request, const PutRecordsDone& done);

    const StreamPlan& stream_;
    Timeline& time_;
    Trace& trace_;
    Faults& faults_;
    KinesisModel& kinesis_;
    Random random_;
};

}  // namespace lk::sim
