#include "credentials/url_text.hpp"

namespace lk::credentials {
namespace {

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

}  // namespace

WipedText url_text(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    WipedText out;
    out.reserve(3 * text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

}  // namespace lk::credentials
