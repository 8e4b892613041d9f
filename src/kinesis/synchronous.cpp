#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "base/fork.hpp"
#include "base/threads.hpp"

namespace lk {
namespace {

using PutRecords = std::function<Expected<PutRecordsAnswer, Failure>(const PutRecordsRequest&)>;

Failure thrown(const char* what) {
    return {.kind = FailureClass::transient,
            .code = ErrorCode::client_failed,
            .service_code = {},
            .message = std::string("the put_records function threw: ") + what,
            .may_have_been_stored = true};
}

// What the threads use; outlives the client when a `done` is its last owner.
class Work {
  public:
    explicit Work(PutRecords put_records) : put_records_(std::move(put_records)) {}

    void add(const PutRecordsRequest& request, PutRecordsDone done) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.emplace_back(request, std::move(done));
        }
        changed_.notify_one();
    }

    // Each thread finishes the call that it is in; what waits is never begun.
    void stop() {
        std::deque<Item> unbegun;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            unbegun.swap(waiting_);
        }
        changed_.notify_all();
        for (Item& item : unbegun) {
            answer(item.second,
                   Failure{.kind = FailureClass::final,
                           .code = ErrorCode::closed,
                           .service_code = {},
                           .message = "the client is being destroyed; the request was not begun"});
        }
    }

    void run() {
        while (std::optional<Item> item = next()) {
            Expected<PutRecordsAnswer, Failure> outcome = put(item->first);
            answer(item->second, std::move(outcome));
        }
    }

  private:
    using Item = std::pair<PutRecordsRequest, PutRecordsDone>;

    std::optional<Item> next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return std::nullopt;
        Item item = std::move(waiting_.front());
        waiting_.pop_front();
        return item;
    }

    Expected<PutRecordsAnswer, Failure> put(const PutRecordsRequest& request) {
        try {
            return put_records_(request);
        } catch (const std::exception& exception) {
            return thrown(exception.what());
        } catch (...) {
            return thrown("something that is no std::exception");
        }
    }

    // The caller of `done` is not the one to tell about its exceptions; the thread goes on.
    static void answer(const PutRecordsDone& done,
                       Expected<PutRecordsAnswer, Failure> outcome) noexcept {
        try {
            done(std::move(outcome));
        } catch (...) {
        }
    }

    const PutRecords put_records_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> waiting_;
    bool stopping_ = false;
};

class SynchronousKinesis final : public KinesisClient {
  public:
    SynchronousKinesis(PutRecords put_records, int threads)
        : work_(std::make_shared<Work>(std::move(put_records))) {
        for (int i = 0; i < threads; ++i) {
            threads_.push_back(start_thread("lk-synchronous", [work = work_] { work->run(); }));
        }
    }

    ~SynchronousKinesis() override {
        if (origin_.inherited()) {
            keep_for_good(std::move(work_));
            keep_for_good(std::make_shared<std::vector<std::thread>>(std::exchange(threads_, {})));
            return;
        }
        work_->stop();
        for (auto& thread : threads_) {
            if (thread.get_id() == std::this_thread::get_id()) {
                thread.detach();
            } else {
                thread.join();
            }
        }
    }

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        work_->add(request, std::move(done));
    }

  private:
    const Origin origin_;
    std::shared_ptr<Work> work_;
    std::vector<std::thread> threads_;
};

}  // namespace

std::shared_ptr<KinesisClient> synchronous_kinesis(PutRecords put_records, int threads) {
    if (!put_records) {
        throw DispatchError({.code = ErrorCode::bad_option,
                             .message = "synchronous_kinesis: the put_records function is empty"});
    }
    if (threads < 1 || threads > 64) {
        throw DispatchError({.code = ErrorCode::bad_option,
                             .message = "synchronous_kinesis: threads is " +
                                        std::to_string(threads) + "; it must be 1 to 64"});
    }
    return std::make_shared<SynchronousKinesis>(std::move(put_records), threads);
}

}  // namespace lk
