#pragma once

namespace lk::local {

// What the log says when a client speaks another protocol than the server.

inline constexpr const char* speaks_http2 =
    "a client speaks HTTP/2, this server HTTP/1.1: with the AWS SDK for JavaScript v3 give its "
    "client `requestHandler: new NodeHttpHandler()` (from @smithy/node-http-handler)";
inline constexpr const char* speaks_tls =
    "a client speaks TLS to this plain HTTP port: begin its endpoint with http://, or serve TLS";
inline constexpr const char* speaks_plain =
    "a client speaks plain HTTP to this TLS port: begin its endpoint with https://";

}  // namespace lk::local
