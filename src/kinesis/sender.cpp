#include "kinesis/sender.hpp"

#include <utility>

#include "wire/error_answer.hpp"

namespace lk::kinesis {
namespace {

// Destroys `done` right after it was called: what it holds may be waited for.
void finish(const std::shared_ptr<Call>& call, Expected<http::Answer, Failure> outcome) {
    const auto done = std::exchange(call->done, nullptr);
    done(*call, std::move(outcome));
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
bool means_expired_credentials(std::string_view code) {
    return code == "ExpiredToken" || code == "ExpiredTokenException";
}

std::chrono::milliseconds time_left(const Call& call) {
    if (call.timeout.count() <= 0) return std::chrono::milliseconds(0);
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - call.sent_at);
    return std::max(call.timeout - passed, std::chrono::milliseconds(1));
}

}  // namespace

Sender::Sender(aws::Service service, std::shared_ptr<aws::CredentialsProvider> credentials,
               wire::Encoding encoding, std::weak_ptr<http::Transport> transport)
    : endpoint_(std::move(service.endpoint)),
      signer_(std::move(service.region), "kinesis"),
      credentials_(std::move(credentials)),
      encoding_(encoding),
      transport_(std::move(transport)) {}

void Sender::send(std::shared_ptr<Call> call) {
    call->body_hash = aws::sha256(call->body.pieces);
    call->sent_at = std::chrono::steady_clock::now();
    sign_and_post(std::move(call));
}

void Sender::sign_and_post(std::shared_ptr<Call> call) {
    const auto credentials = credentials_->current();
    const auto transport = transport_.lock();
    if (!credentials || !transport) {
        Failure failure{.kind = FailureClass::final,
                        .code = ErrorCode::credentials,
                        .service_code = {},
                        .message = {}};
        if (!credentials) {
            failure.message = credentials.error().message;
        } else {
            failure.code = ErrorCode::closed;
            failure.message = "the client is being destroyed; the request was not stored.";
        }
        finish(call, std::move(failure));
        return;
    }
    call->credentials = *credentials;

    const std::string_view type = wire::content_type(encoding_);
    const std::string target = "Kinesis_20131202." + call->operation;
    const aws::Header to_sign[] = {
        {"Host", endpoint_.host}, {"Content-Type", type}, {"X-Amz-Target", target}};
    const auto added = signer_.sign({.method = "POST",
                                     .path = endpoint_.path,
                                     .query = {},
                                     .headers = to_sign,
                                     .body_hash = call->body_hash},
                                    **credentials, clock_.now());

    http::Request request;
    request.url = endpoint_.url;
    request.headers.reserve(2 + added.size());
    // Host is the transport's to write.
    request.headers.push_back(std::string("Content-Type: ").append(type));
    request.headers.push_back("X-Amz-Target: " + target);
    for (const auto& [name, value] : added)
        request.headers.push_back(std::string(name).append(": ").append(value));
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
    if (!call->clock_was_repaired && blames_the_clock(error.code, error.message) &&
        clock_.follow(came->header("date"))) {
        call->clock_was_repaired = true;
        sign_and_post(std::move(call));
        return;
    }
    if (!call->credentials_were_renewed && means_expired_credentials(error.code) &&
        credentials_->renew(*call->credentials)) {
        call->credentials_were_renewed = true;
        sign_and_post(std::move(call));
        return;
    }
    finish(call, failure_of_answer(came->status, error.code, error.message,
                                   came->header("x-amzn-requestid"), call->names()));
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
    call->timeout = std::chrono::seconds(10);
    // GetRecords gives at most 10 MiB of data a page, which base64 and the other members enlarge.
    call->max_answer_bytes = 32 * std::size_t{1024} * 1024;
    call->done = [encoding = sender.encoding(), done = std::move(done)](
                     const Call& ended, Expected<http::Answer, Failure> came) {
        if (!came) return done(std::move(came).error());
        auto document = wire::parse(encoding, came->body);
        if (!document) return done(failure_of_bad_answer(document.error(), ended.names()));
        done(std::move(*document));
    };
    sender.send(call);
}

}  // namespace lk::kinesis
