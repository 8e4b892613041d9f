#include "aws/canonical_request.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace lk::aws {
namespace {

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

void append_escaped(std::string& out, char c) {
    static constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 0xF];
}

std::string canonical_path(std::string_view path, bool normalize) {
    std::string resolved(path);
    if (normalize) {
        std::vector<std::string_view> kept;
        bool ends_in_slash = true;
        for (std::size_t at = 0; at < path.size();) {
            const std::size_t end = std::min(path.find('/', at), path.size());
            const std::string_view segment = path.substr(at, end - at);
            ends_in_slash = end < path.size() || segment == "." || segment == "..";
            if (segment == "..") {
                if (!kept.empty()) kept.pop_back();
            } else if (!segment.empty() && segment != ".") {
                kept.push_back(segment);
            }
            at = end + 1;
        }
        resolved.clear();
        for (const std::string_view segment : kept) resolved.append("/").append(segment);
        if (ends_in_slash) resolved += '/';
    }
    if (resolved.empty()) resolved = "/";
    std::string escaped;
    for (const char c : resolved) {
        if (is_unreserved(c) || c == '/') {
            escaped += c;
        } else {
            append_escaped(escaped, c);
        }
    }
    return escaped;
}

// What is escaped already stays so.
std::string escaped_once(std::string_view text) {
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape = text[i] == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) &&
                               is_hex_digit(text[i + 2]);
        if (is_unreserved(text[i]) || is_escape) {
            escaped += text[i];
        } else {
            append_escaped(escaped, text[i]);
        }
    }
    return escaped;
}

std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view parameter = query.substr(at, end - at);
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        if (!parameter.empty()) {
            parameters.emplace_back(
                escaped_once(parameter.substr(0, equals)),
                escaped_once(parameter.substr(std::min(equals + 1, parameter.size()))));
        }
        at = end + 1;
    }
    std::sort(parameters.begin(), parameters.end());
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (!text.empty()) text += '&';
        text.append(name).append("=").append(value);
    }
    return text;
}

std::string lower_case(std::string_view name) {
    std::string lower(name);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

// Without white space at either end; within, each run of it is one space.
void append_trimmed(std::string& out, std::string_view value) {
    bool gap = false;
    bool begun = false;
    for (const char c : value) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            gap = begun;
            continue;
        }
        if (gap) out += ' ';
        out += c;
        gap = false;
        begun = true;
    }
}

}  // namespace

CanonicalRequest canonical_request(const RequestToSign& request, bool normalize_path) {
    std::vector<std::pair<std::string, std::string_view>> headers;
    headers.reserve(request.headers.size());
    for (const Header& header : request.headers) {
        headers.emplace_back(lower_case(header.name), header.value);
    }
    // Headers of one name keep their order.
    std::stable_sort(headers.begin(), headers.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });

    CanonicalRequest canonical;
    std::string& text = canonical.text;
    // So that it is never moved: a session token in memory given back would stay there.
    std::size_t values = 0;
    for (const Header& header : request.headers) values += header.name.size() + header.value.size();
    text.reserve(1024 + 2 * request.path.size() + 3 * request.query.size() + 2 * values);
    text.append(request.method).append("\n");
    text.append(canonical_path(request.path, normalize_path)).append("\n");
    text.append(canonical_query(request.query)).append("\n");
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const auto& [name, value] = headers[i];
        if (i > 0 && headers[i - 1].first == name) {
            text.back() = ',';
        } else {
            text.append(name).append(":");
            if (i > 0) canonical.signed_headers += ';';
            canonical.signed_headers += name;
        }
        append_trimmed(text, value);
        text += '\n';
    }
    text.append("\n").append(canonical.signed_headers).append("\n");
    text.append(hex(request.body_hash));
    return canonical;
}

}  // namespace lk::aws
