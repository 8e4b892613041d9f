#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "aws/sigv4.hpp"
#include "http/scripted_server.hpp"
#include "kinesis/aws_client.hpp"

namespace lk::kinesis {

/// For tests: the credentials that every client signs with.
inline constexpr const char* test_key_id = "AKIDEXAMPLE";
inline constexpr const char* test_secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
inline constexpr const char* test_region = "eu-west-1";

struct TestClientOptions {
    wire::Encoding encoding = wire::Encoding::cbor;
    std::string session_token = {};
};

/// For tests: a client of whatever listens at `url`.
[[nodiscard]] std::shared_ptr<AwsKinesis> client_of(const std::string& url,
                                                    const TestClientOptions& options = {});

/// What the server's half of SigV4 finds wrong with a request; empty when its signature is right
/// and covers all that it must. Reads nothing but the request's bytes and the secret.
[[nodiscard]] std::string problem_of_signature(const http::ReceivedRequest& request);

/// Calls an asynchronous function with a `done` and waits for what it gets.
template <class Value, class Start>
Expected<Value, Failure> wait_for(const Start& start) {
    const auto promise = std::make_shared<std::promise<Expected<Value, Failure>>>();
    auto outcome = promise->get_future();
    start([promise](Expected<Value, Failure> came) { promise->set_value(std::move(came)); });
    return outcome.get();
}

[[nodiscard]] Expected<PutRecordsAnswer, Failure> put(
    KinesisClient& client, const std::vector<Record>& records,
    std::chrono::milliseconds timeout = std::chrono::seconds(60));

/// Two records that differ in all they may.
extern const std::vector<Record> two_records;

/// What Kinesis answers when it has stored so many.
[[nodiscard]] std::string stored_answer(wire::Encoding encoding, std::size_t records);

/// A server that answers every request with the same bytes.
[[nodiscard]] http::ScriptedServer::Script always(int status, std::string body,
                                                  std::string headers = {});

/// The operation that a request names, such as "PutRecords".
[[nodiscard]] std::string operation_of(const http::ReceivedRequest& request);

/// A request's or an answer's message in the encoding that its content type names.
[[nodiscard]] wire::Document message_of(const http::ReceivedRequest& request);

void answer_with(http::ScriptedConnection& connection, wire::Encoding encoding, int status,
                 const wire::Document& message, std::string_view headers = {});

void answer_with_error(http::ScriptedConnection& connection, int status, const std::string& code,
                       const std::string& text, std::string_view headers = {});

}  // namespace lk::kinesis
