#pragma once

#include <span>
#include <string>
#include <string_view>

#include "aws/sha256.hpp"

namespace lk::aws {

/// A header as it stands in the request.
struct Header {
    std::string_view name;
    std::string_view value;
};

/// The parts of a request that a signature covers.
struct RequestToSign {
    std::string_view method = "POST";
    /// As in the request line, without the query.
    std::string_view path = "/";
    /// Without the question mark.
    std::string_view query = {};
    /// The headers to sign, Host among them, in the request's order.
    std::span<const Header> headers;
    Sha256 body_hash{};
};

/// The request as SigV4 writes it before hashing
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
struct CanonicalRequest {
    std::string text;
    /// The names of the signed headers: lower case, sorted, joined by semicolons.
    std::string signed_headers;
};

/// `normalize_path`: `.` and `..` and repeated slashes are resolved first, as every service but S3
/// does.
[[nodiscard]] CanonicalRequest canonical_request(const RequestToSign& request, bool normalize_path);

}  // namespace lk::aws
