// What a row of the outbox's file may hold. Its checksum is made to fit, so that what comes after
// it is reached: whoever can write the file can do so, too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "must.hpp"
#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"
#include "outbox/page_body.hpp"
#include "outbox/page_state.hpp"
#include "outbox/tally.hpp"

namespace {

using lk::fuzz::must;
using namespace lk::outbox;

std::string with_checksum(std::uint64_t sum, std::string_view bytes) {
    std::string row;
    append_number(row, sum);
    row += bytes;
    return row;
}

bool same(const PageFacts& one, const PageFacts& other) {
    return one.id == other.id && one.kept_at_ms == other.kept_at_ms && one.stream == other.stream &&
           one.fingerprint_seed == other.fingerprint_seed;
}

bool same(const KeptRecord& one, const KeptRecord& other) {
    return one.cbor == other.cbor && one.data_bytes == other.data_bytes &&
           one.key_bytes == other.key_bytes && one.hash_key_bytes == other.hash_key_bytes &&
           one.is_envelope == other.is_envelope && one.fingerprint == other.fingerprint;
}

void try_body(std::string_view bytes) {
    const std::string row = with_checksum(checksum(bytes), bytes);
    const auto page = read_page_body(row);
    if (!page) return;
    must(row.size() >= least_page_body_bytes, "no body is shorter");
    must(!page->records.empty(), "a page has records");
    PageBodyWriter writer;
    const std::string written(writer.write(page->facts, page->records));
    const auto again = read_page_body(written);
    must(again && same(again->facts, page->facts), "a page is read as it was written");
    must(std::ranges::equal(again->records, page->records,
                            [](const auto& one, const auto& other) { return same(one, other); }),
         "its records are");
}

void try_state(std::string_view bytes) {
    constexpr std::int64_t stream = 3;
    constexpr PageId id = 77;
    std::string key;
    append_number(key, checksum(bytes));
    append_number(key, stream);
    append_number(key, id);
    const std::string row = with_checksum(checksum(key), bytes);
    const auto state = PageState::read(row, stream, id);
    if (!state) return;
    must(!PageState::read(row, stream, id + 1), "a row is of one page");
    must(state->unsettled() <= state->records(), "no more is left than there is");
    must(state->fingerprints().size() == state->unsettled(), "each has a fingerprint");
    std::string again;
    state->write(again, stream, id);
    const auto read = PageState::read(again, stream, id);
    must(read && read->settled() == state->settled(), "what is settled stays so");
    must(read->fingerprints() == state->fingerprints(), "fingerprints stay");
}

void try_tally(std::string_view bytes) {
    const std::string row = with_checksum(checksum(bytes), bytes);
    const auto tally = Tally::read(row);
    if (!tally) return;
    std::string again;
    tally->write(again);
    must(again == row, "a tally is written the same again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try_body(bytes);
    try_state(bytes);
    try_tally(bytes);
    (void)read_page_body(bytes);
    return 0;
}
