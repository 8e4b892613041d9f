#include <atomic>
#include <condition_variable>
#include <map>
#include <random>
#include <thread>

#include "credentials/refreshing_credentials.hpp"
#include "fixture.hpp"
#include "http/scripted_server.hpp"
#include "kinesis/aws_client.hpp"
#include "kinesis/test_client.hpp"
#include "wire/put_records.hpp"

namespace lk {
namespace {

using credentials::WallTime;

constexpr WallTime start{std::chrono::seconds(1'790'000'000)};

// The time that all look at: the source, who fetches, and the service.
using Clock = std::atomic<WallTime>;

std::string key_that_ends(WallTime end) {
    return "AKID" +
           std::to_string(std::chrono::floor<std::chrono::seconds>(end).time_since_epoch().count());
}

// Gives keys that live for a minute. One fetch in five fails; one that the test holds up waits.
class MinuteSource final : public credentials::Source {
  public:
    explicit MinuteSource(Clock& clock) : clock_(clock) {}

    Expected<credentials::Fetched, Error> fetch() override {
        std::unique_lock lock(mutex_);
        let_go_.wait(lock, [this] { return !held_; });
        ++fetches_;
        if (random_() % 5 == 0) return credentials::refused("the source is out for a moment");
        return make();
    }
    std::string name() const override { return "the test"; }

    credentials::Fetched make() {
        const WallTime end = clock_.load() + 60s;
        return {.credentials = {.access_key_id = key_that_ends(end),
                                .secret_access_key = aws::Secret(kinesis::test_secret),
                                .session_token = aws::Secret("token")},
                .expires = end};
    }
    void hold(bool held) {
        {
            const std::lock_guard lock(mutex_);
            held_ = held;
        }
        let_go_.notify_all();
    }
    int fetches() {
        const std::lock_guard lock(mutex_);
        return fetches_;
    }

  private:
    Clock& clock_;
    std::mutex mutex_;
    std::condition_variable let_go_;
    bool held_ = false;
    int fetches_ = 0;
    std::mt19937 random_{4};
};

// Stores what is signed with keys that have not ended, and refuses the rest as Kinesis does.
class Service {
  public:
    explicit Service(Clock& clock) : clock_(clock) {}

    [[nodiscard]] std::string url() const { return server_.url(); }
    [[nodiscard]] int refused() const { return refused_; }
    std::map<std::string, int> copies() {
        const std::lock_guard lock(mutex_);
        return copies_;
    }

  private:
    void serve(http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            const std::string& by = request->headers.at("authorization");
            const auto at = by.find("Credential=AKID") + 15;
            const WallTime end{
                std::chrono::seconds(std::stoll(by.substr(at, by.find('/', at) - at)))};
            if (clock_.load() >= end) {
                ++refused_;
                kinesis::answer_with_error(connection, 400, "ExpiredTokenException", "expired");
            } else if (kinesis::operation_of(*request) == "PutRecords") {
                store(connection, kinesis::message_of(*request));
            } else {
                kinesis::answer_with_error(connection, 400, "AccessDeniedException", "no");
            }
        }
    }
    void store(http::ScriptedConnection& connection, const wire::Document& message) {
        wire::Document entries = wire::Document::array();
        {
            const std::lock_guard lock(mutex_);
            for (const auto& record : message.at("Records")) {
                ++copies_[record.at("PartitionKey")];
                entries.push_back({{"ShardId", "shardId-000000000000"},
                                   {"SequenceNumber", std::to_string(++stored_)}});
            }
        }
        kinesis::answer_with(connection, wire::Encoding::cbor, 200,
                             {{"FailedRecordCount", 0}, {"Records", entries}});
    }

    Clock& clock_;
    std::atomic<int> refused_ = 0;
    std::mutex mutex_;
    std::map<std::string, int> copies_;
    int stored_ = 0;
    http::ScriptedServer server_{[this](auto& connection) { serve(connection); }};
};

// An hour, second by second, through the whole of the library. Nobody waits for a slow machine: an
// event that is not acknowledged at once is left behind, and looked at in the end. Every five
// minutes the machine is suspended for longer than the keys live, and whoever fetches them is not
// let go before the service has refused the old ones.
TEST(ExpiringCredentials, OfAMinuteLoseAndDuplicateNothingInAnHour) {
    Clock clock{start};
    Service service(clock);
    const auto source = std::make_shared<MinuteSource>(clock);
    auto surroundings = std::make_shared<credentials::Surroundings>();
    surroundings->now = [&] { return clock.load(); };
    const auto keys =
        std::make_shared<credentials::RefreshingCredentials>(source, source->make(), surroundings);
    const auto client = std::make_shared<kinesis::AwsKinesis>(kinesis::AwsKinesis::Parts{
        .service = {aws::parse_endpoint(service.url(), "test").value(), kinesis::test_region},
        .credentials = keys,
        .transport = {.user_agent = "lk-test"}});
    auto dispatch = get_dispatch({.kinesis_client = client,
                                  .kinesis_stream = "events",
                                  .producer_id = "test",
                                  .deliver_within = 1h,
                                  .request_timeout = 10min});
    std::vector<Published> results;
    for (int second = 0; second < 3600; ++second) {
        const bool suspended = second % 300 == 299;
        const int refused = service.refused();
        if (suspended) source->hold(true);
        clock = clock.load() + (suspended ? 90s : 1s);
        results.push_back(dispatch("t", {}, {.partition_key = std::to_string(second)}));
        if (suspended) {
            // Unless they were refused already, and none came since.
            while (service.refused() == refused && keys->current()) {
                std::this_thread::sleep_for(1ms);
            }
            source->hold(false);
        }
        for (int i = 0; i < 20 && !results.back().ready(); ++i) std::this_thread::sleep_for(1ms);
    }
    // Time goes on for those that wait for new keys.
    std::atomic<bool> over = false;
    std::thread ticking([&] {
        while (!over) {
            std::this_thread::sleep_for(20ms);
            clock = clock.load() + 1s;
        }
    });
    EXPECT_EQ(dispatch.flush(5min)->published, 3600U);
    over = true;
    ticking.join();
    for (Published& result : results) EXPECT_TRUE(result.wait());

    const auto copies = service.copies();
    EXPECT_EQ(copies.size(), 3600U) << "something is lost";
    for (const auto& [key, count] : copies) EXPECT_EQ(count, 1) << "event " << key;
    EXPECT_GE(service.refused(), 12);
    EXPECT_GE(source->fetches(), 60);
}

}  // namespace
}  // namespace lk
