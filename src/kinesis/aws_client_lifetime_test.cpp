#include <gtest/gtest.h>

#include <latch>

#include "kinesis/test_client.hpp"

// Clients that end while somebody still waits for them.

namespace lk::kinesis {
namespace {

using http::ScriptedConnection;
using http::ScriptedServer;
using wire::Encoding;

TEST(AwsKinesis, DestroysDoneRightAfterCallingIt) {
    ScriptedServer server(always(200, stored_answer(Encoding::cbor, 2)));
    const auto client = client_of(server.url());
    std::promise<void> gone;
    struct TellWhenGone {
        std::promise<void>* gone;
        ~TellWhenGone() { gone->set_value(); }
    };
    client->put_records(
        {.stream = "events", .records = two_records, .timeout = std::chrono::seconds(60)},
        [guard =
             std::make_shared<TellWhenGone>(&gone)](const Expected<PutRecordsAnswer, Failure>&) {});
    gone.get_future().wait();
}

TEST(AwsKinesis, ItsDestructorAnswersWhatIsUnderWay) {
    std::latch received(1);
    ScriptedServer server([&](ScriptedConnection& connection) {
        if (connection.read_request()) received.count_down();
        connection.wait_for_more();
    });
    auto client = client_of(server.url());
    std::promise<Failure> failure;
    client->put_records(
        {.stream = "events", .records = two_records, .timeout = std::chrono::seconds(60)},
        [&](const Expected<PutRecordsAnswer, Failure>& came) { failure.set_value(came.error()); });
    received.wait();
    client.reset();
    auto outcome = failure.get_future();
    ASSERT_EQ(outcome.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_TRUE(outcome.get().may_have_been_stored);
}

TEST(AwsKinesis, MayBeDestroyedInItsOwnDone) {
    ScriptedServer server(always(200, stored_answer(Encoding::cbor, 2)));
    auto client = std::make_shared<std::shared_ptr<AwsKinesis>>(client_of(server.url()));
    std::promise<bool> ended;
    AwsKinesis& borrowed = **client;
    std::promise<void> call_returned;
    borrowed.put_records(
        {.stream = "events", .records = two_records, .timeout = std::chrono::seconds(60)},
        [&, client](const Expected<PutRecordsAnswer, Failure>& came) {
            call_returned.get_future().wait();
            client->reset();
            ended.set_value(came.has_value());
        });
    call_returned.set_value();
    EXPECT_TRUE(ended.get_future().get());
}

TEST(AwsKinesis, GivesItsLoopToThoseWhoFeedIt) {
    const auto client = client_of("http://127.0.0.1:1");
    KinesisClient& as_client = *client;
    auto* owner = dynamic_cast<LoopOwner*>(&as_client);
    ASSERT_NE(owner, nullptr);
    EXPECT_EQ(owner->loop(), client->loop());
}

class NoCredentials final : public aws::CredentialsProvider {
  public:
    Expected<std::shared_ptr<const aws::Credentials>, Error> current() override {
        return Error{ErrorCode::credentials, "there are none", false, 0};
    }
};

// Its first call's `done` ends the client, of which nobody else has a part.
class EndsTheClient final : public Loop::Participant {
  public:
    EndsTheClient(std::shared_ptr<AwsKinesis> client, const std::vector<Record>& records)
        : client_(std::move(client)), records_(records) {}

    TimePoint turn(TimePoint) override {
        if (client_ == nullptr || std::exchange(sent_, true)) return never;
        for (int call = 0; call < calls; ++call) {
            client_->put_records(
                {.stream = "events", .records = records_, .timeout = std::chrono::seconds(10)},
                [this, call](const auto& answer) {
                    EXPECT_FALSE(answer.has_value());
                    ++done_;
                    if (call != 0) return;
                    client_.reset();
                    done_when_it_ended_ = done_;
                    ended_.count_down();
                });
        }
        return never;
    }
    void wait() { ended_.wait(); }
    [[nodiscard]] int done_when_it_ended() const { return done_when_it_ended_; }
    [[nodiscard]] int done() const { return done_; }

    static constexpr int calls = 5;

  private:
    std::shared_ptr<AwsKinesis> client_;
    const std::vector<Record> records_;
    bool sent_ = false;
    int done_ = 0;
    int done_when_it_ended_ = 0;
    std::latch ended_{1};
};

TEST(AwsKinesis, EndedWithinAnAnswerEndsWhatWaitsToBeSigned) {
    // Outlives the loop, which may still be leaving count_down() when this thread goes on.
    std::shared_ptr<EndsTheClient> ends;
    auto client = std::make_shared<AwsKinesis>(AwsKinesis::Parts{
        .service = {aws::parse_endpoint("http://127.0.0.1:1", "test").value(), test_region},
        .credentials = std::make_shared<NoCredentials>(),
        .transport = {.user_agent = "lk-test", .own_loop = true}});
    const std::shared_ptr<Loop> loop = client->loop();
    ends = std::make_shared<EndsTheClient>(std::move(client), two_records);
    loop->attach(ends);
    ends->wait();
    loop->detach_and_wait(ends.get());
    EXPECT_EQ(ends->done_when_it_ended(), EndsTheClient::calls);
    EXPECT_EQ(ends->done(), EndsTheClient::calls);
}

}  // namespace
}  // namespace lk::kinesis
