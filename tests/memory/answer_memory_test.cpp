#include <gtest/gtest.h>

#include <latch>

#include "counted_malloc.hpp"
#include "http/scripted_server.hpp"
#include "kinesis/answer_limits.hpp"
#include "puts.hpp"

// What answers take, whoever gives them.

namespace lk::testing {
namespace {

// Answers nobody before all have asked, and then gives each the same bytes; the last of them when
// all have got the others.
Listening answering(std::size_t requests, const std::string& answer) {
    struct Meetings {
        explicit Meetings(std::ptrdiff_t all) : asked(all), answered(all) {}
        std::latch asked;
        std::latch answered;
    };
    auto meetings = std::make_shared<Meetings>(static_cast<std::ptrdiff_t>(requests));
    auto server = std::make_shared<http::ScriptedServer>(
        [meetings, answer](http::ScriptedConnection& connection) {
            if (!connection.read_request()) return;
            meetings->asked.arrive_and_wait();
            connection.send(std::string_view(answer).substr(0, answer.size() - 1));
            meetings->answered.arrive_and_wait();
            connection.send(std::string_view(answer).substr(answer.size() - 1));
            (void)connection.read_request();
        });
    return {.url = server->url(), .server = server};
}

constexpr std::size_t most_answer = kinesis::most_put_records_answer_bytes(records_a_request);

std::string repeated(std::string_view text, std::size_t bytes) {
    std::string out;
    out.reserve(bytes);
    while (out.size() + text.size() <= bytes) out += text;
    return out;
}

// A body as long as is allowed, the head counted generously.
std::string answer(std::string_view status, std::string_view begin, std::string_view item,
                   std::string_view end, std::size_t limit = most_answer) {
    constexpr std::size_t head_bytes = 2000;
    std::string body(begin);
    body += repeated(item, limit - head_bytes - begin.size() - end.size());
    body += end;
    std::string out = "HTTP/1.1 ";
    out.append(status).append("\r\nContent-Length: ").append(std::to_string(body.size()));
    return out.append("\r\n\r\n").append(body);
}

struct HostileAnswer {
    const char* name;
    WireFormat format;
    std::string bytes;
};

void PrintTo(const HostileAnswer& answer, std::ostream* out) {
    *out << answer.name;
}

std::vector<HostileAnswer> hostile_answers() {
    using enum WireFormat;
    const std::string filler(900, 'x');
    const std::string failed =
        R"({"ErrorCode":"InternalFailure","ErrorMessage":")" + filler + R"("},)";
    const std::string cbor_entry(
        "\xA1\x69"
        "ErrorCode"
        "\x61"
        "x");
    std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 500; ++i) chunked += "400\r\n" + std::string(1024, ' ') + "\r\n";
    chunked += "0\r\n\r\n";
    return {
        {"Long", json, answer("200 OK", R"({"Records":[)", failed, "0]}")},
        {"Entries", json, answer("200 OK", R"({"Records":[)", R"({"ErrorCode":"x"},)", "0]}")},
        {"Numbers", json, answer("200 OK", R"({"Records":[)", "0,", "0]}")},
        {"Chunked", json, chunked},
        {"CborEntries", cbor,
         answer("200 OK",
                "\xA1\x67"
                "Records"
                "\x9F",
                cbor_entry, "\xFF")},
        {"Lines", cbor, "HTTP/1.1 200 OK\r\n" + repeated("a:\r\n", 2 * most_answer) + "\r\n"},
        {"ErrorOfNumbers", json, answer("400 Bad Request", R"({"a":[)", "0,", "0]}")},
        {"ErrorOfObjects", json, answer("400 Bad Request", R"({"a":[)", R"({"":""},)", "0]}")},
        {"ErrorOfText", json,
         answer("400 Bad Request", R"({"__type":"A","message":")", "x", "\"}")},
        {"ErrorWithoutEnd", json, answer("400 Bad Request", R"({"__type":")", "x", "")},
        {"CborErrorInPieces", cbor,
         answer("400 Bad Request",
                "\xA1\x61"
                "a\x7F",
                "\x61x", "\xFF")},
        {"CborErrorOfArrays", cbor,
         answer("400 Bad Request",
                "\xA1\x61"
                "a\x9F",
                "\x80", "\xFF")},
        {"CborErrorOfObjects", cbor,
         answer("400 Bad Request",
                "\xA1\x61"
                "a\x9F",
                std::string("\xA1\x60\x60", 3), "\xFF")},
    };
}

class AnswerMemory : public ::testing::TestWithParam<HostileAnswer> {
    void SetUp() override {
        if (!counts_malloc()) GTEST_SKIP() << "malloc is a sanitizer's here";
    }
};

TEST_P(AnswerMemory, HoldsWhateverIsAnsweredToAllRequestsAtOnce) {
    const HostileAnswer& hostile = GetParam();
    const ServerProcess server([&] { return answering(requests_in_flight, hostile.bytes); });
    Puts puts(10, "k");
    begin_counting();
    const auto client = client_of(server, {}, hostile.format);
    EXPECT_EQ(puts.put(*client), 0U);
    const auto bound = bound_of(hostile.format, 0);
    EXPECT_LT(most_allocated(), bound.sum());
    EXPECT_LT(still_allocated(), bound.connections + bound.rest) << "no answer is kept";
}

INSTANTIATE_TEST_SUITE_P(Answer, AnswerMemory, ::testing::ValuesIn(hostile_answers()),
                         [](const auto& one) { return std::string(one.param.name); });

class QuestionMemory : public AnswerMemory {};

TEST_P(QuestionMemory, HoldsWhateverIsAnsweredToQuestionsAboutTheStream) {
    const HostileAnswer& hostile = GetParam();
    const ServerProcess server([&] { return answering(2, hostile.bytes); });
    begin_counting();
    std::latch left(2);
    {
        const auto client = client_of(server, {}, hostile.format);
        client->list_shards("s", [&](const auto& shards) {
            EXPECT_FALSE(shards.has_value());
            left.count_down();
        });
        client->describe_stream_summary("s", [&](const auto& summary) {
            EXPECT_FALSE(summary.has_value());
            left.count_down();
        });
        left.wait();
    }
    const auto bound = bound_of(hostile.format, 0);
    EXPECT_LT(most_allocated(), bound.questions + bound.reading + bound.connections + bound.rest);
}

std::vector<HostileAnswer> hostile_facts() {
    using enum WireFormat;
    constexpr std::size_t most = kinesis::answer_limits("ListShards").bytes;
    return {
        {"Numbers", json, answer("200 OK", R"({"Shards":[)", "0,", "0]}", most)},
        {"Objects", json, answer("200 OK", R"({"Shards":[)", R"({"":""},)", "0]}", most)},
        {"Text", json, answer("200 OK", R"({"NextToken":")", "x", "\"}", most)},
        {"WithoutEnd", json, answer("200 OK", R"({"NextToken":")", "x", "", most)},
        {"CborPieces", cbor,
         answer("200 OK",
                "\xA1\x61"
                "a\x7F",
                "\x61x", "\xFF", most)},
        {"CborArrays", cbor,
         answer("200 OK",
                "\xA1\x61"
                "a\x9F",
                "\x80", "\xFF", most)},
        {"CborObjects", cbor,
         answer("200 OK",
                "\xA1\x61"
                "a\x9F",
                std::string("\xA1\x60\x60", 3), "\xFF", most)},
    };
}

INSTANTIATE_TEST_SUITE_P(Answer, QuestionMemory, ::testing::ValuesIn(hostile_facts()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace lk::testing
