#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <lk/dispatch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/input.hpp"
#include "cli/outcomes.hpp"
#include "cli/output.hpp"
#include "cli/publishing.hpp"
#include "cli/timestamp.hpp"

namespace lk::cli {
namespace {

struct PutOptions {
    PublishingOptions to;
    std::string producer_id;
    std::string type;
    bool has_data = false;
    std::string data;
    std::string partition_key;
    std::string source_user_id;
    std::string explicit_hash_key;
    std::string id;
    std::string timestamp;
};

constexpr std::chrono::seconds patience_without_news{1};

CLI::Validator timestamp() {
    return CLI::Validator(
        [](std::string& text) {
            if (parse_timestamp(text)) return std::string();
            return "\"" + text +
                   "\" is not a time in UTC between the years 1678 and 2261, such as "
                   "2016-01-31T12:00:00.000Z";
        },
        "");
}

// All of stdin, for --data -. A record holds 10 MiB at most, so more can not be an event.
Expected<std::string, Error> read_stdin() {
    constexpr std::size_t most = std::size_t{10} * 1024 * 1024;
    auto input = Input::open("-");
    if (!input) return Error{ErrorCode::bad_input, input.error(), false, 0};
    std::string data;
    std::vector<char> block(std::size_t{256} * 1024);
    while (data.size() <= most) {
        const std::ptrdiff_t got = input->read(block, [] {});
        if (got == 0) return data;
        if (got < 0) return Error{ErrorCode::bad_input, input->error(), false, 0};
        data.append(block.data(), static_cast<std::size_t>(got));
    }
    return Error{ErrorCode::too_large,
                 "--data -: stdin holds more than the 10 MiB (" + std::to_string(most) +
                     " bytes) of the largest record",
                 false, 0};
}

// The library begins its complaint about one of an event's parts with that part's name.
std::string as_on_the_command_line(std::string message) {
    static constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"data ", "--data "},
        {"id ", "--id "},
        {"type ", "--type "},
        {"partition_key ", "--partition-key "},
        {"explicit_hash_key ", "--explicit-hash-key "},
        {"source_user_id ", "--source-user-id "}};
    for (const auto& [theirs, ours] : names) {
        if (message.starts_with(theirs)) message.replace(0, theirs.size(), ours);
    }
    return with_option_names(std::move(message));
}

ExitStatus report(const Error& error, Console& console) {
    const std::string beginning = error.may_have_been_delivered
                                      ? "whether the event was published is unknown: "
                                      : "the event was not published: ";
    console.say(beginning + as_on_the_command_line(error.message));
    return is_configuration(error.code) ? ExitStatus::configuration : ExitStatus::failed;
}

ExitStatus put(const PutOptions& options, Console& console) {
    std::string data = options.data;
    if (options.data == "-") {
        auto read = read_stdin();
        if (!read) {
            return report(read.error(), console);
        }
        data = std::move(read).value();
    }
    auto client =
        open_client(options.to.connection, options.to.stream, LocalStreamUse::create, console);
    if (!client) return report_not_opened(client.error(), console);
    std::atomic<bool> takes_long = false;
    // What is only tried again matters to who has to wait; that something may be lost, to
    // everybody.
    const auto log = [&takes_long, say = log_to(console)](LogLevel level, std::string_view line) {
        if (takes_long || level == LogLevel::error) say(level, line);
    };
    const std::chrono::seconds patience = options.to.deliver_within;
    const bool durable = options.to.durability.has_outbox();
    DispatchOptions settings{.kinesis_client = *client,
                             .kinesis_stream = options.to.stream,
                             .producer_id = options.producer_id,
                             .log = log};
    // What is in an outbox needs no deadline: the next run goes on with it.
    if (!durable) settings.deliver_within = patience;
    apply(options.to.durability, settings);
    auto dispatch = try_get_dispatch(settings);
    if (!dispatch) return report_no_dispatch(dispatch.error(), console);

    EventOptions event;
    event.partition_key = options.partition_key;
    event.source_user_id = options.source_user_id;
    event.explicit_hash_key = options.explicit_hash_key;
    event.id = options.id;
    event.timestamp = parse_timestamp(options.timestamp);
    Published published = (*dispatch)(options.type, options.has_data ? json(data) : Json(), event);
    // What fails soon is told once, by the outcome; who has to wait is told why.
    dispatch->flush(patience_without_news);
    takes_long = true;
    // close() ends what would otherwise wait for as long as the stream cannot be reached.
    const bool all_published =
        !durable || drain_outbox(*dispatch, options.to.durability, patience, console);
    const Outcome outcome = published.wait();
    if (!outcome) {
        if (outcome.error().code == ErrorCode::kept) return ExitStatus::failed;
        return report(outcome.error(), console);
    }

    Output output;
    output.write_line(outcome->json());
    if (!output.flush()) {
        // A status other than success would invite a second try, and with it a second event.
        console.say("the event " + outcome->id + " was published, but " + output.reason());
    }
    return all_published ? ExitStatus::success : ExitStatus::failed;
}

}  // namespace

Command add_put(CLI::App& parent) {
    const auto options = std::make_shared<PutOptions>();
    CLI::App& app = *parent.add_subcommand("put", "Publish one event and print it");
    add_stream_option(app, options->to.stream)->required();
    app.add_option("--producer-id", options->producer_id, "Who publishes it, such as service@host")
        ->type_name("ID")
        ->check(not_empty())
        ->required();
    app.add_option("--type", options->type, "What happened")
        ->type_name("TYPE")
        ->check(not_empty())
        ->required();
    app.add_option("--data", options->data,
                   "The event's data as JSON text; - reads it from stdin; default: no data")
        ->type_name("JSON");
    app.add_option("--partition-key", options->partition_key,
                   "Events with equal keys keep their order; default: a fresh UUID")
        ->type_name("KEY");
    app.add_option("--source-user-id", options->source_user_id,
                   "The user on whose behalf; default: null")
        ->type_name("ID");
    app.add_option("--explicit-hash-key", options->explicit_hash_key,
                   "Choose the shard by this decimal number below 2^128 in place of the key")
        ->type_name("NUMBER");
    app.add_option("--id", options->id, "The event's id; default: a fresh UUID")->type_name("ID");
    app.add_option("--timestamp", options->timestamp,
                   "When it happened, such as 2016-01-31T12:00:00.000Z; default: now")
        ->type_name("TIME")
        ->check(timestamp());
    options->to.deliver_within = std::chrono::seconds(30);
    add_publishing_options(app, options->to,
                           "Give up after so many seconds, with --outbox for this run; default 30");
    app.footer(
        "Prints the published event, the record's own bytes, as one line of JSON.\n"
        "\n"
        "Example, without AWS:\n"
        "  lk-dispatch put --local=demo --stream events --producer-id me@laptop \\\n"
        "      --type 'post added' --data '{\"title\":\"Hello\"}' --partition-key posts-1");
    return {&app, [&app, options](Console& console) {
                options->has_data = app.count("--data") > 0;
                return put(*options, console);
            }};
}

}  // namespace lk::cli
