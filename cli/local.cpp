#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <lk/local_kinesis.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/connection.hpp"
#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/loopback.hpp"
#include "cli/output.hpp"
#include "local/server.hpp"

namespace lk::cli {
namespace {

constexpr int most_shards = 10'000;

struct LocalOptions {
    std::uint16_t port = 4567;
    std::string address = "127.0.0.1";
    std::string directory;
    std::vector<std::string> streams;
    bool tls = false;
    bool print_ca = false;
    bool enforce_limits = false;
    bool discard = false;
    std::string faults;
    bool verify_signatures = false;
};

// "name" or "name:shards"; nothing when it is something else.
std::optional<LocalStream> parse_stream(std::string_view text) {
    LocalStream stream;
    const std::size_t colon = text.find(':');
    stream.name = text.substr(0, colon);
    if (colon != std::string_view::npos) {
        const char* const end = text.data() + text.size();
        const auto [stopped, code] = std::from_chars(text.data() + colon + 1, end, stream.shards);
        if (code != std::errc() || stopped != end) return std::nullopt;
        if (stream.shards < 1 || stream.shards > most_shards) return std::nullopt;
    }
    if (!is_stream_name(stream.name)) return std::nullopt;
    return stream;
}

CLI::Validator stream_and_shards() {
    return CLI::Validator(
        [](std::string& text) {
            if (parse_stream(text)) return std::string();
            return "\"" + text +
                   "\" is not a stream; it is NAME or NAME:SHARDS, such as events:4, with a name "
                   "of 1 to 128 of a-z A-Z 0-9 _ . - and 1 to " +
                   std::to_string(most_shards) + " shards";
        },
        "");
}

// From where a client finds them, too: on a command line everybody on the machine could read them.
AwsCredentials keys_of_clients() {
    const auto value = [](const char* name) {
        const char* const text = std::getenv(name);
        return std::string(text == nullptr ? "" : text);
    };
    AwsCredentials keys{.access_key_id = value("AWS_ACCESS_KEY_ID"),
                        .secret_access_key = value("AWS_SECRET_ACCESS_KEY"),
                        .session_token = value("AWS_SESSION_TOKEN")};
    if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
        throw UsageError(
            "--verify-signatures takes the keys that clients must have from the environment: set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN for temporary "
            "ones; any text will do, if the clients have the same");
    }
    return keys;
}

// What another terminal may be given to see that it works.
void say_how_to_use(const LocalOptions& options, const std::string& endpoint, Console& console) {
    const std::string stream =
        options.streams.empty() ? "STREAM" : parse_stream(options.streams.front())->name;
    const std::string trust = options.tls ? " --ca-bundle CA.PEM" : "";
    console.say("try: lk-dispatch put --endpoint " + endpoint + trust + " --stream " + stream +
                " --producer-id me --type hello");
    const std::string keys =
        options.verify_signatures ? "" : "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local ";
    console.say("or:  " + keys + "aws kinesis list-streams --region us-east-1 --endpoint-url " +
                endpoint + trust);
    if (options.tls && !options.print_ca) {
        console.say("the certificate to trust, CA.PEM, is printed to stdout with --print-ca");
    }
}

ExitStatus serve(const LocalOptions& options, Console& console) {
    if (options.print_ca && !options.tls) {
        throw UsageError("--print-ca prints the certificate of --tls; give --tls too");
    }
    watch_for_interrupts();
    local::ServerOptions server_options;
    server_options.address = options.address;
    server_options.port = options.port;
    server_options.directory = options.directory;
    for (const std::string& stream : options.streams) {
        server_options.streams.push_back(*parse_stream(stream));
    }
    server_options.enforce_limits = options.enforce_limits;
    server_options.discard = options.discard;
    server_options.tls = options.tls;
    server_options.faults = options.faults;
    if (options.verify_signatures) server_options.credentials = keys_of_clients();
    server_options.log = [&console](std::string_view line) { console.say(line); };
    auto server = local::Server::start(std::move(server_options));
    if (!server) {
        console.say(server.error().message);
        return ExitStatus::configuration;
    }

    const std::string endpoint = (*server)->endpoint();
    console.say("listening on " + endpoint);
    if (!is_loopback_endpoint("http://" + (options.address.find(':') == std::string::npos
                                               ? options.address
                                               : "[" + options.address + "]"))) {
        console.say("--address " + options.address + ": whoever reaches it" +
                    (options.verify_signatures ? " and has the keys" : "") +
                    " may read and write every stream");
    }
    console.say(options.discard ? "--discard: records are acknowledged and forgotten"
                : options.directory.empty()
                    ? "records are in memory and end with this process; keep them with --data DIR"
                    : "records are kept in " + options.directory);
    if (options.verify_signatures) {
        console.say(
            "--verify-signatures: clients must have the AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY of this command");
    }
    if (!options.faults.empty()) console.say("--faults: things go wrong on purpose");
    say_how_to_use(options, endpoint, console);
    if (options.print_ca) {
        Output output;
        output.write((*server)->ca_certificate());
        // Who closes stdout, as head does, has what he wants.
        if (!output.flush() && !output.reader_gone()) {
            console.say(output.reason());
            return ExitStatus::failed;
        }
    }
    while (!wait_for_interrupt(std::chrono::hours(1))) {
    }
    (*server)->stop();
    console.say("stopped");
    return ExitStatus::success;
}

}  // namespace

Command add_local(CLI::App& parent) {
    const auto options = std::make_shared<LocalOptions>();
    CLI::App& app = *parent.add_subcommand("local", "Serve a Kinesis of your own on this machine");
    app.add_option("--port", options->port, "The TCP port; 0: any free one; default 4567")
        ->type_name("PORT")
        ->check(whole_number(0, 65'535));
    app.add_option("--address", options->address,
                   "The numeric address to listen on; default 127.0.0.1, so that only this machine "
                   "reaches it")
        ->type_name("ADDRESS");
    app.add_option("--data", options->directory,
                   "Keep streams and records in this directory, made where it is missing; default: "
                   "in memory")
        ->type_name("DIR")
        ->check(not_empty());
    app.add_option("--stream", options->streams,
                   "A stream to create where it does not exist, with so many shards (1 when left "
                   "out); may be given again")
        ->type_name("NAME[:SHARDS]")
        ->check(stream_and_shards())
        ->allow_extra_args(false);
    app.add_flag("--tls", options->tls, "Speak HTTPS, with a certificate of its own");
    app.add_flag("--print-ca", options->print_ca,
                 "With --tls: print the certificate that clients must trust to stdout, as PEM");
    app.add_flag("--enforce-limits", options->enforce_limits,
                 "Throttle writes over 1,000 records/s or 1 MiB/s a shard, and reads over 5 "
                 "requests/s or 2 MiB/s a shard, as Kinesis does");
    app.add_flag("--discard", options->discard, "Acknowledge records and forget them");
    app.add_option("--faults", options->faults,
                   "Let things go wrong on purpose, as this fault plan says: a JSON file, or the "
                   "JSON text itself; see docs/local-stream.md")
        ->type_name("FILE")
        ->check(not_empty());
    app.add_flag("--verify-signatures", options->verify_signatures,
                 "Take only requests that are signed with the keys in this command's own "
                 "environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where it is set, "
                 "AWS_SESSION_TOKEN");
    app.footer(
        "Any Kinesis client can use it: the AWS CLI and SDKs with their endpoint option, in JSON\n"
        "or CBOR. Ends with status 0 on SIGINT or SIGTERM.\n"
        "\n"
        "Example:\n"
        "  lk-dispatch local --port 4567 --data demo --stream events:4");
    return {&app, [options](Console& console) { return serve(*options, console); }};
}

}  // namespace lk::cli
