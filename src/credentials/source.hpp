#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/credentials.hpp"

namespace lk::credentials {

using WallTime = std::chrono::system_clock::time_point;

struct Fetched {
    aws::Credentials credentials;
    /// By this machine's clock, also where that is wrong. Nothing: they last.
    std::optional<WallTime> expires = {};
    /// The account they belong to, of twelve digits; empty where the source does not tell.
    std::string account_id = {};
};

/// One place that credentials come from.
class Source {
  public:
    virtual ~Source() = default;
    /// May block for seconds, so a thread of ours calls it; by one thread at a time. Ends soon
    /// after the Stop of its Surroundings. An error has the code `credentials` and never quotes a
    /// secret.
    [[nodiscard]] virtual Expected<Fetched, Error> fetch() = 0;
    /// For people: "EC2 instance metadata", "role arn:… of [profile dev]".
    [[nodiscard]] virtual std::string name() const = 0;
};

/// What a source gave in words, still to be judged.
struct Given {
    std::string_view access_key_id;
    std::string_view secret_access_key;
    std::string_view session_token;
};

/// Refuses keys that are empty or could not stand in a header; `from` names where they came from.
[[nodiscard]] Expected<Fetched, Error> checked(const Given& given, std::optional<WallTime> expires,
                                               std::string_view from);

/// Credentials that stand in a file or in the environment.
class FixedSource final : public Source {
  public:
    FixedSource(const Given& given, std::string from, std::string_view account_id = {});
    [[nodiscard]] Expected<Fetched, Error> fetch() override;
    [[nodiscard]] std::string name() const override { return from_; }

  private:
    aws::Secret access_key_id_;
    aws::Secret secret_access_key_;
    aws::Secret session_token_;
    std::string from_;
    std::string account_id_;
};

/// The text where it is an account id, else nothing: it is only told to people, so that one that is
/// wrong need not end anything.
[[nodiscard]] std::string account_id_in(std::string_view text);

[[nodiscard]] Error refused(std::string message);

/// Text from outside, fit for a message: its first line, cut to 200 characters, without control
/// characters. What follows the first line of AWS's messages can hold the request's own headers.
[[nodiscard]] std::string quotable(std::string_view text);

/// An access key id as it may be shown: its last four characters.
[[nodiscard]] std::string masked(std::string_view access_key_id);

}  // namespace lk::credentials
