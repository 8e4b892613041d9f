#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>

#include "local/log.hpp"
#include "local/service.hpp"

namespace lk::local {

/// An accepted connection, whose callbacks run one at a time.
using ClientSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                     boost::asio::strand<boost::asio::io_context::executor_type>>;

/// Serves one client on the socket's own executor: reads a request, answers it, and so on, until
/// the client goes, speaks another protocol or lets `timeout` pass in one of the steps. Returns at
/// once. `service` and `log` must outlive the connection, which ends at the latest with the
/// socket's io_context.
void serve_http(ClientSocket socket, const Service& service, Log& log,
                std::chrono::milliseconds timeout);

/// The same over TLS; `tls` must outlive the connection too.
void serve_https(ClientSocket socket, boost::asio::ssl::context& tls, const Service& service,
                 Log& log, std::chrono::milliseconds timeout);

}  // namespace lk::local
