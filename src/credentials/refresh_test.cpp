#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <vector>

#include "credentials/find_credentials.hpp"
#include "credentials/refresh_schedule.hpp"
#include "credentials/refreshing_credentials.hpp"
#include "credentials/test_far_end.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime start(seconds(1'790'000'000));

TEST(RefreshSchedule, FetchesAheadOfTheEndSpreadAtRandom) {
    std::set<WallTime> times;
    for (int i = 0; i < 200; ++i) {
        RefreshSchedule schedule;
        schedule.fetched(start + std::chrono::hours(1), start);
        const auto ahead = start + std::chrono::hours(1) - schedule.next().value();
        EXPECT_GE(ahead, minutes(5));
        EXPECT_LE(ahead, minutes(15));
        times.insert(*schedule.next());
    }
    EXPECT_GT(times.size(), 150U);
}

TEST(RefreshSchedule, LeavesWhatLastsAlone) {
    RefreshSchedule schedule;
    schedule.fetched(std::nullopt, start);
    EXPECT_FALSE(schedule.next().has_value());
    schedule.wanted(start + minutes(1));
    EXPECT_EQ(schedule.next(), start + minutes(1));
}

TEST(RefreshSchedule, RepeatsAFailureWithPausesThatGrowToHalfAMinute) {
    RefreshSchedule schedule;
    WallTime now = start;
    for (int i = 0; i < 20; ++i) {
        schedule.failed(now);
        const auto pause = schedule.next().value() - now;
        EXPECT_GE(pause, milliseconds(500));
        EXPECT_LE(pause, seconds(30));
        EXPECT_GE(pause, i < 6 ? milliseconds(0) : seconds(15));
        now = *schedule.next();
    }
}

TEST(RefreshSchedule, AsksAtMostEveryFewSecondsWhateverIsWanted) {
    RefreshSchedule schedule;
    schedule.fetched(start + std::chrono::hours(1), start);
    schedule.wanted(start + seconds(1));
    EXPECT_EQ(schedule.next(), start + seconds(5));
    // Also when what came had ended already, or the clock was set back by a day.
    schedule.fetched(start - minutes(1), start);
    EXPECT_GE(schedule.next().value(), start + minutes(1));
    schedule.wanted(start - std::chrono::hours(24));
    EXPECT_EQ(schedule.next(), start - std::chrono::hours(24) + seconds(5));
}

// Credentials that live for a minute, an hour long, looked at each second; one fetch in ten fails.
TEST(RefreshSchedule, KeepsCredentialsThatLiveAMinuteGoodForAnHour) {
    RandomBytes random;
    for (int run = 0; run < 50; ++run) {
        RefreshSchedule schedule;
        WallTime expires = start + minutes(1);
        schedule.fetched(expires, start);
        int fetches = 0;
        for (WallTime now = start; now < start + std::chrono::hours(1); now += milliseconds(250)) {
            while (schedule.next().value() <= now) {
                ++fetches;
                if (random.below(10) == 0) {
                    schedule.failed(now);
                } else {
                    expires = now + minutes(1);
                    schedule.fetched(expires, now);
                }
            }
            ASSERT_GT(expires, now) << "no good credentials " << (now - start).count();
        }
        EXPECT_GT(fetches, 60);
        EXPECT_LT(fetches, 200);
    }
}

// A source that does what the test says.
class Scripted final : public Source {
  public:
    Expected<Fetched, Error> fetch() override {
        const std::lock_guard lock(mutex_);
        ++fetches_;
        fetched_.notify_all();
        if (meanwhile_) std::exchange(meanwhile_, nullptr)();
        if (failing_) return refused("the source is out");
        return make();
    }
    std::string name() const override { return "the script"; }

    Fetched make() {
        return Fetched{.credentials = {.access_key_id = "AKID" + std::to_string(generation_),
                                       .secret_access_key = aws::Secret(secret_key),
                                       .session_token = {}},
                       .expires = expires_};
    }
    void set(int generation, std::optional<WallTime> expires, bool failing = false) {
        const std::lock_guard lock(mutex_);
        generation_ = generation;
        expires_ = expires;
        failing_ = failing;
    }
    /// Happens once, during the next fetch.
    void meanwhile(std::function<void()> happening) {
        const std::lock_guard lock(mutex_);
        meanwhile_ = std::move(happening);
    }
    int fetches() {
        const std::lock_guard lock(mutex_);
        return fetches_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable fetched_;
    int fetches_ = 0;
    int generation_ = 1;
    bool failing_ = false;
    std::optional<WallTime> expires_;
    std::function<void()> meanwhile_;
};

struct Refreshing {
    std::atomic<WallTime> now{start};
    std::shared_ptr<Scripted> source = std::make_shared<Scripted>();
    std::shared_ptr<RefreshingCredentials> credentials;

    void open(std::optional<WallTime> expires) {
        source->set(1, expires);
        auto surroundings = std::make_shared<Surroundings>();
        surroundings->now = [this] { return now.load(); };
        credentials = std::make_shared<RefreshingCredentials>(source, source->make(), surroundings);
    }
    std::string id() {
        const auto current = credentials->current();
        return current ? (*current)->access_key_id : current.error().message;
    }
    // Bounded by the test's own time limit.
    void wait_for(const std::string& wanted) {
        while (id().find(wanted) == std::string::npos) std::this_thread::sleep_for(milliseconds(1));
    }
};

TEST(RefreshingCredentials, AreFetchedAheadOfTheirEnd) {
    Refreshing refreshing;
    refreshing.open(start + minutes(60));
    refreshing.source->set(2, start + minutes(120));
    EXPECT_EQ(refreshing.id(), "AKID1");
    refreshing.now = start + minutes(56);
    refreshing.wait_for("AKID2");
    EXPECT_EQ(refreshing.source->fetches(), 1);
}

TEST(RefreshingCredentials, KeepTheOldOnesWhileAFetchFails) {
    Refreshing refreshing;
    refreshing.open(start + minutes(60));
    refreshing.source->set(2, start + minutes(120), /*failing=*/true);
    refreshing.now = start + minutes(56);
    while (refreshing.source->fetches() == 0) {
        EXPECT_EQ(refreshing.id(), "AKID1");
        std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(refreshing.id(), "AKID1");
    refreshing.source->set(2, start + minutes(120));
    // The pause begins when the failure is taken note of, which may be only now: the time goes on.
    while (refreshing.id() != "AKID2") {
        refreshing.now = refreshing.now.load() + seconds(1);
        std::this_thread::sleep_for(milliseconds(1));
    }
}

// A machine that is suspended while it asks.
TEST(RefreshingCredentials, AreAskedForAgainWhenTheClockLeapsAheadInMidFlight) {
    Refreshing refreshing;
    refreshing.open(start + minutes(60));
    const WallTime woken = start + std::chrono::hours(10);
    refreshing.source->set(2, start + minutes(120));
    refreshing.source->meanwhile([&] { refreshing.now = woken; });
    refreshing.now = start + minutes(56);
    refreshing.wait_for("AKID2");
    refreshing.source->set(3, woken + minutes(60));
    EXPECT_EQ(refreshing.id(), "AKID2");
    refreshing.now = woken + minutes(2);
    refreshing.wait_for("AKID3");
    EXPECT_EQ(refreshing.source->fetches(), 2);
}

// By such a clock they last for a day and more; the service knows better.
TEST(RefreshingCredentials, AreReplacedThoughTheClockFellBackInMidFlight) {
    Refreshing refreshing;
    refreshing.open(start + minutes(60));
    const WallTime fallen = start - std::chrono::hours(24);
    refreshing.source->set(2, start + minutes(120));
    refreshing.source->meanwhile([&] { refreshing.now = fallen; });
    refreshing.now = start + minutes(56);
    refreshing.wait_for("AKID2");
    const auto old = refreshing.credentials->current().value();
    refreshing.source->set(3, start + minutes(180));
    EXPECT_EQ(refreshing.credentials->renew(*old, aws::Refusal::expired), aws::Renewal::under_way);
    refreshing.now = fallen + seconds(6);
    refreshing.wait_for("AKID3");
}

// Simulated seconds. The clock stands still while a fetch is under way, and from five seconds
// before the end on: a thread that is slow is no gap, one that does not ask ends no more.
TEST(RefreshingCredentials, ThatLiveAMinuteAreGoodForAnHour) {
    Refreshing refreshing;
    WallTime expires = start + minutes(1);
    refreshing.open(expires);
    int generation = 1;
    for (WallTime now = start; now < start + std::chrono::hours(1); now += seconds(1)) {
        refreshing.now = now;
        refreshing.source->set(generation + 1, now + minutes(1));
        static_cast<void>(refreshing.id());
        const bool asked = refreshing.source->fetches() >= generation;
        if (!asked && expires - now > seconds(5)) continue;
        ++generation;
        refreshing.wait_for("AKID" + std::to_string(generation));
        // They were fetched within this second or the one before.
        expires = now + seconds(59);
    }
    EXPECT_GE(generation, 60);
    EXPECT_LE(generation, 120);
}

TEST(RefreshingCredentials, SayWhyThereAreNoneOnceTheServiceCallsThemExpired) {
    Refreshing refreshing;
    refreshing.open(start + minutes(60));
    const auto old = refreshing.credentials->current().value();
    refreshing.source->set(2, start + minutes(120), /*failing=*/true);
    EXPECT_EQ(refreshing.credentials->renew(*old, aws::Refusal::expired), aws::Renewal::under_way);
    refreshing.now = start + seconds(6);
    refreshing.wait_for("have expired, others are being fetched: the source is out");
    refreshing.source->set(2, start + minutes(120));
    refreshing.now = start + minutes(2);
    refreshing.wait_for("AKID2");
    EXPECT_EQ(refreshing.credentials->renew(*old, aws::Refusal::expired), aws::Renewal::renewed);
}

// Keys that another tool writes into the credentials file every so often.
TEST(RefreshingCredentials, ThatLastAreLookedForAgainWhenTheServiceRefusesThem) {
    Refreshing refreshing;
    refreshing.open(std::nullopt);
    const auto old = refreshing.credentials->current().value();
    EXPECT_EQ(refreshing.source->fetches(), 0);
    refreshing.source->set(2, std::nullopt);
    EXPECT_EQ(refreshing.credentials->renew(*old, aws::Refusal::unknown_key),
              aws::Renewal::under_way);
    refreshing.now = start + seconds(6);
    refreshing.wait_for("AKID2");
}

TEST(RefreshingCredentials, KeysThatAreUnknownAndStayTheSameAreHopeless) {
    Refreshing refreshing;
    refreshing.open(std::nullopt);
    const auto old = refreshing.credentials->current().value();
    while (refreshing.credentials->renew(*old, aws::Refusal::unknown_key) !=
           aws::Renewal::impossible) {
        refreshing.now = refreshing.now.load() + seconds(6);
        std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_GE(refreshing.source->fetches(), 1);
    EXPECT_EQ(refreshing.id(), "AKID1");
}

int threads_named(const std::string& wanted) {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "comm");
        std::string name;
        count += std::getline(file, name) && name == wanted ? 1 : 0;
    }
    return count;
}

// One that has ended may be listed for a moment. Bounded by the test's own time limit.
void wait_for_threads(int count) {
    while (threads_named("lk-credentials") != count) std::this_thread::sleep_for(milliseconds(1));
}

TEST(RefreshingCredentials, OfManyClientsShareAThreadThatNoSlowSourceHoldsUp) {
    std::vector<Refreshing> clients(50);
    for (Refreshing& client : clients) client.open(start + minutes(60));
    wait_for_threads(1);
    std::promise<void> slow_one_asks;
    std::promise<void> go_on;
    clients.front().source->meanwhile([&] {
        slow_one_asks.set_value();
        go_on.get_future().wait();
    });
    clients.front().now = start + minutes(60);
    clients.front().id();
    slow_one_asks.get_future().wait();
    for (std::size_t i = 1; i < clients.size(); ++i) {
        clients[i].source->set(2, start + minutes(120));
        clients[i].now = start + minutes(60);
        clients[i].wait_for("AKID2");
    }
    EXPECT_EQ(clients.front().id(), "AKID1");
    go_on.set_value();
    clients.clear();
    wait_for_threads(0);
}

TEST(RefreshingCredentials, AreNotInheritedByAForkedChild) {
    Refreshing refreshing;
    refreshing.open(start + minutes(60));
    const pid_t child = fork();
    if (child == 0) {
        const bool refused = !refreshing.credentials->current() &&
                             refreshing.credentials->current().error().code == ErrorCode::forked;
        refreshing.credentials.reset();
        _exit(refused ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(refreshing.id(), "AKID1");
}

TEST(FindCredentials, ReadTheFilesAnewAtEachFetch) {
    World world;
    world.keys("[default]\naws_access_key_id = AKIDOLD\naws_secret_access_key = s\n");
    std::atomic<WallTime> now{world.time};
    auto surroundings = world.surroundings();
    surroundings.now = [&] { return now.load(); };
    const auto found = find_credentials(std::move(surroundings), "");
    ASSERT_TRUE(found) << found.error().message;
    const auto old = found->provider->current().value();
    EXPECT_EQ(old->access_key_id, "AKIDOLD");
    world.keys("[default]\naws_access_key_id = AKIDNEW\naws_secret_access_key = s\n");
    while (found->provider->renew(*old, aws::Refusal::unknown_key) != aws::Renewal::renewed) {
        now = now.load() + seconds(6);
        std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(found->provider->current().value()->access_key_id, "AKIDNEW");
}

TEST(FindCredentials, TellsWhoseKeysItFoundWithoutShowingThem) {
    World world;
    world.variables["AWS_ACCESS_KEY_ID"] = "AKIAIOSFODNN7EXAMPLE";
    world.variables["AWS_SECRET_ACCESS_KEY"] = secret_key;
    world.variables["AWS_SESSION_TOKEN"] = secret_token;
    world.variables["AWS_ACCOUNT_ID"] = "111122223333";
    const auto found = find_credentials(world.surroundings(), "");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->account_id, "111122223333");
    EXPECT_EQ(found->steps.back().finding,
              "environment AWS_ACCESS_KEY_ID: key ****MPLE of account 111122223333");
}

TEST(FindCredentials, TellsUntilWhenTheyLast) {
    World world;
    const auto printed = world.folder.write(
        "keys", R"({"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":")" +
                    std::string(secret_key) +
                    R"(","SessionToken":"t","Expiration":"2026-09-21T16:00:00Z"})");
    world.config("[default]\naws_account_id = 444455556666\ncredential_process = cat " + printed +
                 "\n");
    std::vector<Step> steps;
    const auto found = find_credentials(world.surroundings(), "", &steps);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(steps.back().finding.ends_with(
        "key ****MPLE of account 444455556666, until 2026-09-21T16:00:00Z"))
        << steps.back().finding;
}

TEST(FindCredentials, NamesEveryPlaceWhenTheLastOneHasNoneEither) {
    World world;
    FarEnd machine([](const auto&) { return FarEnd::Answer{.status = 404}; });
    world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = machine.url();
    world.variables["AWS_METADATA_SERVICE_TIMEOUT"] = "60";
    std::vector<Step> steps;
    const auto found = find_credentials(world.surroundings(), "", &steps);
    ASSERT_FALSE(found);
    for (const char* word : {"no AWS credentials", "AWS_ACCESS_KEY_ID", "profile default",
                             "gave no token (HTTP 404)", "aws configure"}) {
        EXPECT_NE(found.error().message.find(word), std::string::npos) << found.error().message;
    }
    EXPECT_EQ(steps.size(), 5U);
}

TEST(FindCredentials, AProfileThatFailsIsTheErrorAlone) {
    World world;
    world.config("[default]\ncredential_process = false\n");
    const auto found = find_credentials(world.surroundings(), "");
    ASSERT_FALSE(found);
    EXPECT_TRUE(found.error().message.starts_with("credential_process in [default]"))
        << found.error().message;
}

}  // namespace
}  // namespace lk::credentials
