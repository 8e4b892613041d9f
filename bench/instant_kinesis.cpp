#include "instant_kinesis.hpp"

#include <pthread.h>
#include <time.h>

namespace lk::bench {
namespace {

double seconds_of(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

void InstantKinesis::put_records(const PutRecordsRequest& request, PutRecordsDone done) {
    PutRecordsAnswer answer;
    {
        const double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        const std::lock_guard lock(mutex_);
        if (!called_) called_ = pthread_getcpuclockid(pthread_self(), &caller_clock_) == 0;
        if (held_back_) {
            kept_.emplace_back(request.records.size(), std::move(done));
            return;
        }
        answer = answer_of(request.records.size());
        own_cpu_seconds_ += seconds_of(CLOCK_THREAD_CPUTIME_ID) - before;
    }
    done(std::move(answer));
}

void InstantKinesis::answer_all() {
    std::vector<std::pair<PutRecordsAnswer, PutRecordsDone>> answers;
    {
        const std::lock_guard lock(mutex_);
        held_back_ = false;
        for (auto& [records, done] : kept_)
            answers.emplace_back(answer_of(records), std::move(done));
        kept_.clear();
    }
    for (auto& [answer, done] : answers) done(std::move(answer));
}

// Requests mostly have as many records as the one before.
const PutRecordsAnswer& InstantKinesis::answer_of(std::size_t records) {
    if (answer_.size() != records) {
        answer_ = {};
        for (std::size_t i = 0; i < records; ++i) {
            answer_.add_stored("shardId-000000000000",
                               "49590338271490256608559692538361571095921575989136588898");
        }
    }
    return answer_;
}

double InstantKinesis::caller_cpu_seconds() const {
    const std::lock_guard lock(mutex_);
    return called_ ? seconds_of(caller_clock_) : 0;
}

}  // namespace lk::bench
