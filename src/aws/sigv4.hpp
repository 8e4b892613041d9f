#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/canonical_request.hpp"
#include "aws/credentials.hpp"
#include "aws/secret.hpp"
#include "aws/sha256.hpp"

namespace lk::aws {

/// The key of one secret for one day, region and service; wiped when it ends.
class SigningKey {
  public:
    /// `date`: YYYYMMDD.
    SigningKey(std::string_view secret_access_key, std::string_view date, std::string_view region,
               std::string_view service);
    ~SigningKey();
    SigningKey(const SigningKey&) = default;
    SigningKey& operator=(const SigningKey&) = default;

    /// The signature in hexadecimal.
    [[nodiscard]] std::string sign(std::string_view string_to_sign) const;

  private:
    Sha256 key_;
};

/// The text whose keyed hash is the signature. `scope`: "YYYYMMDD/region/service/aws4_request".
[[nodiscard]] std::string string_to_sign(std::string_view amz_date, std::string_view scope,
                                         std::string_view canonical_request);

/// A time as X-Amz-Date writes it: YYYYMMDDTHHMMSSZ.
[[nodiscard]] std::string amz_date(std::chrono::system_clock::time_point time);

struct SignOptions {
    bool normalize_path = true;
    /// Adds X-Amz-Content-Sha256; Kinesis does without.
    bool add_body_hash = false;
    /// Adds the session token without signing it, as a few old services want it.
    bool leave_token_unsigned = false;
};

/// Signs requests with AWS Signature Version 4 for one region and service. Thread-safe. Keeps the
/// signing key of the last secret and day, which costs four hashes to make.
class Signer {
  public:
    Signer(std::string region, std::string service);

    /// The headers to add to the request, by name and value; Authorization is the last. The
    /// request must not have one of them yet.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> sign(
        const RequestToSign& request, const Credentials& credentials,
        std::chrono::system_clock::time_point time, const SignOptions& options = {}) const;

  private:
    [[nodiscard]] SigningKey key_for(const Credentials& credentials, std::string_view date) const;

    std::string region_;
    std::string service_;

    mutable std::mutex mutex_;
    mutable Secret last_secret_;
    mutable std::string last_date_;
    mutable SigningKey last_key_;
};

}  // namespace lk::aws
