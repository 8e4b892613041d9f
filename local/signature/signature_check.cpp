#include "local/signature/signature_check.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "aws/http_date.hpp"
#include "aws/sigv4.hpp"
#include "base/wiped_text.hpp"
#include "local/concat.hpp"
#include "local/signature/authorization.hpp"

namespace lk::local {

namespace {

// The clock's own unit would end in 2262.
using Seconds = std::chrono::sys_seconds;

constexpr auto window = std::chrono::minutes(5);

Refusal invalid_signature(std::string message) {
    return {"InvalidSignatureException", std::move(message)};
}

bool is_name(std::string_view name, std::string_view lower_case) {
    return std::ranges::equal(name, lower_case, [](char one, char other) {
        return (one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) == other;
    });
}

std::string_view header(const SignedRequest& request, std::string_view lower_case) {
    for (const aws::Header& one : request.headers) {
        if (is_name(one.name, lower_case)) return one.value;
    }
    return {};
}

/// "20261125T233142Z".
std::optional<Seconds> parse_amz_date(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = -1;
        const char* const end = text.data() + at + digits;
        const auto [stopped, error] = std::from_chars(text.data() + at, end, value);
        return error == std::errc() && stopped == end && text[at] != '-' ? value : -1;
    };
    const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                          std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                          std::chrono::day(static_cast<unsigned>(number(6, 2))));
    const int hour = number(9, 2);
    const int minute = number(11, 2);
    const int second = number(13, 2);
    if (!day.ok() || number(0, 4) < 1970 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60) {
        return std::nullopt;
    }
    return std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

// As X-Amz-Date writes it, wherever the request has it; empty: nowhere.
std::string date_of(const SignedRequest& request) {
    const std::string_view own = header(request, "x-amz-date");
    if (!own.empty()) return std::string(own);
    const auto date = aws::parse_http_date(header(request, "date"));
    return date ? aws::amz_date(*date) : std::string();
}

std::optional<Refusal> check_scope(const Authorization& given, std::string_view amz_date) {
    if (given.region.empty())
        return invalid_signature("Credential should be scoped to a valid region.");
    if (given.service != "kinesis") {
        return invalid_signature("Credential should be scoped to correct service: 'kinesis'.");
    }
    if (given.terminator != "aws4_request") {
        return invalid_signature(
            concat({"Credential should be scoped with a valid terminator: 'aws4_request', not '",
                    given.terminator, "'."}));
    }
    if (given.date != amz_date.substr(0, 8)) {
        constexpr std::string_view what =
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '";
        return invalid_signature(concat(
            {what, given.date, "' != '", amz_date.substr(0, 8), "', from '", amz_date, "'."}));
    }
    if (std::ranges::find(given.signed_headers, "host") == given.signed_headers.end()) {
        return invalid_signature(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
    return std::nullopt;
}

std::string signature_of(const SignedRequest& request, const Authorization& given,
                         std::string_view amz_date, std::string_view secret) {
    std::vector<aws::Header> headers;
    for (const aws::Header& one : request.headers) {
        const auto is_it = [&](std::string_view name) { return is_name(one.name, name); };
        if (std::ranges::any_of(given.signed_headers, is_it)) headers.push_back(one);
    }
    const std::size_t query = std::min(request.target.find('?'), request.target.size());
    auto canonical = aws::canonical_request(
        {.method = request.method,
         .path = request.target.substr(0, query),
         .query = request.target.substr(std::min(query + 1, request.target.size())),
         .headers = headers,
         .body_hash = aws::sha256(request.body)},
        true);
    // A header that is said to be signed and was not sent, or not said in order.
    if (canonical.signed_headers != given.signed_headers_text) return {};
    const aws::SigningKey key(secret, given.date, given.region, given.service);
    std::string signature = key.sign(aws::string_to_sign(amz_date, given.scope, canonical.text));
    wipe(canonical.text);
    return signature;
}

// In a time that does not tell how much of it is right.
bool equal(std::string_view one, std::string_view other) {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

bool fits_a_header(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

Expected<SignatureCheck, Error> SignatureCheck::of(AwsCredentials& credentials, Clock now) {
    const auto refused = [](std::string_view what) {
        return Error{.code = ErrorCode::bad_option,
                     .message = concat({"option credentials: ", what})};
    };
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        return refused(
            concat({credentials.access_key_id.empty() ? "access_key_id" : "secret_access_key",
                    " is empty; give both, or no credentials to take any request"}));
    }
    if (!fits_a_header(credentials.access_key_id) ||
        credentials.access_key_id.find_first_of("/,") != std::string::npos ||
        !fits_a_header(credentials.secret_access_key) ||
        !fits_a_header(credentials.session_token)) {
        return refused(
            "a key or token holds a space, a line break or another character that none of AWS's "
            "has; copy them again without it");
    }
    aws::Credentials own{credentials.access_key_id, aws::Secret(credentials.secret_access_key),
                         aws::Secret(credentials.session_token)};
    wipe(credentials.secret_access_key);
    wipe(credentials.session_token);
    return SignatureCheck(std::move(own), std::move(now));
}

std::optional<Refusal> SignatureCheck::check(const SignedRequest& request) const {
    const auto given = read_authorization(header(request, "authorization"));
    if (!given) return given.error();
    const std::string amz_date = date_of(request);
    if (amz_date.empty()) {
        return Refusal{"IncompleteSignatureException",
                       "Authorization header requires existence of either a 'X-Amz-Date' or a "
                       "'Date' header."};
    }
    if (auto refusal = check_scope(*given, amz_date)) return refusal;
    if (auto refusal = check_time(amz_date)) return refusal;
    if (!is_ours(given->access_key_id, header(request, "x-amz-security-token"))) {
        return Refusal{"UnrecognizedClientException",
                       "The security token included in the request is invalid."};
    }
    if (!equal(given->signature,
               signature_of(request, *given, amz_date, credentials_.secret_access_key.reveal()))) {
        return invalid_signature(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.");
    }
    return std::nullopt;
}

// The words are Kinesis's: clients look for them to set their clocks.
std::optional<Refusal> SignatureCheck::check_time(std::string_view amz_date) const {
    const auto time = parse_amz_date(amz_date);
    if (!time) {
        return Refusal{"IncompleteSignatureException",
                       concat({"Date must be in ISO-8601 'basic format'. Got '", amz_date,
                               "'. See http://en.wikipedia.org/wiki/ISO_8601"})};
    }
    const Seconds now = std::chrono::floor<std::chrono::seconds>(now_());
    if (*time < now - window) {
        return invalid_signature(
            concat({"Signature expired: ", amz_date, " is now earlier than ",
                    aws::amz_date(now - window), " (", aws::amz_date(now), " - 5 min.)"}));
    }
    if (*time > now + window) {
        return invalid_signature(
            concat({"Signature not yet current: ", amz_date, " is still later than ",
                    aws::amz_date(now + window), " (", aws::amz_date(now), " + 5 min.)"}));
    }
    return std::nullopt;
}

bool SignatureCheck::is_ours(std::string_view access_key_id, std::string_view session_token) const {
    return access_key_id == credentials_.access_key_id &&
           equal(session_token, credentials_.session_token.reveal());
}

}  // namespace lk::local
