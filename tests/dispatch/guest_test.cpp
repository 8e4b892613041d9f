#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include <lk/dispatch.hpp>

#include "http/scripted_server.hpp"

namespace lk {
namespace {

using namespace std::chrono_literals;

// With a client of the library's own, who waits for a result may drive that client's loop.
class GuestTest : public testing::Test {
  protected:
    void serve(http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            if (!request->headers.at("x-amz-target").ends_with(".PutRecords")) {
                // Which holds for minutes, so that no question goes beside a put.
                connection.answer(400, R"({"__type":"AccessDeniedException","message":"no"})");
                continue;
            }
            if (refuse_next.exchange(false)) {
                connection.answer(500, R"({"__type":"InternalFailure","message":"because"})");
                continue;
            }
            std::string records;
            for (std::size_t at = request->body.find("\"Data\""); at != std::string::npos;
                 at = request->body.find("\"Data\"", at + 1)) {
                if (!records.empty()) records += ',';
                records += R"({"SequenceNumber":"1","ShardId":"shardId-000000000000"})";
            }
            connection.answer(200, R"({"FailedRecordCount":0,"Records":[)" + records + "]}");
        }
    }

    [[nodiscard]] DispatchOptions options() const {
        return {.kinesis_client = aws_kinesis({.region = "eu-west-1",
                                               .endpoint = server_.url(),
                                               .credentials = AwsCredentials{"AKIDEXAMPLE", "none"},
                                               .wire_format = WireFormat::json}),
                .kinesis_stream = "entrypoint",
                .producer_id = "server@hostname",
                .linger = 0ms};
    }

    std::atomic<bool> refuse_next{false};
    http::ScriptedServer server_{
        [this](http::ScriptedConnection& connection) { serve(connection); }};
};

TEST_F(GuestTest, OneEventAfterAnotherIsSentAndWaitedFor) {
    auto dispatch = get_dispatch(options());
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(dispatch("t").wait());
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(GuestTest, ManyThreadsWaitEachForTheirOwn) {
    auto dispatch = get_dispatch(options());
    std::vector<std::thread> waiting;
    for (int t = 0; t < 4; ++t) {
        waiting.emplace_back([&] {
            for (int i = 0; i < 300; ++i) EXPECT_TRUE(dispatch("t").wait());
        });
    }
    for (auto& thread : waiting) thread.join();
    EXPECT_EQ(dispatch.flush(60s)->published, 1200U);
}

TEST_F(GuestTest, WhatNobodyWaitsForIsSentAllTheSame) {
    auto dispatch = get_dispatch(options());
    for (int i = 0; i < 100; ++i) {
        Published kept = dispatch("t");
        while (!kept.ready()) std::this_thread::yield();
    }
}

TEST_F(GuestTest, CallbacksRunOnNoThreadThatWaits) {
    auto dispatch = get_dispatch(options());
    const auto here = std::this_thread::get_id();
    for (int i = 0; i < 100; ++i) {
        std::promise<std::thread::id> called;
        Published waited = dispatch("t");
        dispatch("t").then([&](Outcome) { called.set_value(std::this_thread::get_id()); });
        EXPECT_TRUE(waited.wait());
        EXPECT_NE(called.get_future().get(), here);
    }
}

// The log hook is told of the failed attempt by whoever drives; what waits there fails.
TEST_F(GuestTest, AWaitInTheLogHookFailsOnWhicheverThreadThatIs) {
    std::atomic<int> refused{0};
    Published pending;
    DispatchOptions with_log = options();
    with_log.log = [&](LogLevel, std::string_view) {
        const Outcome outcome = pending.wait();
        EXPECT_FALSE(outcome);
        if (!outcome) {
            EXPECT_EQ(outcome.error().code, ErrorCode::would_deadlock);
        }
        ++refused;
    };
    DispatchOptions other = options();
    other.linger = 1h;
    auto lingering = get_dispatch(other);
    ASSERT_TRUE(lingering("the first goes at once").wait());
    pending = lingering("t");
    auto dispatch = get_dispatch(with_log);
    for (int i = 0; i < 5; ++i) {
        refuse_next = true;
        EXPECT_TRUE(dispatch("t").wait());
    }
    EXPECT_GE(refused, 5);
    pending = {};
    lingering.flush(60s);
}

TEST_F(GuestTest, ADispatchFunctionMayEndWhileOthersWaitForItsResults) {
    for (int round = 0; round < 30; ++round) {
        auto dispatch = std::make_unique<Dispatch>(get_dispatch(options()));
        std::vector<std::thread> waiting;
        for (int t = 0; t < 3; ++t) {
            waiting.emplace_back(
                [published = (*dispatch)("t")]() mutable { EXPECT_TRUE(published.wait()); });
        }
        dispatch.reset();
        for (auto& thread : waiting) thread.join();
    }
}

}  // namespace
}  // namespace lk
