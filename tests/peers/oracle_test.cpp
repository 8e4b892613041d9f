// lk-dispatch 1.1.0 and this library, given the same random events, put the same bytes under the
// same partition key. A failure prints the seed; LK_SEED=… runs it again.

#include "oracle.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <lk/dispatch.hpp>
#include <lk/nlohmann.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "random_json.hpp"
#include "recording_kinesis.hpp"
#include "test_seed.hpp"

namespace lk::peers {
namespace {

constexpr std::size_t random_cases = 20'000;
constexpr std::size_t default_cases = 1'000;

/// 1700 to 2250: what a system_clock of nanoseconds can say.
std::int64_t random_time_ms(RandomJson& random) {
    constexpr std::int64_t first = -8'520'336'000'000;
    constexpr std::uint64_t span = 17'356'000'000'000;
    return first + static_cast<std::int64_t>(random.below(span));
}

std::chrono::system_clock::time_point at(std::int64_t epoch_ms) {
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(epoch_ms));
}

OracleCase random_case(RandomJson& random, const std::string& producer_id) {
    OracleCase made;
    made.producer_id = producer_id;
    made.type = random.text(200);
    if (!random.one_in(12)) made.data = random.json();
    // Absent and empty are the same to both.
    if (!random.one_in(3)) made.source_user_id = random.one_in(5) ? "" : random.text(300);
    if (!random.one_in(4)) made.partition_key = random.one_in(5) ? "" : random.text(256);
    if (made.partition_key.value_or("").empty()) made.uuids.push_back(random.uuid());
    made.uuids.push_back(random.uuid());
    made.now_ms = random_time_ms(random);
    return made;
}

/// Compact JSON with white space wherever JSON allows it.
std::string spaced_out(std::string_view compact, RandomJson& random) {
    static constexpr std::string_view spaces = " \t\r\n";
    std::string made;
    bool in_string = false;
    for (std::size_t i = 0; i < compact.size(); ++i) {
        const char c = compact[i];
        const bool beside = !in_string && std::string_view("{}[]:,").find(c) != std::string::npos;
        if (beside && random.one_in(2)) made += spaces[random.below(4)];
        made += c;
        if (beside && random.one_in(2)) made += spaces[random.below(4)];
        if (in_string && c == '\\') {
            made += compact[++i];
        } else if (c == '"') {
            in_string = !in_string;
        }
    }
    return made;
}

class Oracle : public ::testing::Test {
  protected:
    Oracle() : seed_(test_seed()), random_(seed_) {
        std::cout << "LK_SEED=" << seed_ << std::endl;
        RecordProperty("seed", std::to_string(seed_));
    }

    Dispatch dispatch_as(const std::string& producer_id) {
        return get_dispatch({.kinesis_client = kinesis_,
                             .kinesis_stream = "entrypoint",
                             .producer_id = producer_id});
    }

    std::string random_producer() {
        const std::string made = random_.text(60);
        return made.empty() ? "server@hostname" : made;
    }

    /// Compares one published event with what the seed library put.
    void expect_same(Published published, const OracleAnswer& expected, const std::string& way) {
        const Outcome outcome = published.wait();
        ASSERT_TRUE(outcome.has_value()) << way << ": " << outcome.error().message;
        const RecordingKinesis::Kept record = kinesis_->record(outcome->sequence_number);
        ASSERT_EQ(record.data, expected.record) << way;
        ASSERT_EQ(record.partition_key, expected.partition_key) << way;
        ASSERT_EQ(outcome->json(), expected.record) << way;
    }

    std::uint64_t seed_;
    RandomJson random_;
    std::shared_ptr<RecordingKinesis> kinesis_ = std::make_shared<RecordingKinesis>();
};

/// One dispatch() for each way in which the same data can be given.
struct Ways {
    Published as_stringified;
    Published with_white_space;
    Published as_nlohmann;
    bool nlohmann_reads_it = false;
};

Ways dispatch_each_way(const Dispatch& dispatch, const OracleCase& one, const OracleAnswer& answer,
                       RandomJson& random) {
    const std::string user = one.source_user_id.value_or("");
    const std::string key = one.partition_key.value_or("");
    const EventOptions options{.source_user_id = user,
                               .partition_key = key.empty() ? one.uuids.front() : key,
                               .id = one.uuids.back(),
                               .timestamp = at(one.now_ms)};
    Ways ways;
    if (!one.data) {
        ways.as_stringified = dispatch(one.type, Json(), options);
        return ways;
    }
    ways.as_stringified = dispatch(one.type, json(answer.stringified), options);
    ways.with_white_space =
        dispatch(one.type, json(spaced_out(answer.stringified, random)), options);
    // It refuses the half surrogates that JSON.stringify writes as escapes.
    const auto parsed = nlohmann::ordered_json::parse(answer.stringified, nullptr, false);
    ways.nlohmann_reads_it = !parsed.is_discarded();
    if (ways.nlohmann_reads_it) ways.as_nlohmann = dispatch(one.type, parsed, options);
    return ways;
}

TEST_F(Oracle, PutsTheSameBytesForRandomEvents) {
    std::vector<OracleCase> cases;
    std::string producer_id;
    for (std::size_t i = 0; i < random_cases; ++i) {
        if (i % 100 == 0) producer_id = random_producer();
        cases.push_back(random_case(random_, producer_id));
    }
    const std::vector<OracleAnswer> answers = ask_lk_dispatch("oracle-random", cases);

    std::size_t with_data = 0;
    std::size_t through_nlohmann = 0;
    for (std::size_t first = 0; first < cases.size(); first += 100) {
        const Dispatch dispatch = dispatch_as(cases[first].producer_id);
        std::vector<Ways> dispatched;
        for (std::size_t i = first; i < first + 100; ++i) {
            dispatched.push_back(dispatch_each_way(dispatch, cases[i], answers[i], random_));
        }
        for (std::size_t i = first; i < first + 100; ++i) {
            SCOPED_TRACE("case " + std::to_string(i) + ", LK_SEED=" + std::to_string(seed_));
            Ways& ways = dispatched[i - first];
            expect_same(std::move(ways.as_stringified), answers[i], "as JSON.stringify wrote it");
            if (HasFatalFailure()) return;
            if (!cases[i].data) continue;
            ++with_data;
            expect_same(std::move(ways.with_white_space), answers[i], "with white space");
            if (HasFatalFailure()) return;
            if (!ways.nlohmann_reads_it) continue;
            ++through_nlohmann;
            expect_same(std::move(ways.as_nlohmann), answers[i], "as nlohmann::ordered_json");
            if (HasFatalFailure()) return;
        }
    }
    // The generator must not have run dry of what this test is about.
    EXPECT_GT(with_data, random_cases / 2);
    EXPECT_GT(through_nlohmann, random_cases / 2);
}

/// Milliseconds since the epoch of `YYYY-MM-DDTHH:mm:ss.sssZ`.
std::int64_t epoch_ms(const std::string& timestamp) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
    EXPECT_EQ(std::sscanf(timestamp.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3dZ", &year, &month, &day,
                          &hour, &minute, &second, &millisecond),
              7)
        << timestamp;
    using namespace std::chrono;
    const sys_days date =
        std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
    const milliseconds since = date.time_since_epoch() + hours(hour) + minutes(minute) +
                               seconds(second) + milliseconds(millisecond);
    return since.count();
}

std::int64_t now_ms() {
    using namespace std::chrono;
    return floor<milliseconds>(system_clock::now()).time_since_epoch().count();
}

TEST_F(Oracle, PutsTheSameBytesForWhatTheLibraryDrawsItself) {
    const std::string producer_id = random_producer();
    const Dispatch dispatch = dispatch_as(producer_id);
    const std::int64_t before = now_ms();
    std::vector<Published> published;
    std::vector<std::string> types;
    for (std::size_t i = 0; i < default_cases; ++i) {
        types.push_back(random_.text(50));
        published.push_back(dispatch(types.back(), json(R"([1,"a"])")));
    }
    const std::int64_t after = now_ms();

    // The oracle draws what ours drew and sees the time that ours wrote, so an id or key that is
    // not a UUID v4, or a time in another form, comes out different there.
    std::vector<OracleCase> cases;
    std::vector<Event> events;
    for (std::size_t i = 0; i < default_cases; ++i) {
        Outcome outcome = published[i].wait();
        ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
        const std::int64_t time = epoch_ms(outcome->timestamp);
        EXPECT_GE(time, before);
        EXPECT_LE(time, after);
        cases.push_back({.producer_id = producer_id,
                         .type = types[i],
                         .data = R"([1,"a"])",
                         .uuids = {outcome->source.kinesis_partition_key, outcome->id},
                         .now_ms = time});
        events.push_back(std::move(outcome).value());
    }
    const std::vector<OracleAnswer> answers = ask_lk_dispatch("oracle-drawn", cases);
    for (std::size_t i = 0; i < default_cases; ++i) {
        const RecordingKinesis::Kept record = kinesis_->record(events[i].sequence_number);
        ASSERT_EQ(record.data, answers[i].record);
        ASSERT_EQ(record.partition_key, answers[i].partition_key);
    }
}

}  // namespace
}  // namespace lk::peers
