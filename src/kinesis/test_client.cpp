#include "kinesis/test_client.hpp"

#include <sstream>

#include "aws/http_date.hpp"
#include "wire/put_records.hpp"

namespace lk::kinesis {
namespace {

std::string text_after(const std::string& text, const std::string& begin, char end) {
    const auto at = text.find(begin);
    if (at == std::string::npos) return {};
    const auto from = at + begin.size();
    return text.substr(from, text.find(end, from) - from);
}

}  // namespace

std::shared_ptr<AwsKinesis> client_of(const std::string& url, const TestClientOptions& options) {
    return std::make_shared<AwsKinesis>(AwsKinesis::Parts{
        .service = {aws::parse_endpoint(url, "test").value(), test_region},
        .credentials =
            aws::given_credentials(test_key_id, test_secret, options.session_token).value(),
        .encoding = options.encoding,
        .transport = {.user_agent = "lk-test"}});
}

std::string problem_of_signature(const http::ReceivedRequest& request) {
    const auto header = [&](const std::string& name) {
        const auto found = request.headers.find(name);
        return found == request.headers.end() ? std::string() : found->second;
    };
    const std::string authorization = header("authorization");
    const std::string credential = text_after(authorization, "Credential=", ',');
    const std::string names = text_after(authorization, "SignedHeaders=", ',');
    const std::string signature = text_after(authorization, "Signature=", ',');
    const std::string date = header("x-amz-date");
    const std::string day = date.substr(0, 8);
    const std::string scope = day + "/" + test_region + "/kinesis/aws4_request";
    if (credential != std::string(test_key_id) + "/" + scope) return "credential: " + credential;

    std::vector<aws::Header> signed_headers;
    std::istringstream list(names);
    std::vector<std::string> name_texts;
    for (std::string name; std::getline(list, name, ';');) name_texts.push_back(name);
    for (const std::string& name : name_texts) {
        const auto found = request.headers.find(name);
        if (found == request.headers.end()) return "signed but not sent: " + name;
        signed_headers.push_back({found->first, found->second});
    }
    // What decides the request's meaning must be covered.
    for (const std::string must :
         {"host", "x-amz-date", "x-amz-target", "content-type", "x-amz-security-token"}) {
        const bool sent = request.headers.contains(must);
        if (sent && (";" + names + ";").find(";" + must + ";") == std::string::npos) {
            return "sent but not signed: " + must;
        }
        if (!sent && must != "x-amz-security-token") return "not sent: " + must;
    }

    const auto target_end = request.first_line.rfind(" HTTP/");
    const std::string path = request.first_line.substr(5, target_end - 5);
    const auto canonical = aws::canonical_request({.method = "POST",
                                                   .path = path,
                                                   .query = {},
                                                   .headers = signed_headers,
                                                   .body_hash = aws::sha256(request.body)},
                                                  true);
    const aws::SigningKey key(test_secret, day, test_region, "kinesis");
    const std::string expected = key.sign(aws::string_to_sign(date, scope, canonical.text));
    return signature == expected ? "" : "signature " + signature + " in place of " + expected;
}

Expected<PutRecordsAnswer, Failure> put(KinesisClient& client, const std::vector<Record>& records,
                                        std::chrono::milliseconds timeout) {
    return wait_for<PutRecordsAnswer>([&](PutRecordsDone done) {
        client.put_records({.stream = "events", .records = records, .timeout = timeout},
                           std::move(done));
    });
}

const std::vector<Record> two_records = {
    {.data = "{\"a\":1}", .partition_key = "first", .explicit_hash_key = {}, .cbor = {}},
    {.data = std::string_view("\0\xFF", 2),
     .partition_key = "second",
     .explicit_hash_key = "7",
     .cbor = {}}};

std::string stored_answer(wire::Encoding encoding, std::size_t records) {
    PutRecordsAnswer answer;
    for (std::size_t i = 0; i < records; ++i) {
        answer.add_stored("shardId-000000000000", "4950" + std::to_string(i));
    }
    std::string text;
    wire::encode_put_records_answer(encoding, answer, text);
    return text;
}

http::ScriptedServer::Script always(int status, std::string body, std::string headers) {
    return [=](http::ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(status, body, headers);
    };
}

std::string operation_of(const http::ReceivedRequest& request) {
    const std::string& target = request.headers.at("x-amz-target");
    return target.substr(target.find('.') + 1);
}

wire::Document message_of(const http::ReceivedRequest& request) {
    const auto encoding =
        request.headers.at("content-type") == wire::content_type(wire::Encoding::cbor)
            ? wire::Encoding::cbor
            : wire::Encoding::json;
    return wire::parse(encoding, request.body).value();
}

void answer_with(http::ScriptedConnection& connection, wire::Encoding encoding, int status,
                 const wire::Document& message, std::string_view headers) {
    connection.answer(status, wire::serialize(encoding, message), headers);
}

void answer_with_error(http::ScriptedConnection& connection, int status, const std::string& code,
                       const std::string& text, std::string_view headers) {
    answer_with(connection, wire::Encoding::json, status, {{"__type", code}, {"message", text}},
                headers);
}

}  // namespace lk::kinesis
