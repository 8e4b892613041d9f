#include "sim/client.hpp"

#include <utility>

namespace lk::sim {

using namespace std::chrono_literals;

// What src/kinesis/sender.cpp does. `send` sends with the credentials that it is given, for no
// longer than it is told.
template <class Send, class Done>
void Client::send(Send send, Done done, TimePoint until, bool was_renewed) {
    const std::uint64_t credentials = credentials_;
    send(credentials, std::max<Duration>(until - time_.now(), 1ms),
         [this, send, done, until, was_renewed, credentials](auto result) {
             if (!result && result.error().code == ErrorCode::credentials) {
                 const Renewal renewal = renew(credentials);
                 if (renewal == Renewal::renewed && !was_renewed) {
                     this->send(send, done, until, true);
                     return;
                 }
                 if (renewal == Renewal::under_way) {
                     Failure waiting = result.error();
                     waiting.kind = FailureClass::not_ready;
                     done(std::move(waiting));
                     return;
                 }
             }
             done(std::move(result));
         });
}

Client::Renewal Client::renew(std::uint64_t refused) {
    if (faults_.on(Fault::credentials_gone) != nullptr) return Renewal::impossible;
    if (credentials_ > refused) return Renewal::renewed;
    if (renewing_) return Renewal::under_way;
    if (random_.chance(0.3)) {
        ++credentials_;
        return Renewal::renewed;
    }
    renewing_ = true;
    time_.after(random_.between(100ms, 5s), [this] {
        ++credentials_;
        renewing_ = false;
    });
    return Renewal::under_way;
}

void Client::put_records(const PutRecordsRequest& request, PutRecordsDone done) {
    std::string problem;
    auto read = read_request(request, plan_, problem);
    if (!read) {
        on_problem(problem);
        return;
    }
    const auto sent = std::make_shared<SentRequest>(std::move(*read));
    sent->producer = producer_;
    sent->number = next_number;
    sees(sent);
    send(
        [this, sent](std::uint64_t credentials, Duration timeout, PutRecordsDone next) {
            sent->credentials = credentials;
            network_.put_records(sent, timeout, std::move(next));
        },
        std::move(done), time_.now() + request.timeout, false);
}

void Client::list_shards(std::string_view, ListShardsDone done) {
    send(
        [this](std::uint64_t credentials, Duration, ListShardsDone next) {
            network_.list_shards({producer_, credentials}, std::move(next));
        },
        std::move(done), time_.now(), false);
}

void Client::describe_stream_summary(std::string_view, DescribeDone done) {
    send(
        [this](std::uint64_t credentials, Duration, DescribeDone next) {
            network_.describe({producer_, credentials}, std::move(next));
        },
        std::move(done), time_.now(), false);
}

}  // namespace lk::sim
