#include "run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wire/aggregate_reader.hpp"

namespace lk::faults {

namespace {

std::size_t count(const DispatchRun& run, bool (*is)(const Outcome&)) {
    return static_cast<std::size_t>(
        std::ranges::count_if(run.events, is, &DispatchRun::Sent::outcome));
}

}  // namespace

std::size_t DispatchRun::published() const {
    return count(*this, [](const Outcome& one) { return one.has_value(); });
}
std::size_t DispatchRun::failed() const {
    return count(*this,
                 [](const Outcome& one) { return !one && !one.error().may_have_been_delivered; });
}
std::size_t DispatchRun::unknown() const {
    return count(*this,
                 [](const Outcome& one) { return !one && one.error().may_have_been_delivered; });
}
std::size_t DispatchRun::sent_again() const {
    return count(*this, [](const Outcome& one) { return one && one->attempts > 1; });
}
std::size_t DispatchRun::flagged() const {
    return count(*this, [](const Outcome& one) { return one && one->may_be_duplicate; });
}

DispatchRun dispatch_all(const std::shared_ptr<LocalKinesis>& kinesis, const RunOptions& options) {
    std::shared_ptr<KinesisClient> client = kinesis;
    if (options.client) client = options.client;
    const auto dispatch = get_dispatch({.kinesis_client = client,
                                        .kinesis_stream = "events",
                                        .producer_id = "test",
                                        .request_timeout = options.request_timeout,
                                        .aggregate_bytes = options.aggregate_bytes,
                                        .max_rate_per_shard = options.max_rate_per_shard});
    DispatchRun run;
    std::vector<Published> results;
    for (int number = 0; number < options.events; ++number) {
        if (number == options.events / 2 && options.halfway) options.halfway();
        const std::string id = "event-" + std::to_string(number);
        const std::string key = "key-" + std::to_string(number % options.keys);
        results.push_back(dispatch("t", {}, {.partition_key = key, .id = id}));
        run.events.push_back({id, key, Error{}});
    }
    // Far beyond what any of them takes, so that a hang is told and not waited for.
    const auto counts = dispatch.flush(std::chrono::minutes(2));
    EXPECT_TRUE(counts && counts->timed_out == 0) << "some events never settled";
    if (!counts || counts->timed_out > 0) return {};
    for (std::size_t index = 0; index < results.size(); ++index) {
        run.events[index].outcome = results[index].wait();
    }
    EXPECT_EQ(counts->published, run.published());
    EXPECT_EQ(counts->failed, run.failed());
    EXPECT_EQ(counts->unknown, run.unknown());
    EXPECT_EQ(run.published() + run.failed() + run.unknown(), run.events.size());
    return run;
}

std::map<std::string, std::vector<std::string>> stored(const LocalKinesis& kinesis) {
    std::map<std::string, std::vector<std::string>> by_id;
    const auto records = kinesis.records("events");
    EXPECT_TRUE(records);
    if (!records) return by_id;
    wire::AggregateReader reader;
    for (const StoredRecord& record : *records) {
        const auto add = [&](std::string_view data, std::size_t place) {
            const std::string id = nlohmann::json::parse(data).at("id");
            const std::string text = std::to_string(place);
            by_id[id].push_back(record.sequence_number + "/" + std::string(6 - text.size(), '0') +
                                text);
        };
        if (!reader.read(record.data)) {
            add(record.data, 0);
            continue;
        }
        EXPECT_EQ(reader.lost(), 0U);
        for (std::size_t place = 0; place < reader.records().size(); ++place) {
            const wire::UserRecord& one = reader.records()[place];
            EXPECT_EQ(one.explicit_hash_key, reader.records()[0].explicit_hash_key);
            add(one.data, place);
        }
    }
    for (auto& [id, numbers] : by_id) std::ranges::sort(numbers);
    return by_id;
}

void expect_as_promised(const LocalKinesis& kinesis, const DispatchRun& run) {
    const auto stream = stored(kinesis);
    std::map<std::string, std::string> last_of_key;
    std::map<std::pair<std::string, std::string>, std::string> last_in_shard;
    for (const DispatchRun::Sent& event : run.events) {
        const auto found = stream.find(event.id);
        const std::size_t copies = found == stream.end() ? 0 : found->second.size();
        if (event.outcome) {
            ASSERT_GE(copies, 1U) << event.id << " was published and is not in the stream";
            const std::string& said = event.outcome->sequence_number;
            EXPECT_TRUE(std::ranges::any_of(
                found->second, [&](const std::string& at) { return at.starts_with(said + "/"); }))
                << event.id << " is not where its result says";
            EXPECT_TRUE(copies == 1 || event.outcome->may_be_duplicate)
                << event.id << " is there " << copies << " times and not flagged";
        } else if (!event.outcome.error().may_have_been_delivered) {
            EXPECT_EQ(copies, 0U) << event.id << " failed and is in the stream";
        }
        if (copies == 0) continue;
        // Numbers of two shards that are not each other's parents say nothing of order.
        // Within one shard they always do.
        if (event.outcome) {
            std::string& last_there = last_in_shard[{event.key, event.outcome->shard_id}];
            EXPECT_LT(last_there, found->second.front())
                << event.id << " is before an earlier one of " << event.key << " in its shard";
            last_there = found->second.front();
            if (event.outcome->on_other_shard) continue;
        }
        std::string& last = last_of_key[event.key];
        EXPECT_LT(last, found->second.front())
            << event.id << " is before an earlier one of " << event.key;
        last = found->second.front();
    }
}

}  // namespace lk::faults
