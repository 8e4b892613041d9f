#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <lk/expected.hpp>

#include "local/operations/refusal.hpp"

namespace lk::local {

/// What the Authorization header of a signed request says. Views into the header.
struct Authorization {
    std::string_view access_key_id;
    /// The scope's parts: YYYYMMDD, region, service, "aws4_request".
    std::string_view date;
    std::string_view region;
    std::string_view service;
    std::string_view terminator;
    /// All four, as they stand there.
    std::string_view scope;
    /// In lower case, as they must be.
    std::vector<std::string_view> signed_headers;
    /// The same, as they stand there.
    std::string_view signed_headers_text;
    std::string_view signature;
};

/// "AWS4-HMAC-SHA256 Credential=ID/20261125/eu-west-1/kinesis/aws4_request, SignedHeaders=a;b,
/// Signature=0123…", or what Kinesis has against it.
[[nodiscard]] Expected<Authorization, Refusal> read_authorization(std::string_view header);

}  // namespace lk::local
