#include "pipeline/input_checks.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/counted.hpp"
#include "event/hash_key.hpp"
#include "event/identity.hpp"
#include "event/json_text.hpp"
#include "pipeline/core.hpp"

namespace lk::pipeline {
namespace {

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html
constexpr std::size_t longest_partition_key = 256;
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
constexpr std::size_t longest_stream_name = 128;

Error bad_input(std::string message) {
    return {ErrorCode::bad_input, std::move(message), false, 0};
}

// A value as an error shows it: whole when it is short.
std::string shown(std::string_view value) {
    constexpr std::size_t most = 60;
    std::string text = "\"";
    for (const char c : value.substr(0, most)) text += (c >= 0x20 && c < 0x7F) ? c : '?';
    return text + (value.size() > most ? "…\"" : "\"");
}

Error not_utf8(std::string_view field, std::string_view text) {
    return bad_input(std::string(field) + " (" + counted(text.size(), "byte", "bytes") + ", " +
                     shown(text) + ") is not valid UTF-8: encode it as UTF-8");
}

bool is_stream_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_stream_name &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '.' || c == '-';
           });
}

// arn:aws*:kinesis:REGION:ACCOUNT:stream/NAME
bool is_stream_arn(std::string_view arn) {
    std::string_view parts[5];
    for (std::string_view& part : parts) {
        const std::size_t colon = arn.find(':');
        if (colon == std::string_view::npos) return false;
        part = arn.substr(0, colon);
        arn.remove_prefix(colon + 1);
    }
    const std::string_view account = parts[4];
    constexpr std::string_view resource = "stream/";
    return parts[0] == "arn" && parts[1].starts_with("aws") && parts[2] == "kinesis" &&
           !parts[3].empty() && account.size() == 12 &&
           account.find_first_not_of("0123456789") == std::string_view::npos &&
           arn.starts_with(resource) && is_stream_name(arn.substr(resource.size()));
}

}  // namespace

std::optional<Error> check_text(std::string_view field, std::string_view text) {
    if (event::is_utf8(text)) return std::nullopt;
    return not_utf8(field, text);
}

std::optional<Error> check_partition_key(std::string_view key) {
    if (auto error = check_text("partition_key", key)) return error;
    if (key.size() <= longest_partition_key) return std::nullopt;
    const std::size_t characters = event::code_points(key);
    if (characters <= longest_partition_key) return std::nullopt;
    return bad_input("partition_key is " + std::to_string(characters) +
                     " characters long; Kinesis takes 1 to 256: shorten it, or hash it");
}

std::optional<Error> check_explicit_hash_key(std::string_view decimal) {
    if (decimal.empty() || event::parse_hash_key(decimal)) return std::nullopt;
    return bad_input("explicit_hash_key " + shown(decimal) +
                     " is not a decimal number from 0 to 2^128-1 without leading zeros");
}

std::optional<Error> check_timestamp(std::int64_t epoch_ms) {
    if (epoch_ms >= event::min_timestamp_ms && epoch_ms <= event::max_timestamp_ms) {
        return std::nullopt;
    }
    return bad_input("timestamp " + std::to_string(epoch_ms) +
                     " ms since the epoch is outside the years 0000 to 9999");
}

std::optional<Error> check_record_bytes(std::size_t bytes) {
    if (bytes <= highest_record_limit) return std::nullopt;
    return Error{ErrorCode::too_large,
                 "the record has " + std::to_string(bytes) +
                     " bytes (data and partition key); Kinesis takes 10485760 (10 MiB) at most: "
                     "make the data smaller, or store it elsewhere and send where",
                 false, 0};
}

std::optional<Error> check_fields(const detail::EventFields& fields) {
    const std::pair<std::string_view, std::string_view> texts[] = {
        {"type", fields.type},
        {"source_user_id", fields.source_user_id},
        {"id", fields.id},
        {"timestamp", fields.timestamp_text},
        {"producer_id", fields.producer_id}};
    for (const auto& [field, text] : texts) {
        // Most are absent.
        if (!text.empty() && !event::is_utf8(text)) return not_utf8(field, text);
    }
    if (!fields.partition_key.empty()) {
        if (auto error = check_partition_key(fields.partition_key)) return error;
    }
    if (!fields.explicit_hash_key.empty()) {
        if (auto error = check_explicit_hash_key(fields.explicit_hash_key)) return error;
    }
    if (fields.has_timestamp) return check_timestamp(fields.timestamp_ms);
    return std::nullopt;
}

std::optional<Error> check_stream(std::string_view stream) {
    if (is_stream_name(stream) || is_stream_arn(stream)) return std::nullopt;
    const std::string said = stream.empty() ? "is empty" : shown(stream) + " is malformed";
    return Error{ErrorCode::bad_option,
                 "kinesis_stream " + said +
                     ": give the stream's name (1 to 128 of a-z A-Z 0-9 _ . -) or its ARN "
                     "(arn:aws:kinesis:REGION:ACCOUNT:stream/NAME)",
                 false, 0};
}

}  // namespace lk::pipeline
