#include "wire/test_aggregates.hpp"

#include "base/md5.hpp"
#include "wire/aggregate_seals.hpp"

namespace lk::wire::test {

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value > 127; value /= 128) bytes += static_cast<char>(value % 128 + 128);
    return bytes + static_cast<char>(value);
}

std::string number(unsigned field, std::uint64_t value) {
    return varint(field * 8) + varint(value);
}

std::string text(unsigned field, std::string_view bytes) {
    return varint(field * 8 + 2) + varint(bytes.size()) + std::string(bytes);
}

std::string aggregate(std::string_view message) {
    const std::array<char, 16> digest = md5(message);
    return "\xF3\x89\x9A\xC2" + std::string(message) + std::string(digest.begin(), digest.end());
}

std::string sealed(AggregateWriter& writer) {
    std::string aggregate(writer.finish());
    AggregateSeals seals;
    seals.add(aggregate);
    seals.finish();
    return aggregate;
}

std::vector<Kept> kept(const AggregateReader& reader) {
    std::vector<Kept> copied;
    for (const UserRecord& record : reader.records()) {
        Kept& one = copied.emplace_back();
        one.partition_key = record.partition_key;
        if (record.explicit_hash_key) one.explicit_hash_key = *record.explicit_hash_key;
        one.data = record.data;
    }
    return copied;
}

}  // namespace lk::wire::test
