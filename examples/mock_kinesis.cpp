// A KinesisClient for the tests of your own code: keeps what was put, and fails when it is told to.

#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>

class MockKinesis : public lk::KinesisClient {
  public:
    // Called on a thread of the library. The views live until `done` was called, so what is to be
    // kept is copied.
    void put_records(const lk::PutRecordsRequest& request, lk::PutRecordsDone done) override {
        lk::PutRecordsAnswer answer;
        {
            const std::lock_guard lock(mutex_);
            for (const lk::Record& record : request.records) {
                if (throttles_ > 0) {
                    --throttles_;
                    answer.add_failed("ProvisionedThroughputExceededException", "Rate exceeded");
                } else {
                    records_.emplace_back(record.data);
                    answer.add_stored("shardId-000000000000", std::to_string(records_.size()));
                }
            }
        }
        done(std::move(answer));
    }

    /// The next so many records are refused.
    void throttle(int records) {
        const std::lock_guard lock(mutex_);
        throttles_ = records;
    }

    std::vector<std::string> records() const {
        const std::lock_guard lock(mutex_);
        return records_;
    }

  private:
    mutable std::mutex mutex_;
    int throttles_ = 0;
    std::vector<std::string> records_;
};

// Some code of yours that dispatches events.
void add_post(const lk::Dispatch& dispatch, std::string_view title) {
    std::string data;
    lk::JsonWriter(data).begin_object().key("title").string(title).end_object();
    dispatch("element inserted in collection posts", lk::json(data), {.partition_key = "posts-1"});
}

// Its test.
int main() {
    auto kinesis = std::make_shared<MockKinesis>();
    auto dispatch = lk::get_dispatch(
        {.kinesis_client = kinesis, .kinesis_stream = "entrypoint", .producer_id = "test"});
    kinesis->throttle(2);
    add_post(dispatch, "Hello");
    const auto counts = dispatch.flush(std::chrono::seconds(30));
    const auto records = kinesis->records();
    const bool passed = counts && counts->published == 1 && records.size() == 1 &&
                        records[0].find(R"("data":{"title":"Hello"})") != std::string::npos;
    std::cout << (passed ? "passed" : "failed")
              << ", after being throttled twice: " << records.at(0) << "\n";
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
