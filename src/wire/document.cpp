#include "wire/document.hpp"

#include "wire/cbor_document.hpp"
#include "wire/json_document.hpp"

namespace lk::wire {

std::string_view content_type(Encoding encoding) noexcept {
    return encoding == Encoding::cbor ? "application/x-amz-cbor-1.1" : "application/x-amz-json-1.1";
}

Expected<Document, std::string> parse(Encoding encoding, std::string_view bytes,
                                      std::size_t most_values) {
    return encoding == Encoding::cbor ? parse_cbor(bytes, most_values)
                                      : parse_json(bytes, most_values);
}

std::string serialize(Encoding encoding, const Document& message) {
    return encoding == Encoding::cbor ? write_cbor(message) : write_json(message);
}

}  // namespace lk::wire
