#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lk {

/// Why an event was not published, or an option was refused.
enum class ErrorCode {
    bad_input,         ///< An argument is outside what Kinesis or the event allows.
    not_json,          ///< The data is not JSON (RFC 8259), or not UTF-8.
    too_large,         ///< The record is over the stream's limit.
    bad_option,        ///< An option of get_dispatch(), of a client or of the command was refused.
    full,              ///< The memory budget is used up and the options say not to wait.
    closed,            ///< dispatch() came after close().
    not_in_time,       ///< The event's `deliver_within`, or a close() deadline, passed.
    would_deadlock,    ///< A blocking call on the thread that completes results.
    abandoned,         ///< The Published was empty: moved from, or already consumed.
    throttled,         ///< Kinesis asks to slow down.
    stream_not_found,  ///< No such stream in this account and region.
    stream_not_ready,  ///< The stream is being created or updated.
    access_denied,     ///< The credentials lack a permission.
    credentials,       ///< No credentials, or expired or unknown ones, or a wrong clock.
    encryption,        ///< The stream's KMS key cannot be used.
    invalid_request,   ///< Kinesis refused the request as invalid.
    unsupported,       ///< The client, or the service, does not offer this operation.
    network,           ///< No answer: name, connection, TLS, time-out.
    service,           ///< Kinesis, or what stands before it, failed.
    bad_answer,        ///< An answer that is not one of Kinesis's.
    client_failed,     ///< The user's KinesisClient threw.
    internal,          ///< A fault of lk-dispatch itself; please report it.
    forked,            ///< Made before fork(), in the parent process.
    lane_paused,       ///< An earlier event of its partition key failed (see OnOrderedFailure).
    outbox,            ///< The outbox's directory cannot be used, or holds what it may hold.
    kept,              ///< Not published before the end, but in the outbox: the next run sends it.
};

/// The enumerator's name, such as "too_large". Lives forever.
[[nodiscard]] std::string_view name_of(ErrorCode code) noexcept;

/// What went wrong with one event, one call or one option.
struct Error {
    ErrorCode code = ErrorCode::internal;
    /// Names the thing, its value, the limit and the mend; for people.
    std::string message;
    /// True when the event may be in the stream all the same: its outcome is unknown.
    bool may_have_been_delivered = false;
    /// How many times the event was sent.
    int attempts = 0;
};

/// An Error as an exception: what get() throws in place of returning the event.
class DispatchError : public std::runtime_error {
  public:
    explicit DispatchError(Error error);

    [[nodiscard]] const Error& error() const noexcept { return error_; }
    [[nodiscard]] ErrorCode code() const noexcept { return error_.code; }

  private:
    Error error_;
};

}  // namespace lk
