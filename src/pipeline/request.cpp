#include "pipeline/request.hpp"

#include <exception>
#include <utility>

#include "base/counted.hpp"
#include "event/hash_key.hpp"
#include "wire/record_layout.hpp"

namespace lk::pipeline {
namespace {

Failure broken_contract(std::string message) {
    return {FailureClass::transient, ErrorCode::client_failed, {}, std::move(message), true};
}

}  // namespace

template <class Put>
void Inbox::put_and_wake(Put put) {
    std::shared_ptr<Loop> loop;
    {
        const std::lock_guard lock(mutex_);
        if (loop_ == nullptr) return;
        put();
        loop = loop_;
    }
    loop->wake();
}

void Inbox::add(Answer answer) {
    put_and_wake([&] { answers_.push_back(std::move(answer)); });
}

void Inbox::add(StreamFacts stream) {
    put_and_wake([&] { facts_.stream = std::move(stream); });
}

void Inbox::add(Shards shards) {
    put_and_wake([&] { facts_.shards = std::move(shards); });
}

void Inbox::take(std::vector<Answer>& answers, Facts& facts) {
    answers.clear();
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
    facts = std::exchange(facts_, {});
}

void Inbox::close() {
    std::shared_ptr<Loop> loop;
    const std::lock_guard lock(mutex_);
    loop.swap(loop_);
    answers_.clear();
}

void Inbox::log(int level, std::string_view line) const {
    if (!log_) return;
    try {
        log_(level, line);
    } catch (...) {  // there is nowhere left to tell
    }
}

PutRequest::PutRequest(std::shared_ptr<Inbox> inbox, std::shared_ptr<const std::string> stream,
                       const Core::Request& request, std::chrono::milliseconds timeout,
                       wire::AggregateWriter& writer)
    : id_(request.id), inbox_(std::move(inbox)), stream_(std::move(stream)) {
    records_.reserve(request.parcels.size());
    wire::AggregateSeals seals;
    for (const Parcel& parcel : request.parcels) {
        if (parcel.aggregated) {
            add_aggregate(parcel, request.aggregate_partition_key, writer, seals);
        } else {
            add(*parcel.first);
        }
    }
    seals.finish();
    request_ = {*stream_, records_, timeout};
}

void PutRequest::add(const Pending& record) {
    records_.push_back(record_of(record));
    // Neighbours mostly share a page; holding one twice does no harm.
    if (pages_.empty() || pages_.back() != record.page) {
        record.page->hold();
        pages_.push_back(record.page);
    }
}

// The aggregate is a copy, so it needs its records' pages no more.
void PutRequest::add_aggregate(const Parcel& parcel, std::string_view partition_key,
                               wire::AggregateWriter& writer, wire::AggregateSeals& seals) {
    const std::string hash_key = event::to_decimal(parcel.hash_key);
    if (partition_key.empty()) partition_key = record_of(*parcel.first).partition_key;
    writer.begin(hash_key);
    for_each(parcel, [&](const Pending* one) {
        const Record record = record_of(*one);
        writer.add(record.partition_key, record.data);
    });
    const std::string_view data = writer.finish();

    const std::size_t bytes =
        wire::RecordLayout::bytes(data.size(), partition_key.size(), hash_key.size());
    char* const cbor =
        aggregates_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
    char* const at = wire::begin_record(cbor, data.size(), true);
    data.copy(at, data.size());
    seals.add({at, data.size()});
    char* const key_at = at + data.size();
    wire::end_record(key_at, partition_key, hash_key);
    const char* const key = key_at + wire::RecordLayout::before_key;
    records_.push_back(
        {.data = {at, data.size()},
         .partition_key = {key, partition_key.size()},
         .explicit_hash_key = {key + partition_key.size() + wire::RecordLayout::before_hash_key,
                               hash_key.size()},
         .cbor = {cbor, bytes}});
}

PutRequest::~PutRequest() {
    if (origin_.inherited()) {
        // The user's client is being destroyed in a forked child: the inbox's lock and the pages
        // are the parent's.
        keep_for_good(inbox_);
        return;
    }
    if (!answered_.load()) {
        inbox_->add({id_, broken_contract("the Kinesis client dropped a request unanswered")});
    }
    for (Page* page : pages_) page->let_go();
}

void PutRequest::send(const std::shared_ptr<PutRequest>& self, KinesisClient& client) {
    try {
        client.put_records(self->request_, [self](Expected<PutRecordsAnswer, Failure> result) {
            self->answer(std::move(result));
        });
    } catch (const std::exception& thrown) {
        self->answer(broken_contract(std::string("the Kinesis client threw: ") + thrown.what()));
    } catch (...) {
        self->answer(
            broken_contract("the Kinesis client threw something that is no std::exception"));
    }
}

void PutRequest::answer(Expected<PutRecordsAnswer, Failure> result) {
    if (answered_.exchange(true)) {
        inbox_->log(log_warning,
                    "the Kinesis client answered a request twice; the second answer is ignored");
        return;
    }
    if (result && result->size() != records_.size()) {
        inbox_->add(
            {id_, Failure{FailureClass::transient,
                          ErrorCode::bad_answer,
                          {},
                          "a PutRecords answer has " + counted(result->size(), "entry", "entries") +
                              " for " + counted(records_.size(), "record", "records"),
                          true}});
        return;
    }
    inbox_->add({id_, std::move(result)});
}

}  // namespace lk::pipeline
