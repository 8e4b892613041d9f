#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lk/expected.hpp>

#include "base/loop.hpp"
#include "base/wiped_text.hpp"
#include "http/freeze_watch.hpp"

namespace lk::http {

/// One POST. What the views point at must live until `done` was called.
struct Request {
    std::string url = {};
    /// "Name: value" each; Content-Length and Host are the transport's.
    std::vector<std::string> headers = {};
    /// The body, piece by piece.
    std::span<const std::string_view> body = {};
    std::size_t body_bytes = 0;
    /// From post() to the last byte of the answer; zero: no limit.
    std::chrono::milliseconds timeout{};
    /// Head and body of the answer together; each line of the head counts with what is kept of it.
    std::size_t max_answer_bytes = 0;
};

struct Answer {
    int status = 0;
    /// Header names in lower case.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

/// No answer came.
struct NoAnswer {
    /// Names the host, what failed and, where there is one, the mend.
    std::string message = {};
    /// True unless it is certain that the server did not take the request.
    bool may_have_been_sent = true;
    /// True when trying again can not help before a person acts (a certificate that is not
    /// trusted, an URL that is none).
    bool needs_mending = false;
};

using Done = std::function<void(Expected<Answer, NoAnswer>)>;

/// Sends requests, each exactly once: what is not certainly unsent is reported as such, never
/// sent again. No proxy is asked for an address of this machine.
class Transport {
  public:
    virtual ~Transport() = default;
    /// From any thread. `done` is called once, on the loop's thread; or inside the call, where a
    /// forked child calls a transport of its parent, which sends nothing.
    virtual void post(Request request, Done done) = 0;
    /// Calls `act` once those who take part in the loop had their turn in this round, and before
    /// anything more is sent: what several of them bring can be made ready together. From a `done`:
    /// in the next round. Earlier where a transport of the loop ends, on the loop's thread. What it
    /// throws is dropped. Only on the loop's thread.
    virtual void after_turns(std::function<void()> act) = 0;
    /// The loop that it lives on.
    [[nodiscard]] virtual std::shared_ptr<Loop> loop() = 0;
};

struct TransportOptions {
    std::chrono::milliseconds connect_timeout{5000};
    /// Empty: the system's.
    std::string ca_bundle = {};
    std::string user_agent = {};
    /// Connections kept open at most.
    int max_connections = 64;
    /// A connection that was opened longer ago takes no further request, so that changes in DNS
    /// are followed; to the second. Zero: there is no limit.
    std::chrono::seconds max_connection_age{};
    /// As problem_of_proxy() (proxy.hpp) takes it; may hold a password. Empty: the environment's
    /// (https_proxy and so on). NO_PROXY holds in either case.
    WipedText proxy = {};
    /// Not on the loop that all others of the process share, but on one of its own.
    bool own_loop = false;
    /// Empty: the system's. Others need a loop of their own.
    ReadClocks read_clocks = {};
};

/// libcurl's multi interface, on one thread for all transports of the process unless the options
/// say otherwise. After a freeze (see FreezeWatch) requests go over new connections. The destructor
/// ends what is under way with a NoAnswer; it may run on the loop's own thread.
[[nodiscard]] std::shared_ptr<Transport> curl_transport(const TransportOptions& options);

}  // namespace lk::http
