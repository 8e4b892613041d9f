#include "aws/sigv4.hpp"

#include <openssl/crypto.h>

#include "base/wiped_text.hpp"

namespace lk::aws {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

void append_digits(std::string& out, unsigned value, unsigned width) {
    for (unsigned divisor = width == 4 ? 1000 : 10; divisor > 0; divisor /= 10) {
        out += static_cast<char>('0' + value / divisor % 10);
    }
}

}  // namespace

SigningKey::SigningKey(std::string_view secret_access_key, std::string_view date,
                       std::string_view region, std::string_view service) {
    const Secret first("AWS4", secret_access_key);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(first.reveal().data());
    key_ = hmac_sha256({bytes, first.reveal().size()}, date);
    key_ = hmac_sha256(key_, region);
    key_ = hmac_sha256(key_, service);
    key_ = hmac_sha256(key_, "aws4_request");
}

SigningKey::~SigningKey() {
    OPENSSL_cleanse(key_.data(), key_.size());
}

std::string SigningKey::sign(std::string_view string_to_sign) const {
    return hex(hmac_sha256(key_, string_to_sign));
}

std::string string_to_sign(std::string_view amz_date, std::string_view scope,
                           std::string_view canonical_request) {
    std::string text(algorithm);
    text.append("\n").append(amz_date);
    text.append("\n").append(scope);
    text.append("\n").append(hex(sha256(canonical_request)));
    return text;
}

std::string amz_date(std::chrono::system_clock::time_point time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::string text;
    append_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    append_digits(text, static_cast<unsigned>(date.month()), 2);
    append_digits(text, static_cast<unsigned>(date.day()), 2);
    text += 'T';
    append_digits(text, static_cast<unsigned>(clock.hours().count()), 2);
    append_digits(text, static_cast<unsigned>(clock.minutes().count()), 2);
    append_digits(text, static_cast<unsigned>(clock.seconds().count()), 2);
    text += 'Z';
    return text;
}

Signer::Signer(std::string region, std::string service)
    : region_(std::move(region)),
      service_(std::move(service)),
      last_key_("", "", region_, service_) {}

std::vector<std::pair<std::string, std::string>> Signer::sign(
    const RequestToSign& request, const Credentials& credentials,
    std::chrono::system_clock::time_point time, const SignOptions& options) const {
    std::vector<std::pair<std::string, std::string>> added;
    added.reserve(4);
    added.emplace_back("X-Amz-Date", amz_date(time));
    if (options.add_body_hash) added.emplace_back("X-Amz-Content-Sha256", hex(request.body_hash));
    if (!credentials.session_token.empty()) {
        added.emplace_back("X-Amz-Security-Token", credentials.session_token.reveal());
    }

    std::vector<Header> headers(request.headers.begin(), request.headers.end());
    for (const auto& [name, value] : added) {
        if (options.leave_token_unsigned && name == "X-Amz-Security-Token") continue;
        headers.push_back({name, value});
    }
    RequestToSign complete = request;
    complete.headers = headers;
    CanonicalRequest canonical = canonical_request(complete, options.normalize_path);

    const std::string& now = added.front().second;
    const std::string_view date = std::string_view(now).substr(0, 8);
    std::string scope(date);
    scope.append("/").append(region_).append("/").append(service_).append("/aws4_request");
    const std::string signature =
        key_for(credentials, date).sign(string_to_sign(now, scope, canonical.text));
    wipe(canonical.text);

    std::string authorization(algorithm);
    authorization.append(" Credential=").append(credentials.access_key_id).append("/");
    authorization.append(scope).append(", SignedHeaders=").append(canonical.signed_headers);
    authorization.append(", Signature=").append(signature);
    added.emplace_back("Authorization", std::move(authorization));
    return added;
}

SigningKey Signer::key_for(const Credentials& credentials, std::string_view date) const {
    const std::string_view secret = credentials.secret_access_key.reveal();
    const std::lock_guard lock(mutex_);
    if (last_date_ != date || last_secret_.reveal() != secret) {
        last_key_ = SigningKey(secret, date, region_, service_);
        last_secret_ = Secret(secret);
        last_date_ = date;
    }
    return last_key_;
}

}  // namespace lk::aws
