#include "credentials/sso_token.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include "credentials/ask.hpp"
#include "credentials/json_fields.hpp"
#include "credentials/service_url.hpp"
#include "credentials/source.hpp"
#include "credentials/timestamp.hpp"
#include "credentials/token_file.hpp"

namespace lk::credentials {
namespace {

std::string sha1_hex(std::string_view text) {
    std::array<unsigned char, 20> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL has no SHA-1");
    }
    constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : digest) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

std::optional<WallTime> time_in(const JsonFields& token, std::string_view name) {
    return parse_timestamp(token.text(name));
}

// All at once, so that no other tool ever reads half of it; readable by its owner alone.
// Not being able to is no error: the token serves all the same, only for us alone.
void write_back(const std::string& path, const JsonFields& token) {
    const std::string fresh = path + "." + std::to_string(getpid()) + ".new";
    const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return;
    const WipedText text = token.write();
    // The old renewal token serves no more: a power cut must not leave an empty file in its place.
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        fsync(file) == 0;
    close(file);
    if (!written || rename(fresh.c_str(), path.c_str()) != 0) unlink(fresh.c_str());
}

// Whether the token's file holds what a renewal takes.
bool can_renew(const JsonFields& token, WallTime now) {
    const auto registered = time_in(token, "registrationExpiresAt");
    return !token.text("refreshToken").empty() && !token.text("clientId").empty() &&
           !token.text("clientSecret").empty() && registered && *registered > now;
}

// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
Expected<JsonFields, Error> renew(const JsonFields& token, const SsoLogin& login,
                                  const Surroundings& surroundings) {
    const auto endpoint = service_url(sso_oidc, login.region, surroundings);
    if (!endpoint) return endpoint.error();
    JsonFields question;
    question.set("grantType", "refresh_token");
    for (const char* name : {"clientId", "clientSecret", "refreshToken"}) {
        question.set(name, token.text(name));
    }
    const WipedText body = question.write();
    http::WaitingCall call{.method = "POST", .url = endpoint->url + "token", .body = body};
    call.headers.emplace_back("Content-Type: application/json");
    auto came = ask(surroundings, std::move(call), "renewing the SSO token");
    if (!came) return came.error();
    if (came->status != 200) return refused("renewing the SSO token: " + refusal(*came));
    const auto answer = JsonFields::read(came->body);
    const auto seconds = answer ? answer->number("expiresIn") : std::nullopt;
    constexpr std::int64_t most_seconds = 366LL * 24 * 3600;
    if (!answer || answer->text("accessToken").empty() || !seconds || *seconds < 1 ||
        *seconds > most_seconds) {
        return refused("renewing the SSO token: the answer is not one of the service's own");
    }
    auto fresh = JsonFields::read(token.write());
    if (!fresh) return refused("renewing the SSO token: the cached one can not be copied");
    fresh->set("accessToken", answer->text("accessToken"));
    fresh->set("expiresAt", timestamp(surroundings.now() + std::chrono::seconds(*seconds)));
    if (const auto next = answer->text("refreshToken"); !next.empty()) {
        fresh->set("refreshToken", next);
    }
    return std::move(*fresh);
}

Error needs_login(const SsoLogin& login, const std::string& why) {
    return refused(why + "; run " + login.mend);
}

struct Cached {
    JsonFields token;
    WallTime expires;
};

Expected<Cached, Error> read_cached(const std::string& path, const SsoLogin& login) {
    const auto text = read_secret_file(path, "SSO");
    if (!text) return needs_login(login, text.error().message);
    auto token = JsonFields::read(*text);
    const auto expires = token ? time_in(*token, "expiresAt") : std::nullopt;
    if (!expires || token->text("accessToken").empty()) {
        return needs_login(login, "the SSO token in " + path + " is damaged");
    }
    return Cached{std::move(*token), *expires};
}

}  // namespace

std::string sso_token_path(std::string_view key, const aws::Environment& environment) {
    return environment("HOME") + "/.aws/sso/cache/" + sha1_hex(key) + ".json";
}

Expected<WipedText, Error> sso_access_token(const SsoLogin& login,
                                            const Surroundings& surroundings) {
    constexpr std::chrono::minutes ahead(5);
    const std::string path = sso_token_path(login.key, surroundings.environment);
    const auto cached = read_cached(path, login);
    if (!cached) return cached.error();
    const WallTime now = surroundings.now();
    if (cached->expires > now + ahead) return WipedText(cached->token.text("accessToken"));
    std::string why = "the SSO token in " + path + " expired at " + timestamp(cached->expires);
    if (login.renewable && can_renew(cached->token, now)) {
        const auto fresh = renew(cached->token, login, surroundings);
        if (fresh) {
            write_back(path, *fresh);
            return WipedText(fresh->text("accessToken"));
        }
        // A renewal token serves once: another program may have been faster.
        const auto theirs = read_cached(path, login);
        if (theirs && theirs->expires > now + ahead) {
            return WipedText(theirs->token.text("accessToken"));
        }
        why = fresh.error().message;
    }
    if (cached->expires <= now) return needs_login(login, why);
    return WipedText(cached->token.text("accessToken"));
}

}  // namespace lk::credentials
