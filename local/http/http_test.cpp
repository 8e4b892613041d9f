#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "local/http/raw_client.hpp"
#include "local/server.hpp"
#include "wire/document.hpp"

namespace lk::local {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Http : public testing::Test {
  protected:
    void start(ServerOptions options = {}) {
        options.streams = {{"s", 1}};
        options.log = [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            log_.emplace_back(line);
        };
        auto started = Server::start(std::move(options));
        ASSERT_TRUE(started) << started.error().message;
        server = std::move(started).value();
    }
    [[nodiscard]] RawClient connect() const { return RawClient(server->port()); }
    [[nodiscard]] std::vector<std::string> log() const {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    // What a server that is well answers.
    void expect_well() const {
        RawClient client(server->port());
        client.send(post("ListStreams", "{}"));
        EXPECT_EQ(client.read_answer().status, 200);
    }
    // Sends the bytes, no more, and gives what came back before the server closed.
    [[nodiscard]] std::string answer_to(std::string_view bytes) const {
        RawClient client(server->port());
        client.send(bytes);
        return client.read_to_end();
    }

    std::unique_ptr<Server> server;

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> log_;
};

TEST_F(Http, AnswersWithTheHeadersThatAwsSends) {
    start();
    RawClient client(server->port());
    client.send(post("ListStreams", "{}"));
    const std::string head = client.read_answer().head;
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, ContainsRegex("x-amzn-RequestId: [0-9a-f-]{36}\r\n"));
    EXPECT_THAT(head, ContainsRegex("x-amz-id-2: [A-Za-z0-9+/]{64}\r\n"));
    EXPECT_THAT(head, ContainsRegex("Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
                                    "[0-9]{2}:[0-9]{2}:[0-9]{2} GMT\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Type: application/x-amz-json-1.1\r\n"));
    client.send(post("DescribeStream", R"({"StreamName": "none"})"));
    const RawAnswer refused = client.read_answer();
    EXPECT_THAT(refused.head, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(refused.body, HasSubstr("\"__type\":\"ResourceNotFoundException\""));
}

TEST_F(Http, AnswersCborInCbor) {
    start();
    RawClient client(server->port());
    client.send(
        "POST /any/path HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-cbor-1.1\r\n"
        "x-amz-target: Kinesis_20131202.ListStreams\r\ncontent-length: 1\r\n\r\n\xa0");
    const RawAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.head, HasSubstr("Content-Type: application/x-amz-cbor-1.1\r\n"));
    const auto members = wire::parse(wire::Encoding::cbor, answer.body);
    ASSERT_TRUE(members);
    EXPECT_EQ(members->at("StreamNames")[0], "s");
}

TEST_F(Http, KeepsTheConnectionAndAnswersRequestsThatCameTogetherInOrder) {
    start();
    RawClient client(server->port());
    client.send(post("ListStreams", "{}") +
                post("DescribeStreamSummary", R"({"StreamName": "s"})") + post("Nothing", "{}"));
    EXPECT_THAT(client.read_answer().body, HasSubstr("StreamNames"));
    EXPECT_THAT(client.read_answer().body, HasSubstr("StreamDescriptionSummary"));
    EXPECT_THAT(client.read_answer().body, HasSubstr("UnknownOperationException"));
    client.send(post("ListStreams", "{}"));
    EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(Http, ClosesWhenTheClientAsks) {
    start();
    EXPECT_THAT(answer_to(post("ListStreams", "{}", "Connection: close\r\n")),
                HasSubstr("Connection: close\r\n"));
    std::string old = post("ListStreams", "{}");
    old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
    EXPECT_THAT(answer_to(old), HasSubstr("StreamNames"));
}

TEST_F(Http, TakesABodyInChunks) {
    start();
    RawClient client(server->port());
    const std::string head =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"
        "X-Amz-Target: Kinesis_20131202.DescribeStreamSummary\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    for (int twice = 0; twice < 2; ++twice) {
        client.send(head + "8\r\n{\"Stream\r\n");
        client.send("b\r\nName\": \"s\"}\r\n0\r\n\r\n");
        EXPECT_THAT(client.read_answer().body, HasSubstr("StreamDescriptionSummary"));
    }
    client.send(post("ListStreams", "{}"));
    EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(Http, TakesNoBodyInACodingThatItDoesNotKnowForTheNextRequest) {
    start();
    for (const char* const coding : {"gzip", "gzip, chunked", "identity", "chunked, gzip"}) {
        RawClient client(server->port());
        client.send(std::string("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ") + coding +
                    "\r\n\r\n" + post("ListStreams", "{}"));
        EXPECT_EQ(client.read_answer().status, 501) << coding;
        EXPECT_EQ(client.read_to_end(), "") << coding;
    }
}

TEST_F(Http, SaysToGoOnToAClientThatAsksFirst) {
    start();
    RawClient client(server->port());
    const std::string request = post("ListStreams", "{}", "Expect: 100-continue\r\n");
    client.send(request.substr(0, request.size() - 2));
    EXPECT_EQ(client.read_answer().status, 100);
    client.send("{}");
    EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(Http, TakesABodyOfManyMebibytes) {
    start();
    RawClient client(server->port());
    const std::string data(1'398'000, 'A');
    std::string records;
    for (int count = 0; count < 9; ++count) {
        records +=
            (count == 0 ? "" : ",") + std::string(R"({"PartitionKey":"k","Data":")") + data + "\"}";
    }
    client.send(post("PutRecords", R"({"StreamName":"s","Records":[)" + records + "]}"));
    EXPECT_THAT(client.read_answer().body, StartsWith("{\"FailedRecordCount\":0,"));
    EXPECT_EQ(server->records("s")->size(), 9U);
    client.send(post("ListStreams", "{}"));
    EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(Http, RefusesWhatIsNotForKinesis) {
    start();
    const auto answer = [this](std::string_view request) {
        RawClient client(server->port());
        client.send(request);
        return client.read_answer();
    };
    const RawAnswer get = answer("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(get.status, 403);
    EXPECT_THAT(get.body, HasSubstr("<AccessDeniedException>"));
    const RawAnswer form = answer(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(form.status, 404);
    std::string other = post("ListStreams", "{}");
    other.replace(other.find("Kinesis_2013"), 12, "DynamoDB_201");
    EXPECT_THAT(answer(other).body, HasSubstr("UnknownOperationException"));
}

TEST_F(Http, RefusesABodyOver20MebibytesBeforeItComes) {
    start();
    std::string request = post("PutRecords", "");
    const std::string none = "Content-Length: 0";
    request.replace(request.find(none), none.size(), "Content-Length: 20971521");
    EXPECT_THAT(answer_to(request), StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
    EXPECT_THAT(
        answer_to("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1400001\r\n"),
        StartsWith("HTTP/1.1 413 "));
    expect_well();
}

TEST_F(Http, AnswersAClientThatSendsTooMuchAllTheSame) {
    start();
    RawClient client(server->port());
    std::string request = post("PutRecords", std::string(21 * 1024 * 1024, 'x'));
    // The server may close before it has read all of this.
    client.send(request);
    client.finish();
    EXPECT_EQ(client.read_answer().status, 413);
    expect_well();
}

TEST_F(Http, RefusesHeadersOver16Kibibytes) {
    start();
    EXPECT_THAT(answer_to(post("ListStreams", "{}", "X: " + std::string(16 * 1024, 'x') + "\r\n")),
                StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(answer_to("GET /" + std::string(100'000, 'x')), StartsWith("HTTP/1.1 4"));
    expect_well();
}

TEST_F(Http, SurvivesWhatIsNoHttp) {
    start();
    for (const std::string& bytes :
         {std::string("\0\0\0\0\r\n\r\n", 8), std::string("hello\r\n\r\n"),
          std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
          std::string("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
          std::string("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
          std::string("POST / HTTP/1.1\r\nbroken header\r\n\r\n"),
          std::string("POST / HTTP/9.9\r\n\r\n")}) {
        EXPECT_THAT(answer_to(bytes), StartsWith("HTTP/1.1 400 ")) << bytes;
    }
    for (const char* chunks : {"zz\r\n", "ffffffffffffffffffff\r\n", "1\r\nabc\r\n"}) {
        EXPECT_THAT(answer_to(std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") +
                              chunks),
                    StartsWith("HTTP/1.1 400 "))
            << chunks;
    }
    expect_well();
}

TEST_F(Http, SurvivesClientsThatGoInTheMiddle) {
    start();
    const std::string whole =
        post("PutRecord", R"({"StreamName": "s", "PartitionKey": "k", "Data": "AAAA"})");
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        RawClient(server->port()).send(whole.substr(0, bytes));
    }
    expect_well();
    EXPECT_THAT(server->records("s").value(), IsEmpty());
}

TEST_F(Http, ClosesConnectionsThatAreTooSlow) {
    start({.idle_timeout = std::chrono::milliseconds(50)});
    EXPECT_EQ(answer_to(""), "");
    EXPECT_EQ(answer_to("POST / HTTP/1.1\r\nHo"), "");
    EXPECT_EQ(answer_to("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nab"), "");
    // A client that never reads its answers.
    RawClient deaf(server->port());
    std::string many;
    for (int request = 0; request < 1000; ++request) many += post("ListStreams", "{}");
    while (deaf.send(many)) {
    }
    // This client may be slow itself, so it tries until it was fast enough.
    int status = 0;
    while (status != 200) {
        RawClient client(server->port());
        client.send(post("ListStreams", "{}"));
        status = client.read_answer().status;
    }
}

TEST_F(Http, TellsAnHttp2ClientWhichSettingItNeeds) {
    start();
    EXPECT_EQ(answer_to("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "");
    EXPECT_EQ(answer_to("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "");
    // Once is enough for a while, however often the client tries.
    ASSERT_EQ(log().size(), 1U);
    EXPECT_THAT(log()[0], HasSubstr("requestHandler: new NodeHttpHandler()"));
    expect_well();
}

TEST_F(Http, TellsAnHttp2ClientWhosePrefaceComesByteByByte) {
    start();
    RawClient client(server->port());
    for (const char byte : std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
        client.send({&byte, 1});
    }
    EXPECT_EQ(client.read_to_end(), "");
    ASSERT_EQ(log().size(), 1U);
    EXPECT_THAT(log()[0], HasSubstr("requestHandler: new NodeHttpHandler()"));
}

TEST_F(Http, TellsATlsClientThatThePortIsPlain) {
    start();
    EXPECT_FALSE(RawClient(server->port(), RawClient::Tls{}).connected());
    ASSERT_EQ(log().size(), 1U);
    EXPECT_THAT(log()[0], HasSubstr("begin its endpoint with http://"));
}

class Https : public Http {
  protected:
    void SetUp() override { start({.tls = true}); }
    [[nodiscard]] RawClient connect(std::vector<std::string> protocols = {}) const {
        return RawClient(server->port(), {.authority = server->ca_certificate(),
                                          .protocols = std::move(protocols)});
    }
};

TEST_F(Https, AnswersAClientThatTrustsItsAuthority) {
    EXPECT_THAT(server->endpoint(), StartsWith("https://127.0.0.1:"));
    RawClient client = connect();
    ASSERT_TRUE(client.connected());
    client.send(post("ListStreams", "{}"));
    EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(Https, SendsLargeAnswersWhole) {
    RawClient client = connect();
    std::string records;
    for (int count = 0; count < 500; ++count) {
        records += count == 0 ? "" : ",";
        records += R"({"PartitionKey":"k","Data":""})";
    }
    for (int twice = 0; twice < 2; ++twice) {
        client.send(post("PutRecords", R"({"StreamName":"s","Records":[)" + records + "]}"));
        const RawAnswer answer = client.read_answer();
        ASSERT_EQ(answer.status, 200);
        EXPECT_GT(answer.body.size(), 50'000U);
    }
}

TEST_F(Https, AgreesOnHttp11Alone) {
    RawClient both = connect({"h2", "http/1.1"});
    ASSERT_TRUE(both.connected());
    EXPECT_EQ(both.protocol(), "http/1.1");
    EXPECT_THAT(log(), IsEmpty());
    EXPECT_FALSE(connect({"h2"}).connected());
    ASSERT_EQ(log().size(), 1U);
    EXPECT_THAT(log()[0], HasSubstr("requestHandler: new NodeHttpHandler()"));
}

TEST_F(Https, TellsAPlainClientThatThePortIsTls) {
    static_cast<void>(answer_to(post("ListStreams", "{}")));
    ASSERT_EQ(log().size(), 1U);
    EXPECT_THAT(log()[0], HasSubstr("begin its endpoint with https://"));
}

TEST_F(Https, SurvivesHandshakesThatBreakOff) {
    for (const std::string& bytes :
         {std::string(), std::string("\x16\x03\x01", 3),
          std::string("\x16\x03\x01\x02\x00\x01\x00", 7), std::string(1000, '\xff')}) {
        RawClient client(server->port());
        client.send(bytes);
        client.finish();
        client.read_to_end();
    }
    RawClient client = connect();
    client.send(post("ListStreams", "{}"));
    EXPECT_EQ(client.read_answer().status, 200);
}

}  // namespace
}  // namespace lk::local
