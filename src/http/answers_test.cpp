#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latch>

#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// Answers every request with what it got.
void echo(ScriptedConnection& connection) {
    while (const auto request = connection.read_request()) {
        connection.answer(200, request->body,
                          "X-Connection: " + std::to_string(connection.number()) + "\r\n");
    }
}

std::string host_of(const ScriptedServer& server) {
    return "127.0.0.1:" + std::to_string(server.port());
}

TEST(CurlTransport, BringsStatusHeadersAndBody) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.answer(418, "short and stout", "X-Amzn-RequestId:  \tabc \r\nX-Empty:\r\n");
    });
    const auto answer = Poster().post(server.url(), "tea?");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 418);
    EXPECT_EQ(answer->body, "short and stout");
    EXPECT_EQ(answer->header("x-amzn-requestid"), "abc");
    EXPECT_EQ(answer->header("x-empty"), "");
    EXPECT_EQ(answer->header("x-absent"), "");
}

TEST(CurlTransport, SendsThePiecesAsOneBodyUnderTheGivenHeadersOnly) {
    ReceivedRequest received;
    ScriptedServer server([&](ScriptedConnection& connection) {
        received = *connection.read_request();
        connection.answer(200, "");
    });
    Poster poster;
    Request request = poster.request_to(server.url() + "a/path");
    const std::string_view pieces[] = {"one", "", "two", "three"};
    request.headers.push_back("X-Amz-Target: Kinesis_20131202.PutRecords");
    request.body = pieces;
    request.body_bytes = 11;
    std::promise<bool> answered;
    poster.transport().post(std::move(request), [&](const Expected<Answer, NoAnswer>& came) {
        answered.set_value(came.has_value());
    });
    EXPECT_TRUE(answered.get_future().get());
    EXPECT_EQ(received.first_line, "POST /a/path HTTP/1.1");
    EXPECT_EQ(received.body, "onetwothree");
    const std::map<std::string, std::string> expected = {
        {"host", host_of(server)},      {"user-agent", "lk-test"},
        {"content-type", "text/plain"}, {"x-amz-target", "Kinesis_20131202.PutRecords"},
        {"content-length", "11"},
    };
    EXPECT_EQ(received.headers, expected);
}

TEST(CurlTransport, WaitsForNo100ContinueBeforeALargeBody) {
    ScriptedServer server([](ScriptedConnection& connection) {
        const auto request = connection.read_request();
        connection.answer(request && !request->headers.contains("expect") ? 200 : 417,
                          std::to_string(request->body.size()));
    });
    const auto answer = Poster().post(server.url(), std::string(3 * 1024 * 1024, 'x'));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "3145728");
}

TEST(CurlTransport, SkipsInterimAnswers) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n");
        connection.answer(200, "final");
    });
    const auto answer = Poster().post(server.url(), "body");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "final");
    EXPECT_EQ(answer->header("x-interim"), "");
}

TEST(CurlTransport, ReadsAChunkedAnswer) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "6\r\nshards\r\n3\r\n, 1\r\n0\r\n\r\n");
    });
    const auto answer = Poster().post(server.url(), "body");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->body, "shards, 1");
}

TEST(CurlTransport, FollowsNoRedirect) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.answer(307, "", "Location: /elsewhere\r\n");
        EXPECT_FALSE(connection.read_head().has_value());
    });
    const auto answer = Poster().post(server.url(), "body");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 307);
}

TEST(CurlTransport, TellsAnAnswerThatCameBeforeTheBodyWasTaken) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_head();
        connection.answer(413, "too much", "Connection: close\r\n");
        while (connection.read_head()) {
        }
    });
    const auto answer = Poster().post(server.url(), std::string(64 * 1024 * 1024, 'x'));
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->status, 413);
}

TEST(CurlTransport, ARefusedConnectionMeansCertainlyNotSent) {
    // Bound and not listening: no one else can have the port, and nobody answers there.
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::string host = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    const auto answer = Poster().post("http://" + host + "/", "body");
    close(socket);
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_FALSE(answer.error().needs_mending);
    EXPECT_THAT(answer.error().message, HasSubstr("no connection to " + host));
    EXPECT_THAT(answer.error().message, HasSubstr("firewall"));
}

TEST(CurlTransport, AnUnknownNameMeansCertainlyNotSent) {
    // A resolver may take its time to say so.
    Poster poster(curl_transport({.connect_timeout = 60s, .user_agent = "lk-test"}));
    const auto answer = poster.post("http://name.invalid/", "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_THAT(answer.error().message, HasSubstr("no address was found for name.invalid:80"));
}

TEST(CurlTransport, GivesUpOnAServerThatNeverAnswers) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.wait_for_more();
    });
    Poster poster;
    // More time for a machine that is too slow to send anything in so little.
    for (auto timeout = 300ms;; timeout *= 5) {
        Request request = poster.request_to(server.url());
        request.timeout = timeout;
        const auto answer = poster.post(std::move(request), "body");
        ASSERT_FALSE(answer.has_value());
        if (!answer.error().may_have_been_sent && timeout < 1min) continue;
        EXPECT_TRUE(answer.error().may_have_been_sent);
        EXPECT_FALSE(answer.error().needs_mending);
        EXPECT_THAT(answer.error().message,
                    HasSubstr("no whole answer from " + host_of(server) + " within " +
                              std::to_string(timeout.count()) + " ms"));
        break;
    }
}

TEST(CurlTransport, TellsWhatIsNoHttpFromANetworkFault) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.send("220 mail.example ESMTP\r\n");
    });
    const auto answer = Poster().post(server.url(), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_TRUE(answer.error().may_have_been_sent);
    EXPECT_THAT(answer.error().message, HasSubstr("something else than HTTP/1.1"));
}

TEST(CurlTransport, CutsAnAnswerOffAtItsLimit) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.answer(200, std::string(200'000, 'x'));
    });
    Poster poster;
    const auto answer = poster.post(poster.request_to(server.url(), 100'000), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_TRUE(answer.error().may_have_been_sent);
    EXPECT_THAT(answer.error().message, HasSubstr("over the limit of 100000 bytes"));
}

TEST(CurlTransport, CountsHeadersTowardsTheLimitToo) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 1000; ++i)
            connection.send("X-Filler: " + std::string(90, 'x') + "\r\n");
        connection.send("Content-Length: 0\r\n\r\n");
    });
    Poster poster;
    const auto answer = poster.post(poster.request_to(server.url(), 50'000), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_THAT(answer.error().message, HasSubstr("over the limit of 50000 bytes"));
}

// Each line is kept in more memory than it has bytes.
TEST(CurlTransport, CutsOffAHeadOfManyShortLines) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        std::string head = "HTTP/1.1 200 OK\r\n";
        for (int i = 0; i < 1000; ++i) head += "a:\r\n";
        connection.send(head + "Content-Length: 0\r\n\r\n");
    });
    Poster poster;
    const auto answer = poster.post(poster.request_to(server.url(), 50'000), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_THAT(answer.error().message, HasSubstr("over the limit of 50000 bytes"));
}

TEST(CurlTransport, AnAnswerCutInTheMiddleIsNone) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
    });
    const auto answer = Poster().post(server.url(), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_TRUE(answer.error().may_have_been_sent);
    EXPECT_THAT(answer.error().message, HasSubstr("ended too early"));
}

TEST(CurlTransport, AConnectionCutInTheMiddleOfTheBodyMeansCertainlyNotTaken) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_head();
        connection.reset_at_end();
    });
    // More than the sockets' buffers can hold, so it can never have been handed over whole.
    const auto answer = Poster().post(server.url(), std::string(64 * 1024 * 1024, 'x'));
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent) << answer.error().message;
}

TEST(CurlTransport, AUrlThatIsNoneNeedsMending) {
    const auto answer = Poster().post("gopher://127.0.0.1/", "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_TRUE(answer.error().needs_mending);
}

TEST(CurlTransport, FiftyRequestsAtOnceShareTheirConnectionsWithTheNextFifty) {
    ScriptedServer server(echo);
    Poster poster;
    const std::string_view body = "fifty";
    for (int round = 1; round <= 3; ++round) {
        std::latch left(50);
        std::atomic<int> right{0};
        for (int i = 0; i < 50; ++i) {
            Request request = poster.request_to(server.url());
            request.body = {&body, 1};
            request.body_bytes = body.size();
            poster.transport().post(std::move(request),
                                    [&](const Expected<Answer, NoAnswer>& answer) {
                                        right += answer.has_value() && answer->body == "fifty";
                                        left.count_down();
                                    });
        }
        left.wait();
        EXPECT_EQ(right, 50);
    }
    EXPECT_LE(server.connections(), 50U);
}

TEST(CurlTransport, OneRequestAfterAnotherUsesOneConnection) {
    ScriptedServer server(echo);
    Poster poster;
    for (int i = 0; i < 20; ++i) {
        const auto answer = poster.post(server.url(), "again");
        ASSERT_TRUE(answer.has_value());
        EXPECT_EQ(answer->header("x-connection"), "0");
    }
}

}  // namespace
}  // namespace lk::http
