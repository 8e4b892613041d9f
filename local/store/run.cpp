#include "local/store/run.hpp"

#include <cstdint>

namespace lk::local {

namespace {

void append_length(std::string& run, std::size_t length) {
    const auto number = static_cast<std::uint32_t>(length);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        run += static_cast<char>(static_cast<std::uint8_t>(number >> shift));
    }
}

std::size_t length_at(std::string_view run, std::size_t at) noexcept {
    std::size_t length = 0;
    for (unsigned byte = 0; byte < 4; ++byte) {
        length |= std::size_t{static_cast<std::uint8_t>(run[at + byte])} << (8 * byte);
    }
    return length;
}

}  // namespace

void append_to_run(std::string& run, std::string_view key, std::string_view data) {
    append_length(run, key.size());
    append_length(run, data.size());
    run += key;
    run += data;
}

bool take_from_run(std::string_view& run, RunRecord& record) noexcept {
    if (run.size() < run_bytes(0, 0)) return false;
    const std::size_t key = length_at(run, 0);
    const std::size_t data = length_at(run, 4);
    if (run.size() < run_bytes(key, data)) return false;
    record.partition_key = run.substr(run_bytes(0, 0), key);
    record.data = run.substr(run_bytes(key, 0), data);
    run.remove_prefix(run_bytes(key, data));
    return true;
}

}  // namespace lk::local
