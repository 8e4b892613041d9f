#include <algorithm>
#include <map>

#include "sim/checks.hpp"

// How often something is sent: retries, their share, and the cap on a shard.
namespace lk::sim {

using namespace std::chrono_literals;

void Checks::check_retry_share(ProducerHistory& producer, bool has_retries) {
    auto& requests = producer.requests;
    ++producer.requests_sent;
    requests.push_back({time_.now(), has_retries});
    producer.retries += has_retries ? 1U : 0U;
    while (requests.front().when <= time_.now() - 10s) {
        producer.retries -= requests.front().has_retries ? 1U : 0U;
        requests.pop_front();
    }
    if (has_retries && producer.retries > 10 && producer.retries * 5 > requests.size()) {
        complain("retry_share", std::to_string(producer.retries) + " of " +
                                    std::to_string(requests.size()) +
                                    " requests within 10 s carry what was sent before");
    }
}

// Exponential back-off up to 10 s with full jitter: seven attempts within some six seconds, then
// one in five on average. What is halved comes again without any.
void Checks::check_attempts(EventNumber event) {
    const EventHistory& one = events_[event];
    const double age = std::chrono::duration<double>(time_.now() - one.accepted_at).count();
    const double most = (has_invalid_ ? 22 : 12) + age / 2;
    if (one.attempts > most) {
        complain("attempts", name(event) + " was sent " + std::to_string(one.attempts) +
                                 " times within " + std::to_string(age) + " s");
    }
}

// Whether lists fail or prove wrong, there are two a second at first, on average, and then one in
// five seconds.
void Checks::shards_asked(std::uint32_t producer) {
    constexpr std::size_t most = 15;
    std::deque<TimePoint>& asked = producers_[producer].shards_asked;
    asked.push_back(time_.now());
    while (asked.front() <= time_.now() - 10s) asked.pop_front();
    if (asked.size() > most) {
        complain("lists",
                 "ListShards is asked " + std::to_string(asked.size()) + " times within 10 s");
    }
}

namespace {

double cost_of(std::size_t bytes) {
    return std::max(1.0 / 1000, static_cast<double>(bytes) / (1024.0 * 1024.0));
}

// What a request asks of one shard.
struct Asked {
    double cost = 0;
    double largest = 0;
    double second = 0;  // the next largest record
    // Of this what goes where others of its hash key have landed.
    double own_cost = 0;
    double own_largest = 0;

    void add(double record, bool has_landed) {
        cost += record;
        second = std::max(second, std::min(largest, record));
        largest = std::max(largest, record);
        if (!has_landed) return;
        own_cost += record;
        own_largest = std::max(own_largest, record);
    }
};

// What frames an aggregate is not counted.
double cost_of(const SentRecord& record) {
    const std::size_t frame = record.aggregated ? std::min<std::size_t>(record.bytes, 100) : 0;
    return cost_of(record.bytes - frame);
}

constexpr double rounding = 1e-6;

}  // namespace

// A second's worth may go at once; a record may be begun while there is anything left. Which of a
// request was begun last cannot be seen: they stand in it in no order of time. Where it was not
// known which shards there are, what is sent without knowing has a cap of its own, and either may
// have begun a record; but what answers have shown to have gone to a shard is that shard's to pay.
void Checks::check_cap(std::uint32_t producer, const SentRequest& request, TimePoint local_now) {
    const double highest = plan_.producers[producer].highest_rate;
    if (highest == 0 || is_resharded_) return;
    ProducerHistory& its = producers_[producer];
    const bool knows = its.shards_told.has_value();
    const double usual = highest * (knows ? 1 : 2);
    std::map<event::HashKey, Asked> shards;
    for (const SentRecord& record : request.records) {
        const event::HashKeyRange range = kinesis_.shard_range(record.hash);
        // What is refused takes nothing of it.
        const bool throttles = std::any_of(
            its.throttled.begin(), its.throttled.end(),
            [&](const ThrottledShard& shard) { return shard.range.contains(record.hash); });
        if (throttles || its.touched) continue;
        shards[range.first].add(cost_of(record), its.landed.contains(record.hash));
    }
    for (const auto& [first_hash_key, asked] : shards) {
        CapAccount& account =
            its.caps.try_emplace(first_hash_key, CapAccount{usual, usual, local_now}).first->second;
        account.fill(local_now);
        account.tokens -= asked.cost;
        const bool of_two = account.cap > highest;
        const double begun =
            asked.largest + (of_two ? std::max(asked.second, account.owed_before) : 0);
        account.owed_before = std::max(account.owed_before, asked.largest);

        CapAccount& own =
            its.own_caps.try_emplace(first_hash_key, CapAccount{highest, highest, local_now})
                .first->second;
        own.fill(local_now);
        own.tokens -= asked.own_cost;
        const bool owes = asked.own_cost > 0 && own.tokens + asked.own_largest < -rounding;
        if (account.tokens + begun < -rounding || owes) {
            complain("cap", "a shard is sent more than max_rate_per_shard allows");
            return;
        }
    }
}

// The shard's own account pays for it, at the latest now.
void Checks::landed(std::uint32_t producer, const SentRecord& record, Duration under_way,
                    TimePoint local_now) {
    const double highest = plan_.producers[producer].highest_rate;
    ProducerHistory& its = producers_[producer];
    if (highest == 0 || is_resharded_ || its.shards_told) return;
    if (!its.landed.insert(record.hash).second) return;
    CapAccount& own = its.own_caps
                          .try_emplace(kinesis_.shard_range(record.hash).first,
                                       CapAccount{highest, highest, local_now})
                          .first->second;
    own.fill(local_now);
    // What it pays back meanwhile if it paid when the record was sent.
    const double seconds = std::chrono::duration<double>(under_way).count();
    own.tokens = std::min(highest, own.tokens - cost_of(record) + highest * seconds);
}

}  // namespace lk::sim
