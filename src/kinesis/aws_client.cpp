#include "kinesis/aws_client.hpp"

#include "base/counted.hpp"
#include "kinesis/answer_limits.hpp"
#include "kinesis/sender.hpp"
#include "wire/put_records.hpp"
#include "wire/streams.hpp"

namespace lk::kinesis {
namespace {

Expected<PutRecordsAnswer, Failure> read_put_records_answer(wire::Encoding encoding,
                                                            std::string_view body,
                                                            std::size_t records,
                                                            const CallNames& names) {
    auto answer = wire::decode_put_records_answer(encoding, body, records);
    if (!answer) return failure_of_bad_answer(answer.error(), names);
    if (answer->size() != records) {
        return failure_of_bad_answer("it has " + counted(answer->size(), "entry", "entries") +
                                         " for " + counted(records, "record", "records"),
                                     names);
    }
    return std::move(*answer);
}

}  // namespace

AwsKinesis::AwsKinesis(Parts parts)
    : transport_(http::curl_transport(parts.transport)),
      sender_(std::make_shared<Sender>(std::move(parts.service), std::move(parts.credentials),
                                       parts.encoding, parts.request_timeout, transport_)) {}

// On the loop's thread it may be one of those that wait that ends the client.
AwsKinesis::~AwsKinesis() {
    const bool on_loop_thread = transport_->loop()->on_loop_thread();
    transport_.reset();
    if (on_loop_thread) sender_->post_waiting();
}

void AwsKinesis::put_records(const PutRecordsRequest& request, PutRecordsDone done) {
    const auto call = std::make_shared<Call>();
    call->operation = "PutRecords";
    call->stream = request.stream;
    wire::encode_put_records(sender_->encoding(), request, call->body);
    call->timeout = request.timeout;
    call->max_answer_bytes = most_put_records_answer_bytes(request.records.size());
    call->done = [encoding = sender_->encoding(), records = request.records.size(),
                  done = std::move(done)](const Call& ended, Expected<http::Answer, Failure> came) {
        if (!came) return done(std::move(came).error());
        done(read_put_records_answer(encoding, came->body, records, ended.names()));
    };
    sender_->send(call);
}

void AwsKinesis::list_shards(std::string_view stream, ListShardsDone done) {
    list_shards(stream, WhichShards::open, std::move(done));
}

void AwsKinesis::list_shards(std::string_view stream, WhichShards which, ListShardsDone done) {
    kinesis::list_shards(sender_, std::string(stream), which, std::move(done));
}

void AwsKinesis::describe_stream_summary(std::string_view stream, DescribeDone done) {
    call_with_document(*sender_, "DescribeStreamSummary", stream, wire::stream_request(stream),
                       [stream = std::string(stream),
                        done = std::move(done)](Expected<wire::Document, Failure> came) {
                           if (!came) return done(std::move(came).error());
                           auto summary = wire::read_stream_summary_answer(*came);
                           if (!summary) {
                               return done(failure_of_bad_answer(
                                   summary.error(), {"DescribeStreamSummary", stream}));
                           }
                           done(std::move(*summary));
                       });
}

std::shared_ptr<Loop> AwsKinesis::loop() {
    return transport_->loop();
}

void AwsKinesis::call(std::string operation, const wire::Document& message,
                      std::function<void(Expected<wire::Document, Failure>)> done) {
    std::string stream;
    for (const char* name : {"StreamName", "StreamARN"}) {
        if (message.contains(name) && message[name].is_string()) stream = message[name];
    }
    call_with_document(*sender_, std::move(operation), stream, message, std::move(done));
}

}  // namespace lk::kinesis
