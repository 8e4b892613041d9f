#pragma once

#include <string>
#include <string_view>

#include "wire/encoding.hpp"

namespace lk::wire {

/// What an error answer says. `code` without its "namespace#" prefix; empty when there is none.
struct ErrorAnswer {
    std::string code;
    std::string message;
};

/// Reads `{"__type": …, "message"|"Message": …}` in JSON or CBOR, or the small XML
/// (`<Error><Code>…</Code><Message>…</Message></Error>`, at any depth, or
/// `<UnknownOperationException/>`) that a broken target or signature is answered with, whichever
/// the bytes are; of anything else the first 200 printable characters as message. Both texts are
/// UTF-8 and at most 4 KiB.
[[nodiscard]] ErrorAnswer read_error_answer(std::string_view bytes);

[[nodiscard]] std::string write_error_answer(Encoding encoding, const ErrorAnswer& error);

}  // namespace lk::wire
