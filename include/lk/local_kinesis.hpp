#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lk/aws_kinesis.hpp>
#include <lk/error.hpp>
#include <lk/expected.hpp>
#include <lk/kinesis_client.hpp>

namespace lk {

/// A stream that the local Kinesis has from the start.
struct LocalStream {
    std::string name;
    int shards = 1;
};

/// Options of local_kinesis(). Read by inline code; fields are only ever appended.
struct LocalKinesisOptions {
    /// Streams to create where they do not exist yet.
    std::vector<LocalStream> streams = {};
    /// Where to keep records across runs; empty: in memory, until the object is destroyed. One
    /// process at a time; a second is told who holds it.
    std::string directory = {};
    /// The TCP port on 127.0.0.1; 0: any free one.
    std::uint16_t port = 0;
    /// Refuse writes over 1,000 records/s or 1 MiB/s a shard and reads over 5 requests/s or 2 MiB/s
    /// a shard, as Kinesis does.
    bool enforce_limits = false;
    /// Acknowledge and forget records: for benchmarks.
    bool discard = false;
    /// Speak HTTPS, with a certificate of its own.
    bool tls = false;
    /// What goes wrong on purpose, for tests: a fault plan, as JSON text or as the name of a file
    /// that holds it (docs/local-stream.md has its members); empty: nothing.
    std::string faults = {};
    /// Take only requests that are signed with these, as Kinesis does, within five minutes before
    /// and after this machine's time; for any region. Its own client signs with them. Absent: any
    /// request, signed or not.
    std::optional<AwsCredentials> credentials = std::nullopt;
};

/// One record as a reader gets it.
struct StoredRecord {
    std::string shard_id;
    std::string sequence_number;
    std::string partition_key;
    std::string data;
    std::int64_t arrival_ms = 0;  ///< Since the epoch.
};

namespace detail {

struct LocalKinesisSettings {
    std::uint32_t size = sizeof(LocalKinesisSettings);
    /// Each "name:shards".
    const std::vector<std::string>* streams = nullptr;
    const std::string* directory = nullptr;
    std::uint16_t port = 0;
    bool enforce_limits = false;
    bool discard = false;
    bool tls = false;
    const std::string* faults = nullptr;
    const std::string* access_key_id = nullptr;
    const std::string* secret_access_key = nullptr;
    const std::string* session_token = nullptr;
};

}  // namespace detail

/// A Kinesis of its own inside this process, for tests and first steps: a server on loopback that
/// speaks Kinesis's own protocol, and a client to it, so everything goes the way it goes on AWS.
/// Ends with the object. Thread-safe. In a forked child the object is of no use, and destroying it
/// there leaves the parent's server, client and directory alone.
class LocalKinesis : public KinesisClient {
  public:
    /// Such as "http://127.0.0.1:40123"; other clients (the AWS CLI and SDKs) may use it too.
    [[nodiscard]] virtual std::string endpoint() const = 0;
    /// The PEM certificate that signed the server's own; empty without tls.
    [[nodiscard]] virtual std::string ca_certificate() const = 0;
    /// Every record of a stream, shard by shard, in sequence order; `stream_not_found` if it is
    /// not there.
    [[nodiscard]] virtual Expected<std::vector<StoredRecord>, Error> records(
        std::string_view stream) const = 0;
    /// Puts this fault plan in the place of the one before, from the next request on; empty: none.
    /// The plan is as in LocalKinesisOptions; the Error (`bad_option`) says why it is refused, and
    /// then the one before stays.
    virtual std::optional<Error> set_faults(std::string_view plan) = 0;
};

namespace detail {
Expected<std::shared_ptr<LocalKinesis>, Error> open_local_kinesis(
    const LocalKinesisSettings& settings);
}

/// Starts one, or says why not. Needs the library lk-local-kinesis beside lk-dispatch.
[[nodiscard]] inline Expected<std::shared_ptr<LocalKinesis>, Error> try_local_kinesis(
    const LocalKinesisOptions& options = {}) {
    detail::LocalKinesisSettings settings;
    std::vector<std::string> streams;
    for (const LocalStream& stream : options.streams) {
        streams.push_back(stream.name + ":" + std::to_string(stream.shards));
    }
    settings.streams = &streams;
    settings.directory = &options.directory;
    settings.port = options.port;
    settings.enforce_limits = options.enforce_limits;
    settings.discard = options.discard;
    settings.tls = options.tls;
    settings.faults = &options.faults;
    if (options.credentials) {
        settings.access_key_id = &options.credentials->access_key_id;
        settings.secret_access_key = &options.credentials->secret_access_key;
        settings.session_token = &options.credentials->session_token;
    }
    return detail::open_local_kinesis(settings);
}

/// The same; throws DispatchError when it cannot start.
[[nodiscard]] inline std::shared_ptr<LocalKinesis> local_kinesis(
    const LocalKinesisOptions& options = {}) {
    auto made = try_local_kinesis(options);
    if (!made) throw DispatchError(std::move(made).error());
    return std::move(made).value();
}

}  // namespace lk
