#include "fixture.hpp"

namespace lk {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class BadInput : public DispatchTest {
  protected:
    // Dispatches, expects a result that has failed already and without a request, gives the error.
    Error refused(Published published) {
        EXPECT_TRUE(published.ready());
        const Outcome outcome = published.wait();
        EXPECT_TRUE(kinesis->requests().empty());
        if (outcome) {
            ADD_FAILURE() << "it was published";
            return {};
        }
        EXPECT_FALSE(outcome.error().may_have_been_delivered);
        EXPECT_EQ(outcome.error().attempts, 0);
        return outcome.error();
    }

    Dispatch dispatch = get_dispatch(options());
};

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

TEST_F(BadInput, APartitionKeyOver256CharactersNamesItsLengthAndTheLimit) {
    const Error error = refused(dispatch("t", {}, {.partition_key = repeated("k", 257)}));
    EXPECT_EQ(error.code, ErrorCode::bad_input);
    EXPECT_THAT(error.message,
                AllOf(HasSubstr("partition_key"), HasSubstr("257"), HasSubstr("256")));
}

TEST_F(BadInput, APartitionKeyIsCountedInCodePoints) {
    EXPECT_TRUE(dispatch("t", {}, {.partition_key = repeated("\U0001F600", 256)}).wait());
}

TEST_F(BadInput, APartitionKeyOf257CharactersInFourBytesEachIsRefused) {
    EXPECT_THAT(refused(dispatch("t", {}, {.partition_key = repeated("\U0001F600", 257)})).message,
                HasSubstr("257"));
}

TEST_F(BadInput, TextThatIsNotUtf8NamesItsField) {
    const std::string latin = "caf\xe9";
    EXPECT_THAT(refused(dispatch(latin)).message, HasSubstr("type"));
    EXPECT_THAT(refused(dispatch("t", {}, {.source_user_id = latin})).message,
                HasSubstr("source_user_id"));
    EXPECT_THAT(refused(dispatch("t", {}, {.partition_key = latin})).message,
                HasSubstr("partition_key"));
    EXPECT_THAT(refused(dispatch("t", {}, {.id = latin})).message, HasSubstr("id"));
    const Error error = refused(dispatch("t", json("\"" + latin + "\"")));
    EXPECT_EQ(error.code, ErrorCode::not_json);
}

TEST_F(BadInput, DataThatIsNotJsonSaysWhere) {
    const Error error = refused(dispatch("t", json("{\"a\":1,}")));
    EXPECT_EQ(error.code, ErrorCode::not_json);
    EXPECT_THAT(error.message, AllOf(HasSubstr("data"), HasSubstr("8 bytes"), HasSubstr("byte")));
    EXPECT_EQ(refused(dispatch("t", json(""))).code, ErrorCode::not_json);
    EXPECT_EQ(refused(dispatch("t", json("nul"))).code, ErrorCode::not_json);
}

TEST_F(BadInput, NestingGoesTo1024) {
    EXPECT_EQ(refused(dispatch("t", json(repeated("[", 1025) + repeated("]", 1025)))).code,
              ErrorCode::not_json);
    EXPECT_TRUE(dispatch("t", json(repeated("[", 1024) + repeated("]", 1024))).wait());
}

TEST_F(BadInput, ARecordOverTenMebibytesNamesItsSizeAndTheLimit) {
    const Error error =
        refused(dispatch.record(std::string(10 * 1024 * 1024, 'x'), {.partition_key = "k"}));
    EXPECT_EQ(error.code, ErrorCode::too_large);
    EXPECT_THAT(error.message, AllOf(HasSubstr("10485761"), HasSubstr("10485760")));
    EXPECT_EQ(refused(dispatch("t", json("\"" + std::string(10 * 1024 * 1024, 'x') + "\""))).code,
              ErrorCode::too_large);
}

TEST_F(BadInput, AnExplicitHashKeyIsADecimalNumberBelow2To128) {
    for (const char* wrong :
         {"x", "-1", "01", "340282366920938463463374607431768211456", "1.5", " 1"}) {
        const Error error = refused(dispatch("t", {}, {.explicit_hash_key = wrong}));
        EXPECT_EQ(error.code, ErrorCode::bad_input) << wrong;
        EXPECT_THAT(error.message, AllOf(HasSubstr("explicit_hash_key"), HasSubstr(wrong)));
    }
}

TEST_F(BadInput, AnyMomentOfTheSystemClockCanBeWritten) {
    const auto far = std::chrono::system_clock::time_point::max();
    const auto near = std::chrono::system_clock::time_point(0s);
    EXPECT_TRUE(dispatch("t", {}, {.timestamp = near}).wait());
    // The clock's own range ends in 2262: all of it can be written.
    EXPECT_TRUE(dispatch("t", {}, {.timestamp = far}).wait());
}

TEST_F(BadInput, GivesNoFlushAnythingToCount) {
    refused(dispatch("t", json("{")));
    EXPECT_EQ(dispatch.flush(1s)->failed, 0U);
}

class BadOption : public DispatchTest {
  protected:
    static std::string refused(const DispatchOptions& options) {
        const auto made = try_get_dispatch(options);
        if (made) return "accepted";
        EXPECT_EQ(made.error().code, ErrorCode::bad_option);
        EXPECT_THROW((void)get_dispatch(options), DispatchError);
        return made.error().message;
    }
};

TEST_F(BadOption, IsRefusedByName) {
    auto with = [&](auto change) {
        DispatchOptions changed = options();
        change(changed);
        return refused(changed);
    };
    EXPECT_THAT(with([](auto& o) { o.kinesis_client = nullptr; }), HasSubstr("kinesis_client"));
    EXPECT_THAT(with([](auto& o) { o.kinesis_stream = ""; }), HasSubstr("kinesis_stream is empty"));
    EXPECT_THAT(with([](auto& o) { o.kinesis_stream = "my stream"; }),
                AllOf(HasSubstr("kinesis_stream"), HasSubstr("my stream")));
    EXPECT_THAT(with([](auto& o) { o.kinesis_stream = std::string(129, 's'); }),
                HasSubstr("kinesis_stream"));
    EXPECT_THAT(with([](auto& o) { o.kinesis_stream = "arn:aws:kinesis:eu-west-1:123:stream/x"; }),
                HasSubstr("kinesis_stream"));
    EXPECT_THAT(
        with([](auto& o) { o.kinesis_stream = "arn:aws:sqs:eu-west-1:123456789012:stream/x"; }),
        HasSubstr("kinesis_stream"));
    EXPECT_THAT(with([](auto& o) { o.producer_id = ""; }), HasSubstr("producer_id"));
    EXPECT_THAT(with([](auto& o) { o.producer_id = "\xff"; }), HasSubstr("producer_id"));
    EXPECT_THAT(with([](auto& o) { o.linger = -1ms; }),
                AllOf(HasSubstr("linger"), HasSubstr("-1")));
    EXPECT_THAT(with([](auto& o) { o.deliver_within = 0ms; }), HasSubstr("deliver_within"));
    EXPECT_THAT(with([](auto& o) { o.request_timeout = 1ms; }), HasSubstr("request_timeout"));
    EXPECT_THAT(with([](auto& o) { o.close_deadline = -1ms; }), HasSubstr("close_deadline"));
    EXPECT_THAT(with([](auto& o) { o.max_requests_in_flight = 0; }),
                AllOf(HasSubstr("max_requests_in_flight"), HasSubstr("1 to 1000")));
    EXPECT_THAT(with([](auto& o) { o.budget_bytes = 10; }), HasSubstr("budget_bytes"));
}

TEST_F(BadOption, TheWidestNamesAndArnsPass) {
    DispatchOptions named = options();
    named.kinesis_stream = std::string(128, 's');
    EXPECT_TRUE(try_get_dispatch(named));
    named.kinesis_stream = "arn:aws-us-gov:kinesis:us-gov-west-1:123456789012:stream/a_b.c-D";
    EXPECT_TRUE(try_get_dispatch(named));
}

}  // namespace
}  // namespace lk
