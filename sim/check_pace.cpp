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

namespace {

double cost_of(std::size_t bytes) {
    return std::max(1.0 / 1000, static_cast<double>(bytes) / (1024.0 * 1024.0));
}

// What a request asks of one shard.
struct Asked {
    double cost = 0;
    double largest_record = 0;
};

}  // namespace

// A second's worth may go at once; a record may be begun while there is anything left. Which of a
// request was begun last cannot be seen: they stand in it in no order of time. Where it was not
// known which shards there are, what is sent without knowing has a cap of its own, of which a
// record may have been begun before.
void Checks::check_cap(std::uint32_t producer, const SentRequest& request, TimePoint local_now) {
    if (plan_.producers[producer].highest_rate == 0 || is_resharded_) return;
    const bool knows = producers_[producer].shards_told.has_value();
    const double usual = plan_.producers[producer].highest_rate * (knows ? 1 : 2);
    std::map<event::HashKey, Asked> shards;
    for (const SentRecord& record : request.records) {
        const event::HashKeyRange range = kinesis_.shard_range(record.hash);
        // What is refused takes nothing of it.
        const auto& throttled = producers_[producer].throttled;
        const bool throttles = std::any_of(
            throttled.begin(), throttled.end(),
            [&](const ThrottledShard& shard) { return shard.range.contains(record.hash); });
        if (throttles || producers_[producer].touched) continue;
        Asked& asked = shards[range.first];
        // What frames an aggregate is not counted.
        const std::size_t frame = record.aggregated ? std::min<std::size_t>(record.bytes, 100) : 0;
        const double cost = cost_of(record.bytes - frame);
        asked.cost += cost;
        asked.largest_record = std::max(asked.largest_record, cost);
    }
    for (const auto& [first_hash_key, asked] : shards) {
        CapAccount& account =
            producers_[producer]
                .caps.try_emplace(first_hash_key, CapAccount{usual, usual, local_now, !knows})
                .first->second;
        const double seconds = std::chrono::duration<double>(local_now - account.at).count();
        account.tokens = std::min(account.cap, account.tokens + account.cap * seconds) - asked.cost;
        account.at = local_now;
        const double begun = asked.largest_record + (account.of_two ? account.largest_before : 0);
        account.largest_before = std::max(account.largest_before, asked.largest_record);
        if (account.tokens + begun < -1e-6) {
            complain("cap", "a shard is sent more than max_rate_per_shard allows");
            return;
        }
    }
}

}  // namespace lk::sim
