#include <atomic>
#include <future>

#include "fixture.hpp"

namespace lk {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What get_dispatch() makes of what it hears about the stream.
class StreamCheck : public DispatchTest {
  protected:
    void stream_is(const std::string& status) {
        kinesis->describe_with = [status] {
            StreamSummary summary;
            summary.stream_name = "entrypoint";
            summary.status = status;
            return summary;
        };
    }
    void asking_fails(const Failure& failure) {
        kinesis->describe_with = [failure] { return failure; };
    }
    [[nodiscard]] std::optional<Error> refusal(const DispatchOptions& with) {
        auto made = try_get_dispatch(with);
        if (!made) return made.error();
        EXPECT_TRUE((*made)("t").wait());
        return std::nullopt;
    }
    [[nodiscard]] std::optional<Error> refusal() { return refusal(options()); }
};

TEST_F(StreamCheck, AsksOnceAndBeforeTheFirstEvent) {
    stream_is("ACTIVE");
    auto dispatch = get_dispatch(options());
    EXPECT_EQ(kinesis->described(), 1);
    EXPECT_THAT(kinesis->requests(), IsEmpty());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(dispatch("t").wait());
    EXPECT_EQ(kinesis->described(), 1);
    EXPECT_THAT(log.all(), HasSubstr("stream entrypoint is ACTIVE"));
}

TEST_F(StreamCheck, AMissingStreamIsAnErrorOfGetDispatch) {
    asking_fails(classify_answer(400, "ResourceNotFoundException", "Stream entrypoint not found."));
    const auto refused = refusal();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::stream_not_found);
    EXPECT_THAT(refused->message, AllOf(HasSubstr("entrypoint"), HasSubstr("region")));
    EXPECT_THROW(static_cast<void>(get_dispatch(options())), DispatchError);
}

TEST_F(StreamCheck, SoIsOneThatIsBeingDeletedOrInAnotherRegion) {
    stream_is("DELETING");
    auto refused = refusal();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::stream_not_found);
    EXPECT_THAT(refused->message, HasSubstr("being deleted"));
    asking_fails({FailureClass::final, ErrorCode::bad_option, {}, "of another region", false});
    refused = refusal();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::bad_option);
}

TEST_F(StreamCheck, OnDemandAMissingStreamIsAnErrorOfItsEvents) {
    const Failure missing = classify_answer(400, "ResourceNotFoundException", "not there");
    asking_fails(missing);
    kinesis->answer_with = [&](const auto&) { return missing; };
    DispatchOptions at_first_use = options();
    at_first_use.check_stream_within = 0ms;
    auto dispatch = get_dispatch(at_first_use);
    EXPECT_EQ(kinesis->described(), 0);
    const Outcome outcome = dispatch("t").wait();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::stream_not_found);
    EXPECT_EQ(kinesis->described(), 1);
}

TEST_F(StreamCheck, NothingElseThatIsWrongIsAnErrorOfGetDispatch) {
    const Failure failures[] = {
        {FailureClass::transient, ErrorCode::network, {}, "the network is down", false},
        classify_answer(500, "InternalFailure", "out of order"),
        classify_answer(400, "LimitExceededException", "Rate exceeded"),
        {FailureClass::not_ready, ErrorCode::credentials, {}, "expired", false}};
    for (const Failure& failure : failures) {
        asking_fails(failure);
        EXPECT_FALSE(refusal()) << failure.message;
    }
}

TEST_F(StreamCheck, AMissingPermissionIsNamedAndChangesNothing) {
    asking_fails(classify_answer(400, "AccessDeniedException", "not allowed"));
    EXPECT_FALSE(refusal());
    EXPECT_THAT(log.all(), HasSubstr("kinesis:DescribeStreamSummary"));
    EXPECT_THAT(log.from(LogLevel::warning), IsEmpty()) << "a policy of PutRecords alone is enough";
}

TEST_F(StreamCheck, AMissingPermissionIsAWarningWhereARecordIsLarge) {
    asking_fails(classify_answer(400, "AccessDeniedException", "not allowed"));
    DispatchOptions with = options();
    auto dispatch = get_dispatch(with);
    EXPECT_TRUE(dispatch("t", json("\"small\"")).wait());
    EXPECT_THAT(log.from(LogLevel::warning), IsEmpty());
    const std::string large = "\"" + std::string(std::size_t{2} << 20, 'x') + "\"";
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(dispatch("t", json(large)).wait());
    const std::string warned = log.from(LogLevel::warning);
    EXPECT_THAT(warned,
                AllOf(HasSubstr("record limit"), HasSubstr("kinesis:DescribeStreamSummary")));
    EXPECT_EQ(std::count(warned.begin(), warned.end(), '\n'), 1) << "once: " << warned;
}

TEST_F(StreamCheck, TroubleOfOneKindIsToldOnceThoughRequestsHaveIds) {
    std::atomic<int> asked = 0;
    kinesis->describe_with = [&]() -> Expected<StreamSummary, Failure> {
        const int id = ++asked;
        if (id < 3) return classify_answer(500, "InternalFailure", "request " + std::to_string(id));
        StreamSummary summary;
        summary.status = "ACTIVE";
        summary.max_record_bytes = std::size_t{4} << 20;
        return summary;
    };
    auto dispatch = get_dispatch(options());
    const std::string large = "\"" + std::string(std::size_t{2} << 20, 'x') + "\"";
    EXPECT_TRUE(dispatch("t", json(large)).wait());
    EXPECT_EQ(asked, 3);
    EXPECT_THAT(log.from(LogLevel::warning),
                AllOf(HasSubstr("request 1"), Not(HasSubstr("request 2"))));
}

TEST_F(StreamCheck, AStreamInCreationIsNone) {
    stream_is("CREATING");
    std::atomic<int> puts = 0;
    kinesis->answer_with = [&](const auto& records) -> FakeKinesis::Result {
        if (++puts < 2) return classify_answer(400, "ResourceNotFoundException", "not there");
        return FakeKinesis::all_stored(records.size());
    };
    EXPECT_FALSE(refusal());
    EXPECT_EQ(puts, 2);
}

TEST_F(StreamCheck, AClientThatNeverAnswersIsWaitedForAsLongAsTheOptionSays) {
    class Silent : public FakeKinesis {
      public:
        void describe_stream_summary(std::string_view, DescribeDone done) override {
            kept = std::move(done);
        }
        DescribeDone kept;
    };
    DispatchOptions on_silent = options();
    on_silent.kinesis_client = std::make_shared<Silent>();
    on_silent.check_stream_within = 20ms;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(refusal(on_silent));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
}

// There the answer could not come.
TEST_F(StreamCheck, InsideACallbackNobodyWaits) {
    class Late : public FakeKinesis {
      public:
        void describe_stream_summary(std::string_view, DescribeDone done) override {
            kept = std::move(done);
        }
        DescribeDone kept;
    };
    const auto late = std::make_shared<Late>();
    std::promise<bool> made;
    auto dispatch = get_dispatch(options());
    dispatch("t").then([&](const Outcome&) {
        DispatchOptions on_late = options();
        on_late.kinesis_client = late;
        on_late.check_stream_within = 10min;
        made.set_value(try_get_dispatch(on_late).has_value());
    });
    EXPECT_TRUE(made.get_future().get());
}

TEST_F(StreamCheck, IsSilentForAClientThatOnlyPuts) {
    EXPECT_FALSE(refusal());
    std::vector<LogLevel> levels;
    DispatchOptions watched = options();
    watched.log = [&](LogLevel level, std::string_view) { levels.push_back(level); };
    EXPECT_FALSE(refusal(watched));
    EXPECT_THAT(levels, ::testing::Each(LogLevel::info));
}

}  // namespace
}  // namespace lk
