#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lk/expected.hpp>

#include "base/wiped_text.hpp"
#include "http/transport.hpp"

namespace lk::http {

/// One request of any method, for a thread that has nothing else to do than wait for it. For the
/// rare requests around the service (credentials, the machine's metadata); the service itself is
/// spoken to over a Transport.
struct WaitingCall {
    std::string method = "GET";
    std::string url = {};
    /// "Name: value" each.
    std::vector<WipedText> headers = {};
    /// Sent unless the method is GET.
    std::string_view body = {};
    std::chrono::milliseconds connect_timeout{5000};
    /// From the call to the last byte of the answer.
    std::chrono::milliseconds timeout{10000};
    /// Head and body of the answer together.
    std::size_t max_answer_bytes = 64 * 1024;
    /// Whether a proxy may be asked; never for an address of this machine.
    bool may_use_proxy = true;
    /// The proxy's URL; empty: the environment's.
    WipedText proxy = {};
    /// Empty: the system's.
    std::string ca_bundle = {};
    std::string user_agent = {};
    /// A descriptor; when it becomes readable the call ends without an answer. -1: none.
    int stop_descriptor = -1;
};

/// An answer that may hold secrets.
struct WipedAnswer {
    int status = 0;
    /// The Date header; empty without one.
    std::string date = {};
    WipedText body = {};
};

/// Sends it once, over a connection of its own, and waits. Redirects are not followed. Thread-safe.
/// What libcurl itself keeps of headers and bodies while it works is not wiped.
[[nodiscard]] Expected<WipedAnswer, NoAnswer> call_and_wait(const WaitingCall& call);

}  // namespace lk::http
