#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

/// Options of aws_kinesis(). Read by inline code; fields are only ever appended. What is left out
/// is taken from where the AWS CLI and the AWS SDKs take it: the environment, then the profile in
/// AWS's shared files (~/.aws/config and ~/.aws/credentials, or AWS_CONFIG_FILE and
/// AWS_SHARED_CREDENTIALS_FILE).
struct AwsKinesisOptions {
    /// Empty: AWS_REGION, then AWS_DEFAULT_REGION, then the profile's `region`, then that of the
    /// EC2 machine this runs on. A stream given by ARN must be in it.
    std::string region = {};
    /// An URL such as "http://localhost:4567"; empty: AWS_ENDPOINT_URL_KINESIS, then
    /// AWS_ENDPOINT_URL, then the profile's `endpoint_url` (that of kinesis in its `services`
    /// section first), then AWS's own for the region. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true
    /// leaves this option and AWS's own.
    std::string endpoint = {};
    /// Absent: as AWS's SDKs find them, in this order: AWS_ACCESS_KEY_ID and its companions; web
    /// identity (EKS); the profile, with roles, SSO and `credential_process`; the container's (ECS,
    /// EKS); the role of the EC2 machine. The profile comes first when the option names it. They
    /// are renewed in the background ahead of their end; while the service refuses the old ones
    /// and there are no others yet, events wait.
    std::optional<AwsCredentials> credentials = std::nullopt;
    WireFormat wire_format = WireFormat::cbor;
    /// How long a connection may take to open, TLS included. 1 ms to 10 minutes.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
    /// A file of PEM certificates to trust in place of the system's; empty: AWS_CA_BUNDLE, then
    /// the profile's `ca_bundle`. Serves for proxies that speak TLS, too.
    std::string ca_bundle = {};
    /// The profile in AWS's shared files; empty: AWS_PROFILE, then AWS_DEFAULT_PROFILE, then
    /// "default". One that is named must exist.
    std::string profile = {};
    /// Use the endpoints with FIPS 140 cryptography. Absent: AWS_USE_FIPS_ENDPOINT, then the
    /// profile's `use_fips_endpoint`. Not together with a custom endpoint.
    std::optional<bool> use_fips = std::nullopt;
    /// Use the endpoints that have IPv6 addresses beside IPv4's. Absent:
    /// AWS_USE_DUALSTACK_ENDPOINT, then the profile's `use_dualstack_endpoint`. Not together with
    /// a custom endpoint.
    std::optional<bool> use_dual_stack = std::nullopt;
    /// Whether requests for a stream given by ARN go to a host of the stream's account, such as
    /// 111122223333.data-kinesis.eu-west-1.amazonaws.com, as with AWS's SDKs. False for private
    /// networks that let only kinesis.REGION.amazonaws.com through.
    bool account_hosts = true;
    /// Names your application in AWS's logs, as the last part of the User-Agent header. The first
    /// 50 characters count; what may not stand in the header becomes a hyphen. Empty:
    /// AWS_SDK_UA_APP_ID, then the profile's `sdk_ua_app_id`.
    std::string application_id = {};
    /// An HTTP proxy's URL, http or https: "http://user:password@proxy.example:3128", with
    /// %-escapes in user and password. Empty: https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY, and
    /// http_proxy for an endpoint without TLS. The hosts in no_proxy or NO_PROXY, and this
    /// machine's own addresses, are reached directly in either case.
    std::string proxy = {};
    /// How long requests may take that have no limit of their own: what the client asks about a
    /// stream. (Requests with records have dispatch's option request_timeout.) From sending to the
    /// last byte of the answer; 1 ms to 10 minutes.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(10);
    /// A connection older than this takes no further request, so that a change of the endpoint's
    /// addresses in DNS is followed. 1 second to 24 hours.
    std::chrono::seconds max_connection_age = std::chrono::minutes(10);
    /// Whether its requests, and the streams that it serves, have a thread of their own. Otherwise
    /// all clients of the process share one, which takes some 700,000 events a second.
    bool own_thread = false;
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
    std::string_view profile = {};
    /// 0 and 1 for false and true, any other for absent.
    std::int8_t use_fips = -1;
    std::int8_t use_dual_stack = -1;
    bool account_hosts = true;
    std::string_view application_id = {};
    std::string_view proxy = {};
    std::int64_t request_timeout_ms = 10'000;
    std::int64_t max_connection_age_s = 600;
    bool own_thread = false;
};

/// Views into the options.
[[nodiscard]] inline AwsKinesisSettings settings_of(const AwsKinesisOptions& options) {
    const auto number_of = [](const std::optional<bool>& flag) {
        return static_cast<std::int8_t>(flag ? int{*flag} : -1);
    };
    AwsKinesisSettings settings;
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
    settings.profile = options.profile;
    settings.use_fips = number_of(options.use_fips);
    settings.use_dual_stack = number_of(options.use_dual_stack);
    settings.account_hosts = options.account_hosts;
    settings.application_id = options.application_id;
    settings.proxy = options.proxy;
    settings.request_timeout_ms = options.request_timeout.count();
    settings.max_connection_age_s = options.max_connection_age.count();
    settings.own_thread = options.own_thread;
    return settings;
}

Expected<std::shared_ptr<KinesisClient>, Error> open_aws_kinesis(
    const AwsKinesisSettings& settings);

}  // namespace detail

/// The client for Amazon Kinesis Data Streams, or for anything that speaks like it; or the Error
/// that names what is missing. Opens no connection to Kinesis yet; credentials and region are
/// looked for at once, which takes some seconds where a service must be asked for them. Connections
/// are kept and shared by all dispatch functions that use the client.
[[nodiscard]] inline Expected<std::shared_ptr<KinesisClient>, Error> try_aws_kinesis(
    const AwsKinesisOptions& options = {}) {
    return detail::open_aws_kinesis(detail::settings_of(options));
}

/// The same; throws DispatchError (`bad_option`, `credentials`) when something is missing.
[[nodiscard]] inline std::shared_ptr<KinesisClient> aws_kinesis(
    const AwsKinesisOptions& options = {}) {
    auto made = try_aws_kinesis(options);
    if (!made) throw DispatchError(std::move(made).error());
    return std::move(made).value();
}

}  // namespace lk
