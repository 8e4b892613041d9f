#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <lk/aws_kinesis.hpp>
#include <lk/dispatch.hpp>
#include <lk/error.hpp>
#include <lk/expected.hpp>
#include <lk/kinesis_client.hpp>

#include "cli/exit_status.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lk::cli {

class Console;

/// The options that say which Kinesis is meant.
struct ConnectionOptions {
    std::string endpoint;
    std::string region;
    std::string profile;
    std::string ca_bundle;
    WireFormat wire_format = WireFormat::cbor;
    /// Empty: none. Else the Kinesis embedded in this process, kept in this directory, or in memory
    /// when it is `in_memory`.
    std::string local;
    /// Of a stream that is created there; nothing: 1.
    std::optional<int> local_shards = {};
};

/// Adds --stream, which is not required unless the result says so.
CLI::Option* add_stream_option(CLI::App& app, std::string& stream,
                               const char* what = "The stream's name or ARN");
/// Adds --endpoint, --region, --profile, --ca-bundle and --wire-format.
void add_network_options(CLI::App& app, ConnectionOptions& options);
/// The same, and --local.
void add_connection_options(CLI::App& app, ConnectionOptions& options);
/// Adds --local-shards, for commands that create the stream.
void add_local_shards_option(CLI::App& app, ConnectionOptions& options);

/// Whether the embedded stream may be made, or must be there.
enum class LocalStreamUse { create, read };

/// Opens the client that the options mean; for reading it is a kinesis::AwsKinesis. Says on the
/// console what the user should know: that the embedded stream ends with the process, that made-up
/// credentials are used on loopback. Throws UsageError when options do not go together.
[[nodiscard]] Expected<std::shared_ptr<KinesisClient>, Error> open_client(
    const ConnectionOptions& options, const std::string& stream, LocalStreamUse use,
    Console& console);

/// How open_over_network() makes a client of the options.
using OpenAws =
    std::function<Expected<std::shared_ptr<KinesisClient>, Error>(const AwsKinesisOptions&)>;

/// The part of open_client() that is not about --local: also decides with which credentials.
[[nodiscard]] Expected<std::shared_ptr<KinesisClient>, Error> open_over_network(
    const ConnectionOptions& options, const std::string& stream, const OpenAws& open,
    Console& console);

/// What these options say to the library.
[[nodiscard]] AwsKinesisOptions aws_options(const ConnectionOptions& options);

/// Says why the command can not begin, and with which status it ends.
[[nodiscard]] ExitStatus report_not_opened(const Error& error, Console& console);
/// The same where try_get_dispatch() refused; throws UsageError where an option is the reason.
[[nodiscard]] ExitStatus report_no_dispatch(const Error& error, Console& console);

/// What the library has to say, on the console: warnings and errors, and a line that repeats the
/// one before it not again.
[[nodiscard]] std::function<void(LogLevel, std::string_view)> log_to(Console& console);

/// The library's message with its options under the names that they have on the command line.
[[nodiscard]] std::string with_option_names(std::string message);

}  // namespace lk::cli
