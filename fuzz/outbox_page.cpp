// What a row of the outbox's file may hold. Its checksum is made to fit, so that what comes after
// it is reached: whoever can write the file can do so, too.
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

void try_body(std::string_view bytes) {
    const std::string row = with_checksum(checksum(bytes), bytes);
    const auto page = read_page_body(row);
    if (!page) return;
    must(!page->records.empty(), "a page has records");
    std::string again;
    write_page_body(again, page->facts, page->records);
    must(again == row, "a page is written the same again");
    must(page_body_bytes(page->facts.stream, page->records) == row.size(), "its size is known");
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
