#include "sim/kinesis_model.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <numeric>

namespace lk::sim {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t most_records = 500;
constexpr std::size_t most_request_bytes = std::size_t{10} * 1024 * 1024;

std::string shard_id(std::uint32_t number) {
    char text[32];
    std::snprintf(text, sizeof text, "shardId-%012" PRIu32, number);
    return text;
}

event::HashKey before(event::HashKey key) {
    if (key.low-- == 0) --key.high;
    return key;
}

}  // namespace

KinesisModel::KinesisModel(const Plan& plan, Timeline& time, Trace& trace, Faults& faults,
                           Random random)
    : plan_(plan), time_(time), trace_(trace), faults_(faults), random_(random) {
    copies_.resize(plan.events.size());
    expired_.resize(plan.producers.size());
    open_first_shards(plan.stream.shards);
}

void KinesisModel::open_first_shards(std::uint32_t count) {
    open_.clear();
    const std::uint64_t width = most / count;
    for (std::uint32_t i = 0; i < count; ++i) {
        const event::HashKey last =
            i + 1 == count ? event::HashKey{most, most} : before({width * (i + 1), 0});
        open_.push_back(make_shard({width * i, 0}, last));
    }
    remember_shards();
}

KinesisModel::ModelShard KinesisModel::make_shard(event::HashKey first, event::HashKey last) {
    const StreamPlan& stream = plan_.stream;
    ModelShard shard{shards_made_++, first, last, {}, {}};
    shard.records = {stream.records_a_second * stream.burst_seconds, time_.now()};
    shard.bytes = {stream.bytes_a_second * stream.burst_seconds, time_.now()};
    return shard;
}

std::size_t KinesisModel::place_of(event::HashKey hash) const {
    const auto behind = std::upper_bound(
        open_.begin(), open_.end(), hash,
        [](event::HashKey key, const ModelShard& shard) { return key < shard.first; });
    return static_cast<std::size_t>(behind - open_.begin()) - 1;
}

double KinesisModel::speed_of(const ModelShard& shard) const {
    const auto hits = [&](const PlannedFault* fault) {
        return fault != nullptr && &open_[fault->target % open_.size()] == &shard;
    };
    if (hits(faults_.on(Fault::zero_shard))) return 0;
    return hits(faults_.on(Fault::slow_shard)) ? factor_ * 0.1 : factor_;
}

void KinesisModel::set_limits(double factor) {
    factor_ = factor;
}

// A record goes while there is anything left of the bytes, so that one larger than a second's worth
// goes at all; the average holds because the debt has to be paid.
bool KinesisModel::takes(ModelShard& shard, std::size_t bytes) {
    const double speed = speed_of(shard);
    const auto fill = [&](Bucket& bucket, double a_second) {
        const double seconds =
            std::chrono::duration<double>(time_.now() - bucket.filled_at).count();
        bucket.tokens = std::min(bucket.tokens + seconds * a_second * speed,
                                 std::max(1.0, a_second * factor_ * plan_.stream.burst_seconds));
        bucket.filled_at = time_.now();
    };
    fill(shard.records, plan_.stream.records_a_second);
    fill(shard.bytes, plan_.stream.bytes_a_second);
    if (speed == 0 || shard.records.tokens < 1 || shard.bytes.tokens <= 0) return false;
    shard.records.tokens -= 1;
    shard.bytes.tokens -= static_cast<double>(bytes);
    return true;
}

void KinesisModel::store(const SentRequest& request, const SentRecord& record,
                         const ModelShard& shard, std::string& sequence_number) {
    sequence_number = "4966" + std::to_string(++sequence_);
    ++stored_;
    // The Kinesis Client Library's own rule, on what stands in the record.
    const event::HashKeyRange range{shard.first, shard.last};
    const std::size_t kept = record.aggregated
                                 ? event::records_kept_by_kcl(record.user_records, range)
                                 : record.events.size();
    for (std::size_t i = 0; i < record.events.size(); ++i) {
        copies_[record.events[i]].push_back(
            {.order = stored_,
             .when = time_.now(),
             .shard_id = shard_id(shard.number),
             .sequence_number = sequence_number,
             .request = request.number,
             .aggregated = record.aggregated,
             .own_shard = range.contains(plan_.events[record.events[i]].hash),
             .readable = i < kept});
    }
}

// Credentials that were refused once stay expired.
bool KinesisModel::refuses_credentials(std::uint32_t producer, std::uint64_t credentials,
                                       bool strikes) {
    std::uint64_t& expired = expired_[producer];
    if (strikes) expired = std::max(expired, credentials);
    return credentials <= expired;
}

// What is wrong with all of a request.
std::optional<ServiceError> KinesisModel::refusal(SentRequest& request) {
    const ServiceError expired{400, "ExpiredTokenException", "The security token is expired"};
    if (refuses_credentials(request.producer, request.credentials,
                            faults_.strikes(Fault::credentials_expired))) {
        request.strikes.push_back({Fault::credentials_expired});
        return expired;
    }
    if (faults_.strikes(Fault::credentials_gone, request)) return expired;
    if (faults_.strikes(Fault::stream_deleted, request)) {
        return ServiceError{400, "ResourceNotFoundException", "Stream events not found."};
    }
    if (faults_.strikes(Fault::not_ready, request)) {
        return ServiceError{400, "ResourceInUseException", "Stream events is UPDATING."};
    }
    if (faults_.strikes(Fault::throttled_request, request)) {
        return ServiceError{400, "LimitExceededException", "Rate exceeded"};
    }
    std::size_t bytes = 0;
    bool invalid = request.records.empty() || request.records.size() > most_records;
    for (const SentRecord& record : request.records) {
        bytes += record.bytes;
        invalid |= record.invalid || record.bytes > plan_.stream.max_record_bytes;
    }
    if (!invalid && bytes <= most_request_bytes) return std::nullopt;
    request.strikes.push_back({Fault::invalid_record});
    return ServiceError{400, "ValidationException", "1 validation error detected"};
}

KinesisModel::Outcome KinesisModel::put(SentRequest& request, std::size_t number) {
    const SentRecord& record = request.records[number];
    ModelShard& shard = open_[place_of(record.hash)];
    Outcome outcome;
    outcome.shard = shard_id(shard.number);
    const auto struck = [&](Fault fault) { request.strikes.push_back({fault, number}); };
    const auto is_about_this_key = [&](Fault fault) {
        const PlannedFault* const on = faults_.on(fault);
        return on != nullptr && !plan_.keys.empty() && record.key == on->target % plan_.keys.size();
    };
    const bool key_stopped = is_about_this_key(Fault::zero_key);
    if (key_stopped) struck(Fault::zero_key);
    if (key_stopped || !takes(shard, record.bytes)) {
        ++throttled_;
        outcome.code = "ProvisionedThroughputExceededException";
        outcome.message = "Rate exceeded for shard " + outcome.shard +
                          " in stream events under account 123456789012.";
        if (faults_.strikes(Fault::vague_throttling)) {
            struck(Fault::vague_throttling);
            outcome.message = "Rate exceeded";
        }
        if (speed_of(shard) == 0) struck(Fault::zero_shard);
        if (faults_.on(Fault::slow_shard) != nullptr) struck(Fault::slow_shard);
    } else if (faults_.strikes(Fault::record_refused)) {
        struck(Fault::record_refused);
        outcome.code = "KMSDisabledException";
        outcome.message = "The key is disabled";
    } else if (is_about_this_key(Fault::failing_key)) {
        struck(Fault::failing_key);
        outcome.code = "InternalFailure";
        outcome.message = "Internal service failure";
    } else if (faults_.strikes(Fault::record_error)) {
        struck(Fault::record_error);
        if (random_.chance(0.5)) store(request, record, shard, outcome.sequence_number);
        outcome.code = "InternalFailure";
        outcome.message = "Internal service failure";
    } else {
        store(request, record, shard, outcome.sequence_number);
    }
    return outcome;
}

KinesisModel::PutAnswer KinesisModel::put_records(SentRequest& request) {
    if (auto refused = refusal(request)) {
        trace_.line("kinesis: request %" PRIu64 " of producer %u refused: %s", request.number,
                    request.producer, refused->code.c_str());
        return *refused;
    }
    // Nobody promises an order within a request.
    std::vector<std::size_t> order(request.records.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random_.shuffle(order);
    std::vector<Outcome> outcomes(request.records.size());
    for (const std::size_t i : order) outcomes[i] = put(request, i);
    PutRecordsAnswer answer;
    std::size_t stored = 0;
    for (const Outcome& outcome : outcomes) {
        if (outcome.code.empty()) {
            ++stored;
            answer.add_stored(outcome.shard, outcome.sequence_number);
        } else {
            answer.add_failed(outcome.code, outcome.message);
        }
    }
    trace_.line("kinesis: request %" PRIu64 " of producer %u: %zu of %zu stored", request.number,
                request.producer, stored, outcomes.size());
    return answer;
}

std::vector<Shard> KinesisModel::listed() const {
    std::vector<Shard> all;
    for (const ModelShard& shard : open_) {
        all.push_back({.shard_id = shard_id(shard.number),
                       .starting_hash_key = event::to_decimal(shard.first),
                       .ending_hash_key = event::to_decimal(shard.last),
                       .parent_shard_id = {},
                       .adjacent_parent_shard_id = {},
                       .open = true});
    }
    return all;
}

void KinesisModel::remember_shards() {
    lists_.push_back(listed());
}

KinesisModel::ListAnswer KinesisModel::list_shards(std::uint32_t producer,
                                                   std::uint64_t credentials) {
    if (faults_.strikes(Fault::shards_denied, producer)) {
        return ServiceError{400, "AccessDeniedException", "not allowed: kinesis:ListShards"};
    }
    if (refuses_credentials(producer, credentials, faults_.strikes(Fault::credentials_expired)) ||
        faults_.strikes(Fault::credentials_gone)) {
        return ServiceError{400, "ExpiredTokenException", "The security token is expired"};
    }
    if (faults_.strikes(Fault::stream_deleted)) {
        return ServiceError{400, "ResourceNotFoundException", "Stream events not found."};
    }
    const bool has_older = lists_.size() > 1;
    if (has_older && faults_.strikes(Fault::shards_stale, producer)) {
        return lists_[random_.number() % (lists_.size() - 1)];
    }
    std::vector<Shard> list = lists_.back();
    if (has_older && faults_.strikes(Fault::shards_torn, producer)) {
        const std::vector<Shard>& older = lists_[lists_.size() - 2];
        const auto half = static_cast<std::ptrdiff_t>(std::min(older.size(), list.size()) / 2);
        std::copy(older.begin(), older.begin() + half, list.begin());
    }
    random_.shuffle(list);
    return list;
}

KinesisModel::DescribeAnswer KinesisModel::describe(std::uint32_t producer,
                                                    std::uint64_t credentials) {
    if (refuses_credentials(producer, credentials, false)) {
        return ServiceError{400, "ExpiredTokenException", "The security token is expired"};
    }
    if (faults_.strikes(Fault::limit_denied, producer)) {
        return ServiceError{400, "AccessDeniedException", "not allowed: DescribeStreamSummary"};
    }
    if (random_.chance(0.1)) return ServiceError{400, "LimitExceededException", "Rate exceeded"};
    StreamSummary summary;
    summary.max_record_bytes = plan_.stream.max_record_bytes;
    return summary;
}

void KinesisModel::split(std::uint32_t target) {
    const std::size_t place = target % open_.size();
    const ModelShard parent = open_[place];
    if (parent.last.high - parent.first.high < 2) return;
    const event::HashKey middle{parent.first.high + (parent.last.high - parent.first.high) / 2, 0};
    open_[place] = make_shard(parent.first, before(middle));
    open_.insert(open_.begin() + static_cast<std::ptrdiff_t>(place) + 1,
                 make_shard(middle, parent.last));
    trace_.line("kinesis: %s is split", shard_id(parent.number).c_str());
    remember_shards();
}

void KinesisModel::merge(std::uint32_t target) {
    if (open_.size() < 2) return;
    const std::size_t place = target % (open_.size() - 1);
    trace_.line("kinesis: %s and %s are merged", shard_id(open_[place].number).c_str(),
                shard_id(open_[place + 1].number).c_str());
    open_[place] = make_shard(open_[place].first, open_[place + 1].last);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    remember_shards();
}

void KinesisModel::erase_and_create_again() {
    trace_.line("kinesis: the stream is created anew");
    shards_made_ = 0;
    recreated_ = true;
    open_first_shards(static_cast<std::uint32_t>(random_.between(1, 6)));
}

}  // namespace lk::sim
