#include "kinesis/reader.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <optional>
#include <thread>

#include "wire/base64.hpp"
#include "wire/streams.hpp"

namespace lk::kinesis {
namespace {

using std::chrono::milliseconds;

// How far this machine's clock may be from Kinesis's: a request dated further off is not taken.
constexpr std::chrono::minutes clock_tolerance{5};

bool is_worth_asking_again(const Failure& failure) {
    return failure.kind == FailureClass::slow_down || failure.kind == FailureClass::transient ||
           failure.kind == FailureClass::not_ready;
}

// Reading changes nothing, so asking twice is harmless whatever became of the first time.
template <class Value, class Ask>
Expected<Value, Failure> patiently(const Reader::Patience& patience, const Ask& ask) {
    milliseconds pause = patience.first_pause;
    milliseconds spent{};
    while (true) {
        // Shared, as the loop may still be leaving set_value() when this thread has gone on.
        const auto promise = std::make_shared<std::promise<Expected<Value, Failure>>>();
        auto outcome = promise->get_future();
        ask([promise](Expected<Value, Failure> answer) { promise->set_value(std::move(answer)); });
        Expected<Value, Failure> came = outcome.get();
        if (came || !is_worth_asking_again(came.error()) || spent >= patience.give_up_after) {
            return came;
        }
        if (patience.pause == nullptr) {
            std::this_thread::sleep_for(pause);
        } else if (patience.pause(pause)) {
            return came;
        }
        spent += pause;
        pause = std::min(pause * 2, patience.longest_pause);
    }
}

// A byte string is binary in CBOR and base64 text in JSON.
std::optional<std::string> bytes_of(const wire::Document& value) {
    if (value.is_binary()) {
        const auto& bytes = value.get_binary();
        return std::string(bytes.begin(), bytes.end());
    }
    if (value.is_string()) return wire::decode_base64(value.get_ref<const std::string&>());
    return std::nullopt;
}

double seconds_of(std::chrono::system_clock::time_point time) {
    return std::chrono::duration<double>(std::chrono::floor<milliseconds>(time.time_since_epoch()))
        .count();
}

std::string text_of(const wire::Document& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_of(const wire::Document& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

// The time of a number of seconds since the epoch; the epoch when it is no sensible one.
std::chrono::system_clock::time_point time_of(double seconds) {
    constexpr double year_9999 = 253'402'300'799;
    if (!(seconds >= 0 && seconds <= year_9999)) return {};
    return std::chrono::system_clock::time_point(milliseconds(std::llround(seconds * 1000)));
}

std::optional<ReadRecord> read_record(const wire::Document& value) {
    if (!value.is_object() || !value.contains("Data")) return std::nullopt;
    auto data = bytes_of(value["Data"]);
    ReadRecord record;
    record.partition_key = text_of(value, "PartitionKey");
    record.sequence_number = text_of(value, "SequenceNumber");
    if (!data || record.sequence_number.empty()) return std::nullopt;
    record.data = std::move(*data);
    record.arrival = time_of(number_of(value, "ApproximateArrivalTimestamp"));
    return record;
}

}  // namespace

Reader::Reader(std::shared_ptr<AwsKinesis> client, std::string stream, Patience patience)
    : client_(std::move(client)), stream_(std::move(stream)), patience_(patience) {}

Expected<std::vector<Shard>, Failure> Reader::shards() {
    return patiently<std::vector<Shard>>(patience_, [&](ListShardsDone done) {
        client_->list_shards(stream_, WhichShards::all, std::move(done));
    });
}

Expected<wire::Document, Failure> Reader::ask(const char* operation,
                                              const wire::Document& message) {
    return patiently<wire::Document>(
        patience_, [&](std::function<void(Expected<wire::Document, Failure>)> done) {
            client_->call(operation, message, std::move(done));
        });
}

Expected<std::string, Failure> Reader::iterator_for(const Place& place) {
    wire::Document message = wire::stream_request(stream_);
    message["ShardId"] = place.shard_id;
    if (!place.last_sequence_number.empty()) {
        message["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER";
        message["StartingSequenceNumber"] = place.last_sequence_number;
    } else if (place.from == From::trim_horizon) {
        message["ShardIteratorType"] = "TRIM_HORIZON";
    } else if (place.iterator.empty()) {
        message["ShardIteratorType"] = "LATEST";
    } else {
        // A second LATEST would pass over what arrived since the first.
        message["ShardIteratorType"] = "AT_TIMESTAMP";
        message["Timestamp"] = seconds_of(place.caught_up - clock_tolerance);
    }
    const auto answer = ask("GetShardIterator", message);
    if (!answer) return answer.error();
    std::string iterator = answer->is_object() ? text_of(*answer, "ShardIterator") : std::string();
    if (iterator.empty()) {
        return failure_of_bad_answer("it has no ShardIterator", {"GetShardIterator", stream_});
    }
    return iterator;
}

Expected<Reader::Place, Failure> Reader::begin(std::string shard_id, From from) {
    Place place{.shard_id = std::move(shard_id),
                .from = from,
                .iterator = {},
                .last_sequence_number = {},
                .caught_up = std::chrono::system_clock::now()};
    auto iterator = iterator_for(place);
    if (!iterator) return std::move(iterator).error();
    place.iterator = std::move(*iterator);
    return place;
}

Expected<RecordPage, Failure> Reader::read(Place& place) {
    auto asked = std::chrono::system_clock::now();
    auto answer = ask("GetRecords", {{"ShardIterator", place.iterator}});
    // An iterator lives for five minutes.
    if (!answer && answer.error().service_code == "ExpiredIteratorException") {
        auto fresh = iterator_for(place);
        if (!fresh) return std::move(fresh).error();
        place.iterator = std::move(*fresh);
        asked = std::chrono::system_clock::now();
        answer = ask("GetRecords", {{"ShardIterator", place.iterator}});
    }
    if (!answer) return std::move(answer).error();

    const auto bad = [&](const char* why) {
        return failure_of_bad_answer(why, {"GetRecords", stream_});
    };
    if (!answer->is_object() || !answer->contains("Records") || !(*answer)["Records"].is_array()) {
        return bad("it has no Records");
    }
    RecordPage page;
    for (const wire::Document& value : (*answer)["Records"]) {
        auto record = read_record(value);
        if (!record) return bad("a record lacks its Data or its SequenceNumber");
        page.records.push_back(std::move(*record));
    }
    page.behind = milliseconds(
        static_cast<std::int64_t>(std::clamp(number_of(*answer, "MillisBehindLatest"), 0.0, 1e15)));
    place.iterator = text_of(*answer, "NextShardIterator");
    page.at_end = place.iterator.empty();
    if (page.behind == milliseconds::zero()) place.caught_up = asked;
    if (!page.records.empty()) place.last_sequence_number = page.records.back().sequence_number;
    return page;
}

}  // namespace lk::kinesis
