#pragma once

#include <string>
#include <string_view>

#include <lk/kinesis_client.hpp>

#include "http/transport.hpp"

namespace lk::kinesis {

/// What a call was about, for messages.
struct CallNames {
    /// Such as "PutRecords".
    std::string_view operation = {};
    /// Name or ARN; empty where a call is about none.
    std::string_view stream = {};
    /// The client's; empty where it is not told.
    std::string_view region = {};
};

/// classify_answer() with a message that says what was asked of which stream.
[[nodiscard]] Failure failure_of_answer(int http_status, std::string_view service_code,
                                        std::string_view message, std::string_view request_id,
                                        const CallNames& names);

/// No answer came.
[[nodiscard]] Failure failure_without_answer(const http::NoAnswer& none, const CallNames& names);

/// An answer that is not one of Kinesis's, as `why` says: what became of the request is unknown.
[[nodiscard]] Failure failure_of_bad_answer(std::string_view why, const CallNames& names);

}  // namespace lk::kinesis
