#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <lk/expected.hpp>

#include "local/operations/refusal.hpp"

namespace lk::local {

/// Iterators and paging tokens live this long, in milliseconds.
inline constexpr std::int64_t token_life_ms = 300'000;

/// What a client hands back to us: where a listing or a reader goes on. Stands alone: nothing about
/// it is kept on the server, so it also outlives a restart.
struct Token {
    enum class Kind { shard_iterator, shard_list, stream_list };

    Kind kind = Kind::shard_iterator;
    std::int64_t issued_ms = 0;
    std::string stream = {};
    /// Tells a stream from an earlier one of that name.
    std::int64_t stream_created_ms = 0;
    int shard = 0;
    /// Of an iterator: in the shard. Of a list of shards: from when and until when they were open.
    std::int64_t position = 0;
    std::int64_t until_ms = 0;
};

/// Opaque: base64, at most 512 characters.
[[nodiscard]] std::string write_token(const Token& token);

/// Nothing unless it is a token of that kind.
[[nodiscard]] std::optional<Token> read_token(Token::Kind kind, std::string_view text);

/// The same for a NextToken: a Refusal also when it is too old.
[[nodiscard]] Expected<Token, Refusal> read_live_token(Token::Kind kind, std::string_view text,
                                                       std::int64_t now_ms);

}  // namespace lk::local
