#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>

#include "local/log.hpp"
#include "local/service.hpp"
#include "local/signature/signature_check.hpp"

namespace lk::local {

/// An accepted connection, whose callbacks run one at a time.
using ClientSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                     boost::asio::strand<boost::asio::io_context::executor_type>>;

/// What stands behind every connection, and outlives them.
struct Backend {
    const Service& service;
    /// Null: a request need not be signed.
    const SignatureCheck* signatures = nullptr;
    Log& log;
    /// For each step of a connection.
    std::chrono::milliseconds timeout{};
};

/// Serves one client on the socket's own executor: reads a request, answers it, and so on, until
/// the client goes, speaks another protocol or lets the timeout pass in one of the steps. Returns
/// at once. The backend must outlive the connection, which ends at the latest with the socket's
/// io_context.
void serve_http(ClientSocket socket, const Backend& backend);

/// The same over TLS; `tls` must outlive the connection too.
void serve_https(ClientSocket socket, boost::asio::ssl::context& tls, const Backend& backend);

}  // namespace lk::local
