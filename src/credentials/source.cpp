#include "credentials/source.hpp"

#include <algorithm>
#include <utility>

namespace lk::credentials {
namespace {

// They go into headers: a line break in one would forge another header.
bool fits_a_header(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

Expected<Fetched, Error> checked(const Given& given, std::optional<WallTime> expires,
                                 std::string_view from) {
    const std::pair<std::string_view, std::string_view> parts[] = {
        {"access key id", given.access_key_id},
        {"secret access key", given.secret_access_key},
        {"session token", given.session_token}};
    for (const auto& [name, text] : parts) {
        if (text.empty() && name != "session token") {
            return refused(std::string(from) + " gave no " + std::string(name));
        }
        if (!fits_a_header(text)) {
            return refused(std::string(from) + ": the " + std::string(name) +
                           " holds a space, a line break or another character that no AWS key has");
        }
    }
    return Fetched{.credentials = {.access_key_id = std::string(given.access_key_id),
                                   .secret_access_key = aws::Secret(given.secret_access_key),
                                   .session_token = aws::Secret(given.session_token)},
                   .expires = expires};
}

FixedSource::FixedSource(const Given& given, std::string from, std::string_view account_id)
    : access_key_id_(given.access_key_id),
      secret_access_key_(given.secret_access_key),
      session_token_(given.session_token),
      from_(std::move(from)),
      account_id_(account_id_in(account_id)) {}

Expected<Fetched, Error> FixedSource::fetch() {
    auto fetched = checked(
        {access_key_id_.reveal(), secret_access_key_.reveal(), session_token_.reveal()}, {}, from_);
    if (fetched) fetched->account_id = account_id_;
    return fetched;
}

std::string account_id_in(std::string_view text) {
    const bool fits = text.size() == 12 && std::all_of(text.begin(), text.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
    return fits ? std::string(text) : std::string();
}

Error refused(std::string message) {
    return {.code = ErrorCode::credentials, .message = std::move(message)};
}

std::string quotable(std::string_view text) {
    constexpr std::size_t most = 200;
    std::string line(text.substr(0, std::min(text.find_first_of("\r\n"), most)));
    for (char& c : line) {
        if (c < ' ' || c > '~') c = '?';
    }
    return line;
}

std::string masked(std::string_view access_key_id) {
    // Of a short one, four characters would be too much of the whole.
    if (access_key_id.size() < 12) return "****";
    return "****" + quotable(access_key_id.substr(access_key_id.size() - 4));
}

}  // namespace lk::credentials
