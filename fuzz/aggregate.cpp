// A record as a consumer reads it: perhaps an aggregate.
#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "must.hpp"
#include "wire/aggregate_format.hpp"
#include "wire/aggregate_reader.hpp"

namespace {

using lk::fuzz::must;

bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

void try_record(lk::wire::AggregateReader& reader, std::string_view record) {
    if (!reader.read(record)) return;
    for (const lk::wire::UserRecord& one : reader.records()) {
        must(lies_in(one.data, record) && lies_in(one.partition_key, record) &&
                 (!one.explicit_hash_key || lies_in(*one.explicit_hash_key, record)),
             "a user record lies in its aggregate");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static lk::wire::AggregateReader reader;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try_record(reader, bytes);
    // Nobody guesses a digest: so the bytes are a message, too, with one that fits.
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_bytes = 0;
    must(EVP_Digest(data, size, digest, &digest_bytes, EVP_md5(), nullptr) == 1, "there is MD5");
    std::string whole("\xF3\x89\x9A\xC2", 4);
    whole.append(bytes).append(reinterpret_cast<const char*>(digest), digest_bytes);
    try_record(reader, whole);
    return 0;
}
