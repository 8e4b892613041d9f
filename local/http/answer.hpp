#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "local/service.hpp"

namespace lk::local {

/// What of an HTTP request matters here. The path does not, as with AWS.
struct HttpRequest {
    std::string_view method;
    std::string_view content_type;
    std::string_view amz_target;
    std::string_view body;
    /// Why it gets no further than to the door.
    std::optional<Refusal> refusal = {};
};

struct HttpAnswer {
    int status = 200;
    std::string content_type;
    std::string body;
};

/// What of the fault plan applies to a request; nothing to one that is not Kinesis's
/// or is refused. Thread-safe.
[[nodiscard]] FaultDecision decide_faults(const Service& service, const HttpRequest& request);

/// Kinesis's answer to a request, faulty as was decided. Never throws: what goes wrong inside is a
/// 500. Thread-safe.
[[nodiscard]] HttpAnswer answer(const Service& service, const HttpRequest& request,
                                const FaultDecision& faults = {}) noexcept;

/// For a request that never got as far as Kinesis. Small XML, as AWS answers those.
[[nodiscard]] HttpAnswer refuse_http(int status, std::string_view code, std::string_view message);

/// The whole answer as it goes over the wire. Thread-safe.
[[nodiscard]] std::string write_answer(const HttpAnswer& answer, bool keep_open,
                                       std::int64_t now_ms);

}  // namespace lk::local
