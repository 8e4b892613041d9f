#include <lk/error.hpp>

namespace lk {

std::string_view name_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::bad_input: return "bad_input";
        case ErrorCode::not_json: return "not_json";
        case ErrorCode::too_large: return "too_large";
        case ErrorCode::bad_option: return "bad_option";
        case ErrorCode::full: return "full";
        case ErrorCode::closed: return "closed";
        case ErrorCode::not_in_time: return "not_in_time";
        case ErrorCode::would_deadlock: return "would_deadlock";
        case ErrorCode::abandoned: return "abandoned";
        case ErrorCode::throttled: return "throttled";
        case ErrorCode::stream_not_found: return "stream_not_found";
        case ErrorCode::stream_not_ready: return "stream_not_ready";
        case ErrorCode::access_denied: return "access_denied";
        case ErrorCode::credentials: return "credentials";
        case ErrorCode::encryption: return "encryption";
        case ErrorCode::invalid_request: return "invalid_request";
        case ErrorCode::unsupported: return "unsupported";
        case ErrorCode::network: return "network";
        case ErrorCode::service: return "service";
        case ErrorCode::bad_answer: return "bad_answer";
        case ErrorCode::client_failed: return "client_failed";
        case ErrorCode::internal: return "internal";
        case ErrorCode::forked: return "forked";
        case ErrorCode::lane_paused: return "lane_paused";
        case ErrorCode::outbox: return "outbox";
        case ErrorCode::kept: return "kept";
    }
    return "unknown";
}

DispatchError::DispatchError(Error error)
    : std::runtime_error(error.message), error_(std::move(error)) {}

}  // namespace lk
