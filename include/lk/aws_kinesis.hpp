#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <lk/error.hpp>
#include <lk/expected.hpp>
#include <lk/kinesis_client.hpp>

namespace lk {

/// An AWS access key. Never written to a log or an error.
struct AwsCredentials {
    std::string access_key_id;
    std::string secret_access_key;
    /// Only temporary credentials have one.
    std::string session_token = {};
};

/// How records and answers are written on the wire.
enum class WireFormat {
    cbor,  ///< As AWS's Java SDK speaks it: a quarter fewer bytes.
    json,  ///< The documented one; for whatever stands between and cannot read CBOR.
};

/// Options of aws_kinesis(). Read by inline code; fields are only ever appended.
struct AwsKinesisOptions {
    /// Empty: AWS_REGION, then AWS_DEFAULT_REGION.
    std::string region = {};
    /// An URL such as "http://localhost:4567"; empty: AWS_ENDPOINT_URL_KINESIS, then
    /// AWS_ENDPOINT_URL, then AWS's own for the region.
    std::string endpoint = {};
    /// Absent: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
    std::optional<AwsCredentials> credentials = std::nullopt;
    WireFormat wire_format = WireFormat::cbor;
    /// How long a connection may take to open, TLS included. 1 ms to 10 minutes.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
    /// A file of PEM certificates to trust in place of the system's.
    std::string ca_bundle = {};
};

namespace detail {

struct AwsKinesisSettings {
    std::uint32_t size = sizeof(AwsKinesisSettings);
    std::string_view region;
    std::string_view endpoint;
    const std::string* access_key_id = nullptr;
    const std::string* secret_access_key = nullptr;
    const std::string* session_token = nullptr;
    bool json = false;
    std::int64_t connect_timeout_ms = 0;
    std::string_view ca_bundle;
};

Expected<std::shared_ptr<KinesisClient>, Error> open_aws_kinesis(
    const AwsKinesisSettings& settings);

}  // namespace detail

/// The client for Amazon Kinesis Data Streams, or for anything that speaks like it; or the Error
/// that names what is missing. Opens no connection yet. Connections are kept and shared by all
/// dispatch functions that use the client.
[[nodiscard]] inline Expected<std::shared_ptr<KinesisClient>, Error> try_aws_kinesis(
    const AwsKinesisOptions& options = {}) {
    detail::AwsKinesisSettings settings;
    settings.region = options.region;
    settings.endpoint = options.endpoint;
    if (options.credentials) {
        settings.access_key_id = &options.credentials->access_key_id;
        settings.secret_access_key = &options.credentials->secret_access_key;
        settings.session_token = &options.credentials->session_token;
    }
    settings.json = options.wire_format == WireFormat::json;
    settings.connect_timeout_ms = options.connect_timeout.count();
    settings.ca_bundle = options.ca_bundle;
    return detail::open_aws_kinesis(settings);
}

/// The same; throws DispatchError (`bad_option`, `credentials`) when something is missing.
[[nodiscard]] inline std::shared_ptr<KinesisClient> aws_kinesis(
    const AwsKinesisOptions& options = {}) {
    auto made = try_aws_kinesis(options);
    if (!made) throw DispatchError(std::move(made).error());
    return std::move(made).value();
}

}  // namespace lk
