#include "local/store/stream.hpp"

#include <algorithm>

#include "local/store/sequence_number.hpp"

namespace lk::local {

namespace {

__extension__ typedef unsigned __int128 Wide;

event::HashKey narrow(Wide number) {
    return {static_cast<std::uint64_t>(number >> 64), static_cast<std::uint64_t>(number)};
}

/// floor(2^128 / shards), of two shards or more.
Wide hash_keys_per_shard(int shards) {
    const Wide divisor = static_cast<unsigned>(shards);
    const Wide all_but_one = ~Wide{0};
    return all_but_one / divisor + (all_but_one % divisor + 1 == divisor ? 1 : 0);
}

}  // namespace

std::string shard_id(int number) {
    const std::string digits = std::to_string(number);
    return "shardId-" + std::string(12 - std::min<std::size_t>(12, digits.size()), '0') + digits;
}

std::string Shard::sequence_number(std::int64_t position) const {
    std::string text(sequence_number_digits, '0');
    write_sequence_number(text.data(), position);
    return text;
}

void Shard::write_sequence_number(char* out, std::int64_t position) const noexcept {
    sequence_prefix.copy(out, sequence_prefix.size());
    write_position(out + sequence_prefix.size(), position);
}

Stream::Stream(StreamFacts facts) : facts_(std::move(facts)) {
    const Wide width = facts_.shards > 1 ? hash_keys_per_shard(facts_.shards) : 0;
    for (int number = 0; number < facts_.shards; ++number) {
        auto shard = std::make_unique<Shard>();
        const auto index = static_cast<unsigned>(number);
        const bool last = number + 1 == facts_.shards;
        shard->number = number;
        shard->id = shard_id(number);
        shard->first_hash_key = narrow(width * index);
        shard->last_hash_key = narrow(last ? ~Wide{0} : width * (index + 1) - 1);
        shard->sequence_prefix = sequence_number_prefix(facts_.created_ms, number);
        first_hash_keys_.push_back(shard->first_hash_key);
        shards_.push_back(std::move(shard));
    }
}

Shard& Stream::shard_of(event::HashKey key) const {
    const auto after = std::ranges::upper_bound(first_hash_keys_, key);
    return *shards_[static_cast<std::size_t>(after - first_hash_keys_.begin()) - 1];
}

Shard* Stream::shard(std::int64_t number) const noexcept {
    if (number < 0 || number >= facts_.shards) return nullptr;
    return shards_[static_cast<std::size_t>(number)].get();
}

}  // namespace lk::local
