#include "kinesis/sender.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "aws/sha256_pair.hpp"
#include "aws/stream_arn.hpp"
#include "base/wiped_text.hpp"
#include "kinesis/answer_limits.hpp"
#include "wire/error_answer.hpp"

namespace lk::kinesis {
namespace {

// Destroys `done` right after it was called: what it holds may be waited for.
void finish(const std::shared_ptr<Call>& call, Expected<http::Answer, Failure> outcome) {
    const auto done = std::exchange(call->done, nullptr);
    done(*call, std::move(outcome));
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
std::optional<aws::Refusal> refusal_of_credentials(std::string_view code) {
    if (code == "ExpiredToken" || code == "ExpiredTokenException") return aws::Refusal::expired;
    if (code == "UnrecognizedClientException" || code == "InvalidClientTokenId") {
        return aws::Refusal::unknown_key;
    }
    return std::nullopt;
}

// Credentials that may come: nothing was stored, and the events wait.
Failure no_credentials(const Error& error) {
    const bool waits = error.code == ErrorCode::credentials;
    return {.kind = waits ? FailureClass::not_ready : FailureClass::final,
            .code = error.code,
            .service_code = {},
            .message = error.message};
}

// Those that read and write records
// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html).
aws::Plane plane_of(std::string_view operation) {
    constexpr std::string_view of_data[] = {"PutRecords", "PutRecord", "GetRecords",
                                            "GetShardIterator", "SubscribeToShard"};
    const bool is_of_data =
        std::find(std::begin(of_data), std::end(of_data), operation) != std::end(of_data);
    return is_of_data ? aws::Plane::data : aws::Plane::control;
}

Failure not_sent(ErrorCode code, std::string message) {
    return {.kind = FailureClass::final,
            .code = code,
            .service_code = {},
            .message = std::move(message)};
}

std::chrono::milliseconds time_left(const Call& call) {
    if (call.timeout.count() <= 0) return std::chrono::milliseconds(0);
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - call.sent_at);
    return std::max(call.timeout - passed, std::chrono::milliseconds(1));
}

}  // namespace

Sender::Sender(aws::Service service, std::shared_ptr<aws::CredentialsProvider> credentials,
               wire::Encoding encoding, std::chrono::milliseconds request_timeout,
               std::weak_ptr<http::Transport> transport)
    : service_(std::move(service)),
      signer_(service_.region, "kinesis"),
      credentials_(std::move(credentials)),
      encoding_(encoding),
      request_timeout_(request_timeout),
      transport_(std::move(transport)) {}

void Sender::send(std::shared_ptr<Call> call) {
    call->sent_at = std::chrono::steady_clock::now();
    call->region = service_.region;
    const auto transport = transport_.lock();
    if (transport == nullptr || !transport->loop()->on_loop_thread()) {
        return sign_and_post(std::move(call));
    }
    if (waiting_.empty()) {
        transport->after_turns([sender = shared_from_this()] { sender->post_waiting(); });
    }
    waiting_.push_back(std::move(call));
}

// Hashed together, two bodies take little longer than one. They are taken out one by one, so that
// a `done` that ends the client finds the others here.
void Sender::post_waiting() {
    while (!waiting_.empty()) {
        const std::shared_ptr<Call> call = std::move(waiting_.front());
        waiting_.pop_front();
        post_or_fail(call, waiting_.empty() ? nullptr : waiting_.front().get());
    }
}

// Who sent the call has gone on, so what is thrown before it is posted is told as a failure. A
// `done` reports its own exceptions.
void Sender::post_or_fail(const std::shared_ptr<Call>& call, Call* next) noexcept {
    try {
        if (next != nullptr && !call->body_hash) {
            std::tie(call->body_hash, next->body_hash) =
                aws::sha256_pair(call->body.pieces, next->body.pieces);
        }
        sign_and_post(call);
    } catch (...) {
        if (call->done == nullptr) return;
        try {
            Failure failure = not_sent(ErrorCode::client_failed,
                                       "a request could not be signed, and was not sent");
            failure.kind = FailureClass::transient;
            finish(call, std::move(failure));
        } catch (...) {
        }
    }
}

Expected<aws::Endpoint, Error> Sender::endpoint_of(const Call& call) const {
    if (!aws::is_arn(call.stream)) return service_.endpoint;
    auto chosen = aws::endpoint_of_stream(service_, call.stream, plane_of(call.operation));
    if (!chosen) return std::move(chosen).error();
    return std::move(chosen->endpoint);
}

void Sender::sign_and_post(std::shared_ptr<Call> call) {
    const auto endpoint = endpoint_of(*call);
    if (!endpoint) {
        return finish(call, not_sent(endpoint.error().code, endpoint.error().message));
    }
    const auto credentials = credentials_->current();
    if (!credentials) return finish(call, no_credentials(credentials.error()));
    // Not before: what a `done` ends is to end then, and not with this.
    const auto transport = transport_.lock();
    if (!transport) {
        return finish(call, not_sent(ErrorCode::closed,
                                     "the client is being destroyed; the request was not stored."));
    }
    call->credentials = *credentials;
    if (!call->body_hash) call->body_hash = aws::sha256(call->body.pieces);

    const std::string_view type = wire::content_type(encoding_);
    const std::string target = "Kinesis_20131202." + call->operation;
    const aws::Header to_sign[] = {
        {"Host", endpoint->host}, {"Content-Type", type}, {"X-Amz-Target", target}};
    auto added = signer_.sign({.method = "POST",
                               .path = endpoint->path,
                               .query = {},
                               .headers = to_sign,
                               .body_hash = *call->body_hash},
                              **credentials, clock_.now());

    http::Request request;
    request.url = endpoint->url;
    request.headers.reserve(2 + added.size());
    // Host is the transport's to write.
    request.headers.push_back(std::string("Content-Type: ").append(type));
    request.headers.push_back("X-Amz-Target: " + target);
    for (auto& [name, value] : added) {
        std::string header;
        header.reserve(name.size() + 2 + value.size());
        header.append(name).append(": ").append(value);
        request.headers.push_back(std::move(header));
        wipe(value);
    }
    request.body = call->body.pieces;
    request.body_bytes = call->body.bytes;
    request.timeout = time_left(*call);
    request.max_answer_bytes = call->max_answer_bytes;
    transport->post(std::move(request),
                    [sender = shared_from_this(), call = std::move(call)](auto came) mutable {
                        sender->take(std::move(call), std::move(came));
                    });
}

void Sender::take(std::shared_ptr<Call> call, Expected<http::Answer, http::NoAnswer> came) {
    if (!came) return finish(call, failure_without_answer(came.error(), call->names()));
    if (came->status == 200) return finish(call, std::move(*came));

    const wire::ErrorAnswer error = wire::read_error_answer(came->body);
    const bool clock_follows =
        blames_the_clock(error.code, error.message) && clock_.follow(came->header("date"));
    if (clock_follows && !call->clock_was_repaired) {
        call->clock_was_repaired = true;
        sign_and_post(std::move(call));
        return;
    }
    const auto refusal = refusal_of_credentials(error.code);
    const auto renewal =
        refusal ? credentials_->renew(*call->credentials, *refusal) : aws::Renewal::impossible;
    if (renewal == aws::Renewal::renewed && !call->credentials_were_renewed) {
        call->credentials_were_renewed = true;
        sign_and_post(std::move(call));
        return;
    }
    Failure failure = failure_of_answer(came->status, error.code, error.message,
                                        came->header("x-amzn-requestid"), call->names());
    // Others are on their way; these events need not fail.
    if (renewal == aws::Renewal::under_way) failure.kind = FailureClass::not_ready;
    // A machine that was suspended with the request, or with the answer that told the time, under
    // way; a later request has the right time.
    if (clock_follows) failure.kind = FailureClass::transient;
    finish(call, std::move(failure));
}

void call_with_document(Sender& sender, std::string operation, std::string_view stream,
                        const wire::Document& message,
                        std::function<void(Expected<wire::Document, Failure>)> done) {
    const auto call = std::make_shared<Call>();
    call->operation = std::move(operation);
    call->stream = stream;
    call->body.owned = wire::serialize(sender.encoding(), message);
    call->body.pieces = {call->body.owned};
    call->body.bytes = call->body.owned.size();
    call->timeout = sender.request_timeout();
    const AnswerLimits limits = answer_limits(call->operation);
    call->max_answer_bytes = limits.bytes;
    call->done = [encoding = sender.encoding(), most_values = limits.values,
                  done = std::move(done)](const Call& ended, Expected<http::Answer, Failure> came) {
        if (!came) return done(std::move(came).error());
        auto document = wire::parse(encoding, came->body, most_values);
        if (!document) return done(failure_of_bad_answer(document.error(), ended.names()));
        done(std::move(*document));
    };
    sender.send(call);
}

}  // namespace lk::kinesis
