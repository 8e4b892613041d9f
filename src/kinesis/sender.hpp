#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.hpp"
#include "aws/kinesis_service.hpp"
#include "aws/sigv4.hpp"
#include "http/transport.hpp"
#include "kinesis/classify.hpp"
#include "kinesis/clock_repair.hpp"
#include "wire/document.hpp"
#include "wire/put_records.hpp"

namespace lk::kinesis {

/// One request to Kinesis, on the heap from its encoding until its `done` was called.
struct Call {
    std::string operation;
    /// Name or ARN, which may choose a host of the stream's account; empty where it is about none.
    std::string stream;
    /// The sender's, once it is sent.
    std::string region = {};
    wire::Body body;
    /// Zero: none.
    std::chrono::milliseconds timeout{};
    std::size_t max_answer_bytes = 0;
    /// Gets an answer of status 200, or why there is none.
    std::function<void(const Call&, Expected<http::Answer, Failure>)> done;

    /// Once it was needed.
    std::optional<aws::Sha256> body_hash = {};
    TimePoint sent_at{};
    bool clock_was_repaired = false;
    /// What it was signed with last.
    std::shared_ptr<const aws::Credentials> credentials = {};
    bool credentials_were_renewed = false;

    [[nodiscard]] CallNames names() const { return {operation, stream, region}; }
};

/// Signs calls and sends them, each once. Two exceptions, each once a call: one that was refused
/// because this machine's clock is wrong is sent again, dated by the service's clock; and one that
/// was refused because its credentials have expired, when there are others by now. Thread-safe;
/// lives as long as its calls, which end with the transport.
class Sender : public std::enable_shared_from_this<Sender> {
  public:
    /// `request_timeout` is for calls of call_with_document().
    Sender(aws::Service service, std::shared_ptr<aws::CredentialsProvider> credentials,
           wire::Encoding encoding, std::chrono::milliseconds request_timeout,
           std::weak_ptr<http::Transport> transport);

    /// `call->done` is called on the transport's loop, or here when nothing can be sent.
    void send(std::shared_ptr<Call> call);

    /// Posts the calls of this round, or ends them when nothing can be sent any more. On the loop's
    /// thread.
    void post_waiting();

    [[nodiscard]] wire::Encoding encoding() const noexcept { return encoding_; }
    [[nodiscard]] std::chrono::milliseconds request_timeout() const noexcept {
        return request_timeout_;
    }

  private:
    [[nodiscard]] Expected<aws::Endpoint, Error> endpoint_of(const Call& call) const;
    void post_or_fail(const std::shared_ptr<Call>& call, Call* next) noexcept;
    void sign_and_post(std::shared_ptr<Call> call);
    void take(std::shared_ptr<Call> call, Expected<http::Answer, http::NoAnswer> came);

    aws::Service service_;
    aws::Signer signer_;
    std::shared_ptr<aws::CredentialsProvider> credentials_;
    wire::Encoding encoding_;
    std::chrono::milliseconds request_timeout_;
    std::weak_ptr<http::Transport> transport_;
    SignatureClock clock_;
    /// Calls of this round, to be hashed two at a time; the loop's thread's own.
    std::deque<std::shared_ptr<Call>> waiting_;
};

/// Sends a message of any operation and reads the answer as a tree.
void call_with_document(Sender& sender, std::string operation, std::string_view stream,
                        const wire::Document& message,
                        std::function<void(Expected<wire::Document, Failure>)> done);

}  // namespace lk::kinesis
