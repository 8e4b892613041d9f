#include "wire/error_answer.hpp"

#include <optional>

#include "wire/document.hpp"
#include "wire/error_answer_xml.hpp"
#include "wire/printable.hpp"
#include "wire/utf8.hpp"

namespace lk::wire {
namespace {

constexpr std::string_view white_space = " \t\r\n";

// An answer may be the error of 500 records, each of which keeps its own copy.
std::string within_limit(std::string_view text) {
    constexpr std::size_t most_bytes = 4096;
    const auto is_continuation = [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80;
    };
    std::string out = replace_invalid_utf8(text);
    if (out.size() <= most_bytes) return out;
    std::size_t end = most_bytes;
    while (is_continuation(out[end])) --end;
    out.resize(end);
    return out;
}

std::string_view text_member(const Document& message, const char* name) {
    const auto found = message.find(name);
    if (found == message.end() || !found->is_string()) return {};
    return found->get_ref<const std::string&>();
}

// "com.amazonaws.kinesis#Code:http://…" is a Code too: see the error serialisation of Smithy's
// awsJson1_1 protocol.
std::string_view bare_code(std::string_view type) {
    type = type.substr(0, type.find(':'));
    const auto hash = type.rfind('#');
    return hash == type.npos ? type : type.substr(hash + 1);
}

std::optional<ErrorAnswer> read_message(Encoding encoding, std::string_view bytes) {
    // It has three members or four; what is no error of Kinesis's may be anything.
    constexpr std::size_t most_values = 1000;
    const auto message = parse(encoding, bytes, most_values);
    if (!message || !message->is_object()) return std::nullopt;
    ErrorAnswer answer{.code = std::string(bare_code(text_member(*message, "__type"))),
                       .message = std::string(text_member(*message, "message"))};
    if (answer.message.empty()) answer.message = text_member(*message, "Message");
    if (answer.code.empty() && answer.message.empty()) return std::nullopt;
    return answer;
}

}  // namespace

ErrorAnswer read_error_answer(std::string_view bytes) {
    const auto begin = bytes.find_first_not_of(white_space);
    if (begin == bytes.npos) return {};
    const std::string_view trimmed = bytes.substr(begin);

    std::optional<ErrorAnswer> answer;
    // A CBOR map's first byte is A0 to BF, which no text in UTF-8 begins with.
    constexpr unsigned map_bits = 0xA0;
    if ((static_cast<unsigned char>(bytes.front()) & 0xE0U) == map_bits) {
        answer = read_message(Encoding::cbor, bytes);
    } else if (trimmed.front() == '{') {
        answer = read_message(Encoding::json, trimmed);
    } else if (trimmed.front() == '<') {
        answer = read_error_xml(trimmed);
    }
    if (!answer) return {.code = {}, .message = printable_beginning(bytes, 200)};
    return {.code = within_limit(answer->code), .message = within_limit(answer->message)};
}

std::string write_error_answer(Encoding encoding, const ErrorAnswer& error) {
    Document message{{"__type", error.code}};
    // Kinesis leaves out what it has nothing to say in.
    if (!error.message.empty()) message["message"] = error.message;
    return serialize(encoding, message);
}

}  // namespace lk::wire
