#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/transport.hpp"

namespace lk::http {

/// What is known of a request that got no answer.
struct FailedTransfer {
    std::string_view url = {};
    /// What libcurl wrote about it; may be empty.
    std::string_view curl_text = {};
    /// A connection was there and the request was begun on it.
    bool begun = false;
    /// Its last byte was handed to libcurl.
    bool may_be_sent_whole = false;
    /// The first line of an answer came.
    bool answer_begun = false;
    /// The answer was cut off at `max_answer_bytes`.
    bool answer_too_large = false;
    std::size_t max_answer_bytes = 0;
    std::chrono::milliseconds timeout{};
    std::string_view ca_bundle = {};
    /// What a proxy answered when it was asked for the way to the host (CONNECT); 0 when none was,
    /// or it did not answer.
    int proxy_status = 0;
};

/// The meaning of a libcurl error code (a CURLcode) for a request.
[[nodiscard]] NoAnswer no_answer(int curl_code, const FailedTransfer& failed);

/// What to check where a call got no answer and the reason lies on this side: a name, a proxy, a
/// certificate. Else empty.
[[nodiscard]] std::string mend_on_this_side(int curl_code, const FailedTransfer& failed);

/// With this status a proxy wants a user name and a password
/// (https://www.rfc-editor.org/rfc/rfc9110#section-15.5.8).
inline constexpr int status_of_proxy_refusal = 407;

/// For a request that was itself answered so, as by a proxy for an URL without TLS.
[[nodiscard]] NoAnswer refused_by_proxy(const FailedTransfer& failed);

/// The same for a request whose transport ended before it did.
[[nodiscard]] NoAnswer ended_with_transport(const FailedTransfer& failed);

}  // namespace lk::http
