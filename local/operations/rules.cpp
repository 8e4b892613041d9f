#include "local/operations/rules.hpp"

#include <algorithm>
#include <charconv>

namespace lk::local {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               c == '.' || c == '-';
    });
}

// 0|([1-9]\d{0,more})
bool is_decimal(std::string_view text, std::size_t more) {
    if (text == "0") return true;
    return !text.empty() && text.size() <= 1 + more && text.front() != '0' &&
           std::ranges::all_of(text, is_digit);
}

bool is_hash_key(std::string_view text) {
    return is_decimal(text, 38);
}
bool is_sequence_number(std::string_view text) {
    return is_decimal(text, 128);
}

bool is_arn(std::string_view text) {
    return !name_in_arn(text).empty();
}

TextRule arn_rule() {
    return {.min_characters = 1,
            .max_characters = 2048,
            .pattern = "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
            .matches = is_arn};
}

}  // namespace

// arn:aws*:kinesis:region:account:stream/name
std::string_view name_in_arn(std::string_view arn) noexcept {
    const auto take_field = [&] {
        const auto colon = std::ranges::find(arn, ':');
        const std::string_view field(arn.begin(), colon);
        arn = colon == arn.end() ? std::string_view() : std::string_view(colon + 1, arn.end());
        return field;
    };
    const std::string_view arn_word = take_field();
    const std::string_view partition = take_field();
    const std::string_view service = take_field();
    take_field();
    const std::string_view owner = take_field();
    constexpr std::string_view resource = "stream/";
    if (arn_word != "arn" || !partition.starts_with("aws") || service != "kinesis" ||
        owner.size() != account.size() || !std::ranges::all_of(owner, is_digit) ||
        !arn.starts_with(resource) || !is_name(arn.substr(resource.size()))) {
        return {};
    }
    return arn.substr(resource.size());
}

TextRule name_rule() {
    return {.min_characters = 1,
            .max_characters = 128,
            .pattern = "[a-zA-Z0-9_.-]+",
            .matches = is_name};
}

TextRule required(TextRule rule) {
    rule.required = true;
    return rule;
}

TextRule partition_key_rule() {
    return {.required = true, .min_characters = 1, .max_characters = max_partition_key_characters};
}

TextRule hash_key_rule() {
    return {.pattern = "0|([1-9]\\d{0,38})", .matches = is_hash_key};
}

TextRule sequence_number_rule() {
    return {.pattern = "0|([1-9]\\d{0,128})", .matches = is_sequence_number};
}

TextRule next_token_rule() {
    return {.min_characters = 1, .max_characters = 1048576};
}

std::optional<std::string_view> read_optional_stream_name(const Members& members) {
    const auto name = members.text("StreamName", name_rule());
    const auto arn = members.text("StreamARN", arn_rule());
    if (!arn) return name;
    const std::string_view in_arn = name_in_arn(*arn);
    if (name && !in_arn.empty() && in_arn != *name) {
        members.problems().invalid(members.path_to("StreamARN"), *arn,
                                   "Member must name the same stream as streamName");
    }
    return in_arn;
}

std::optional<std::string_view> read_stream_name(const Members& members) {
    const auto name = read_optional_stream_name(members);
    if (!name) members.problems().missing(members.path_to("StreamName"));
    return name;
}

std::optional<int> parse_shard_id(std::string_view text) noexcept {
    constexpr std::string_view prefix = "shardId-";
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    int number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end || number < 0) return std::nullopt;
    return number;
}

Shard* find_shard(const Stream& stream, std::string_view id) noexcept {
    const auto number = parse_shard_id(id);
    return number ? stream.shard(*number) : nullptr;
}

}  // namespace lk::local
