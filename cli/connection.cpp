#include "cli/connection.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <lk/local_kinesis.hpp>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "aws/stream_arn.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/loopback.hpp"
#include "cli/outcomes.hpp"
#include "cli/request_id.hpp"
#include "local/store/database_file.hpp"

namespace lk::cli {
namespace {

constexpr const char* group = "Which Kinesis";

std::string from_environment(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return value;
    }
    return {};
}

void refuse_beside_local(const ConnectionOptions& options) {
    const std::pair<const char*, bool> others[] = {{"--endpoint", !options.endpoint.empty()},
                                                   {"--region", !options.region.empty()},
                                                   {"--profile", !options.profile.empty()},
                                                   {"--ca-bundle", !options.ca_bundle.empty()}};
    for (const auto& [name, given] : others) {
        if (given) {
            throw UsageError(std::string("--local and ") + name +
                             " were both given; --local is a Kinesis inside this process, so "
                             "leave one of them out");
        }
    }
}

// Why nothing can be read from it. Throws UsageError where it is not a directory of streams: who
// only reads leaves nothing behind in another.
std::optional<Error> nothing_to_read_in(const std::string& directory) {
    namespace fs = std::filesystem;
    const auto refused = [&](const std::error_code& why) {
        return Error{.code = ErrorCode::bad_option,
                     .message = "--local: can not read \"" + directory + "\": " + why.message() +
                                "; give a directory that you may read and write"};
    };
    std::error_code why;
    const fs::file_status folder = fs::status(directory, why);
    if (!fs::status_known(folder)) return refused(why);
    if (!fs::is_directory(folder)) {
        throw UsageError("--local: there is no directory \"" + directory +
                         "\"; give the one that put, send or local wrote to");
    }
    const fs::file_status kept = fs::status(local::database_file(directory), why);
    if (!fs::status_known(kept)) return refused(why);
    if (!fs::exists(kept)) {
        throw UsageError("--local: no stream was ever kept in \"" + directory +
                         "\"; give the directory that put, send or local wrote to");
    }
    return std::nullopt;
}

Expected<std::shared_ptr<KinesisClient>, Error> open_local(const ConnectionOptions& options,
                                                           const std::string& stream,
                                                           LocalStreamUse use, Console& console) {
    if (stream.starts_with("arn:")) {
        throw UsageError("--stream: with --local give the stream's name; \"" + stream +
                         "\" is an ARN");
    }
    LocalKinesisOptions local;
    if (options.local != in_memory) local.directory = options.local;
    if (use == LocalStreamUse::create) {
        local.streams = {{stream, options.local_shards.value_or(1)}};
    } else {
        if (local.directory.empty()) {
            throw UsageError(
                "--local: a stream in this process alone is empty when it starts, so there is "
                "nothing to read; give --local=DIR with the directory that holds it");
        }
        if (auto error = nothing_to_read_in(local.directory)) return *std::move(error);
    }
    auto server = try_local_kinesis(local);
    if (!server) return std::move(server).error();
    if (local.directory.empty()) {
        console.say("--local without =DIR: the stream is in memory and ends with this process");
    }
    // Its own client speaks CBOR and only writes; everyone else goes in by the front door.
    if (use == LocalStreamUse::create && options.wire_format == WireFormat::cbor) {
        return std::shared_ptr<KinesisClient>(std::move(server).value());
    }
    auto client = try_aws_kinesis({.endpoint = (*server)->endpoint(),
                                   .credentials = AwsCredentials{"local", "local"},
                                   .wire_format = options.wire_format});
    if (!client) return std::move(client).error();
    // Members go in reverse order: the client before the server that it talks to.
    struct Both {
        std::shared_ptr<LocalKinesis> server;
        std::shared_ptr<KinesisClient> client;
    };
    const auto both =
        std::make_shared<Both>(Both{std::move(server).value(), std::move(client).value()});
    return std::shared_ptr<KinesisClient>(both, both->client.get());
}

}  // namespace

AwsKinesisOptions aws_options(const ConnectionOptions& options) {
    AwsKinesisOptions aws;
    aws.endpoint = options.endpoint;
    aws.region = options.region;
    aws.profile = options.profile;
    aws.ca_bundle = options.ca_bundle;
    aws.wire_format = options.wire_format;
    return aws;
}

void add_network_options(CLI::App& app, ConnectionOptions& options) {
    app.add_option("--endpoint", options.endpoint,
                   "Where Kinesis is, such as http://localhost:4567; default: "
                   "AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, or AWS's own for the region")
        ->type_name("URL")
        ->check(endpoint_url())
        ->group(group);
    app.add_option("--region", options.region,
                   "AWS region; default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, the EC2 "
                   "machine's")
        ->type_name("REGION")
        ->group(group);
    app.add_option("--profile", options.profile,
                   "Profile in AWS's shared files; default: AWS_PROFILE, AWS_DEFAULT_PROFILE, "
                   "default")
        ->type_name("NAME")
        ->check(not_empty())
        ->group(group);
    app.add_option("--ca-bundle", options.ca_bundle,
                   "File of PEM certificates to trust in place of the system's")
        ->type_name("FILE")
        ->check(readable_file())
        ->group(group);
    app.add_option_function<std::string>(
           "--wire-format",
           [&options](const std::string& name) {
               options.wire_format = name == "json" ? WireFormat::json : WireFormat::cbor;
           },
           "How requests are written: cbor (default) or json")
        ->type_name("FORMAT")
        ->check(one_of({"cbor", "json"}))
        ->group(group);
}

void add_connection_options(CLI::App& app, ConnectionOptions& options) {
    add_network_options(app, options);
    app.add_flag("--local", options.local,
                 "A Kinesis inside this process, kept in DIR or, without =DIR, in memory until the "
                 "process ends; the stream is created where it is missing")
        ->option_text("[=DIR]")
        ->group(group);
}

CLI::Option* add_stream_option(CLI::App& app, std::string& stream, const char* what) {
    return app.add_option("--stream", stream, what)->type_name("NAME")->check(stream_name_or_arn());
}

void add_local_shards_option(CLI::App& app, ConnectionOptions& options) {
    app.add_option("--local-shards", options.local_shards,
                   "With --local: the shards of a stream that is created; default 1")
        ->type_name("N")
        ->check(whole_number(1, 1000))
        ->group(group);
}

Expected<std::shared_ptr<KinesisClient>, Error> open_client(const ConnectionOptions& options,
                                                            const std::string& stream,
                                                            LocalStreamUse use, Console& console) {
    if (!options.local.empty()) {
        refuse_beside_local(options);
        return open_local(options, stream, use, console);
    }
    if (options.local_shards) {
        throw UsageError(
            "--local-shards is about the stream that --local creates; give --local too, or leave "
            "it out");
    }
    return open_over_network(
        options, stream, [](const AwsKinesisOptions& aws) { return try_aws_kinesis(aws); },
        console);
}

Expected<std::shared_ptr<KinesisClient>, Error> open_over_network(const ConnectionOptions& options,
                                                                  const std::string& stream,
                                                                  const OpenAws& open,
                                                                  Console& console) {
    const std::string endpoint =
        !options.endpoint.empty()
            ? options.endpoint
            : from_environment({"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"});
    AwsKinesisOptions aws = aws_options(options);
    auto client = open(aws);
    // Whoever serves on this very machine knows no account either, so a first try needs no keys;
    // who names a profile means its keys.
    if (!client && client.error().code == ErrorCode::credentials && options.profile.empty() &&
        is_loopback_endpoint(endpoint)) {
        const std::string none = "no AWS credentials: ";
        const std::string& why = client.error().message;
        console.say((why.starts_with(none) ? none : why + "; for now ") +
                    "signing with \"local\" and \"local\" for " + endpoint +
                    ", which is on this machine");
        aws.credentials = AwsCredentials{"local", "local"};
        client = open(aws);
    }
    if (!client && client.error().message.starts_with("no AWS region")) {
        std::string& message = client.error().message;
        const auto arn = aws::parse_stream_arn(stream);
        if (arn) message += "; the stream's ARN says --region " + std::string(arn->region);
        message += "; for a stream on this machine give --local, or --endpoint";
    }
    return client;
}

ExitStatus report_not_opened(const Error& error, Console& console) {
    console.say(with_option_names(error.message));
    return is_configuration(error.code) ? ExitStatus::configuration : ExitStatus::failed;
}

ExitStatus report_no_dispatch(const Error& error, Console& console) {
    if (error.code == ErrorCode::bad_option) throw UsageError(with_option_names(error.message));
    return report_not_opened(error, console);
}

std::function<void(LogLevel, std::string_view)> log_to(Console& console) {
    struct Last {
        std::mutex mutex;
        std::string line;  // Without what differs from request to request.
    };
    return [&console, last = std::make_shared<Last>()](LogLevel level, std::string_view line) {
        if (level == LogLevel::info) return;
        {
            const std::lock_guard lock(last->mutex);
            std::string same = without_request_ids(line);
            if (last->line == same) return;
            last->line = std::move(same);
        }
        console.say(with_option_names(std::string(line)));
    };
}

std::string with_option_names(std::string message) {
    static constexpr std::pair<std::string_view, std::string_view> at_the_beginning[] = {
        {"kinesis_stream", "--stream"}, {"producer_id", "--producer-id"}};
    for (const auto& [theirs, ours] : at_the_beginning) {
        if (message.starts_with(theirs)) message.replace(0, theirs.size(), ours);
    }
    static constexpr std::pair<std::string_view, std::string_view> anywhere[] = {
        {"give option credentials, set AWS_ACCESS_KEY_ID", "set AWS_ACCESS_KEY_ID"},
        {"option endpoint", "--endpoint"},
        {"option region", "--region"},
        {"option profile", "--profile"},
        {"option proxy, and http_proxy", "http_proxy"},
        {"option proxy or https_proxy", "https_proxy"},
        {"option ca_bundle", "--ca-bundle"},
        {"(deliver_within)", "(--deliver-within)"}};
    for (const auto& [theirs, ours] : anywhere) {
        for (std::size_t at = message.find(theirs); at != std::string::npos;
             at = message.find(theirs, at + ours.size())) {
            message.replace(at, theirs.size(), ours);
        }
    }
    return message;
}

}  // namespace lk::cli
