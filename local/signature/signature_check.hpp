#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include <lk/aws_kinesis.hpp>
#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/canonical_request.hpp"
#include "aws/credentials.hpp"
#include "local/operations/refusal.hpp"

namespace lk::local {

/// A request as it came, for its signature. Views.
struct SignedRequest {
    std::string_view method;
    /// The path and, after a question mark, the query.
    std::string_view target;
    /// All of them, in the request's order.
    std::span<const aws::Header> headers;
    std::string_view body;
};

/// Takes only what is signed, with AWS Signature Version 4 in the Authorization header, by one
/// pair of keys within five minutes before and after this machine's time; for any region.
/// Immutable, so thread-safe.
class SignatureCheck {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;

    /// The Error (`bad_option`) names what the credentials lack. Wipes the ones it is given.
    [[nodiscard]] static Expected<SignatureCheck, Error> of(
        AwsCredentials& credentials, Clock now = std::chrono::system_clock::now);

    /// What Kinesis would have against the request; nothing when it is signed well.
    [[nodiscard]] std::optional<Refusal> check(const SignedRequest& request) const;

  private:
    SignatureCheck(aws::Credentials credentials, Clock now)
        : credentials_(std::move(credentials)), now_(std::move(now)) {}

    [[nodiscard]] std::optional<Refusal> check_time(std::string_view amz_date) const;
    [[nodiscard]] bool is_ours(std::string_view access_key_id,
                               std::string_view session_token) const;

    aws::Credentials credentials_;
    Clock now_;
};

}  // namespace lk::local
