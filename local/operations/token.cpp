#include "local/operations/token.hpp"

#include <charconv>
#include <vector>

#include "local/dates.hpp"
#include "wire/base64.hpp"

namespace lk::local {

namespace {

constexpr std::size_t max_token_characters = 512;

// The first field also says the form, should it ever change.
constexpr std::string_view name_of(Token::Kind kind) {
    switch (kind) {
        case Token::Kind::shard_iterator: return "iterator2";
        case Token::Kind::shard_list: return "shards2";
        case Token::Kind::stream_list: return "streams2";
    }
    return {};
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::size_t slash = text.find('/'); slash != text.npos; slash = text.find('/')) {
        fields.push_back(text.substr(0, slash));
        text.remove_prefix(slash + 1);
    }
    fields.push_back(text);
    return fields;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stopped == end && number >= 0;
}

}  // namespace

std::string write_token(const Token& token) {
    // No stream's name has a slash.
    std::string fields(name_of(token.kind));
    fields += '/' + std::to_string(token.issued_ms) + '/' + token.stream + '/' +
              std::to_string(token.stream_created_ms) + '/' + std::to_string(token.shard) + '/' +
              std::to_string(token.position) + '/' + std::to_string(token.until_ms);
    std::string text;
    wire::append_base64(text, fields);
    return text;
}

std::optional<Token> read_token(Token::Kind kind, std::string_view text) {
    if (text.size() > max_token_characters) return std::nullopt;
    const auto fields = wire::decode_base64(text);
    if (!fields) return std::nullopt;
    const std::vector<std::string_view> parts = split(*fields);
    Token token{.kind = kind};
    if (parts.size() != 7 || parts[0] != name_of(kind) || !read_number(parts[1], token.issued_ms) ||
        !read_number(parts[3], token.stream_created_ms) || !read_number(parts[4], token.shard) ||
        !read_number(parts[5], token.position) || !read_number(parts[6], token.until_ms)) {
        return std::nullopt;
    }
    token.stream = parts[2];
    return token;
}

Expected<Token, Refusal> read_live_token(Token::Kind kind, std::string_view text,
                                         std::int64_t now_ms) {
    auto token = read_token(kind, text);
    if (!token) return invalid_argument("NextToken is invalid.");
    if (now_ms - token->issued_ms > token_life_ms) {
        return Refusal{"ExpiredNextTokenException",
                       "NextToken expired. It was issued at " + message_date(token->issued_ms) +
                           " while right now it is " + message_date(now_ms) +
                           ", which is more than 300 seconds later; list from the beginning."};
    }
    return *std::move(token);
}

}  // namespace lk::local
