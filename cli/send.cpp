#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <lk/dispatch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/field_reader.hpp"
#include "cli/input.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress_printer.hpp"
#include "cli/publishing.hpp"
#include "cli/sender.hpp"

namespace lk::cli {
namespace {

struct SendOptions {
    PublishingOptions to;
    std::string producer_id;
    std::string type;
    FieldNames fields;
    std::vector<std::string> files;
    bool has_deliver_within = false;
    std::optional<Stage> print;
};

void check(const SendOptions& options) {
    if (options.print == Stage::stored && !options.to.durability.has_outbox()) {
        throw UsageError(
            "--print stored: events are stored only with --outbox DIR; give it, or "
            "--print published");
    }
    if (options.type.empty() == options.fields.type.empty()) {
        throw UsageError(options.type.empty()
                             ? "the events' type is missing: give --type TYPE for all of them, or "
                               "--type-field FIELD to take it from each line"
                             : "--type and --type-field were both given; give one of them");
    }
    // Before anything is sent: half a run because of a mistyped name helps nobody.
    for (const std::string& path : options.files) {
        const std::string problem = problem_with_input(path);
        if (!problem.empty()) throw UsageError(problem);
    }
}

ExitStatus send(const SendOptions& options, Console& console) {
    check(options);
    watch_for_interrupts();
    auto client =
        open_client(options.to.connection, options.to.stream, LocalStreamUse::create, console);
    if (!client) return report_not_opened(client.error(), console);
    // A slow stream must slow the reading down, not let events run out of time: so less is held
    // than the slowest stream, one shard of 1 MiB/s, takes in the time that an event is given.
    const std::size_t budget_bytes = static_cast<std::size_t>(std::clamp<std::int64_t>(
                                         options.to.deliver_within.count() / 2, 1, 64)) *
                                     1024 * 1024;
    const bool durable = options.to.durability.has_outbox();
    DispatchOptions settings{.kinesis_client = *client,
                             .kinesis_stream = options.to.stream,
                             .producer_id = options.producer_id,
                             .budget_bytes = budget_bytes,
                             .log = log_to(console)};
    if (!durable || options.has_deliver_within) {
        settings.deliver_within = options.to.deliver_within;
    }
    apply(options.to.durability, settings);
    auto dispatch = try_get_dispatch(settings);
    if (!dispatch) return report_no_dispatch(dispatch.error(), console);

    std::shared_ptr<ProgressPrinter> printer;
    if (options.print) printer = std::make_shared<ProgressPrinter>(*options.print, console);
    Sender sender(*dispatch, options.type, options.fields, console, printer.get(), durable);
    const std::vector<std::string> stdin_alone = {"-"};
    for (const std::string& path : options.files.empty() ? stdin_alone : options.files) {
        if (!sender.send(path)) break;
    }
    const ExitStatus status = sender.finish();
    if (!durable) return status;
    const bool all_published =
        drain_outbox(*dispatch, options.to.durability, std::chrono::hours(24 * 365), console);
    return status == ExitStatus::success && !all_published ? ExitStatus::failed : status;
}

}  // namespace

Command add_send(CLI::App& parent) {
    const auto options = std::make_shared<SendOptions>();
    CLI::App& app = *parent.add_subcommand("send", "Publish each line of NDJSON as an event");
    app.add_option("FILE", options->files,
                   "Files of one JSON text a line; - is stdin, which is also read when no file is "
                   "given");
    add_stream_option(app, options->to.stream)->required();
    app.add_option("--producer-id", options->producer_id,
                   "Who publishes them, such as service@host")
        ->type_name("ID")
        ->check(not_empty())
        ->required();
    app.add_option("--type", options->type, "The type of all events; or give --type-field")
        ->type_name("TYPE")
        ->check(not_empty());
    app.add_option("--type-field", options->fields.type,
                   "Take the type from this field of each line")
        ->type_name("FIELD")
        ->check(not_empty());
    app.add_option("--partition-key-field", options->fields.partition_key,
                   "Take the partition key from this field; events with equal keys keep their "
                   "order; where it is missing a fresh UUID")
        ->type_name("FIELD")
        ->check(not_empty());
    app.add_option("--source-user-id-field", options->fields.source_user_id,
                   "Take the user from this field; where it is missing null")
        ->type_name("FIELD")
        ->check(not_empty());
    add_publishing_options(
        app, options->to,
        "Give up on an event after so many seconds; default 600, with --outbox never");
    app.add_option_function<std::string>(
           "--print",
           [options = options.get()](const std::string& stage) {
               options->print = stage == "stored" ? Stage::stored : Stage::published;
           },
           "Print each event's id, a tab and its line to stdout once it is stored (with --outbox) "
           "or "
           "published")
        ->type_name("STAGE")
        ->check(one_of({"stored", "published"}));
    app.footer(
        "The whole line is the event's data. A FIELD is the name of a top-level member of the\n"
        "line; a string stands for its text, a number or a boolean for its JSON text, null for a\n"
        "missing one; objects and arrays are refused. Blank lines are skipped; a line that is no\n"
        "event (not JSON, without its type, over 10 MiB) is reported with file and line number,\n"
        "and the rest goes on. The first SIGINT stops reading and waits for what is under way, "
        "the\n"
        "second ends at once.\n"
        "\n"
        "Example, without AWS:\n"
        "  printf '%s\\n' '{\"kind\":\"added\",\"post\":1}' '{\"kind\":\"seen\",\"post\":1}' |\n"
        "      lk-dispatch send --local=demo --stream events --producer-id me@laptop \\\n"
        "      --type-field kind --partition-key-field post -");
    return {&app, [&app, options](Console& console) {
                options->has_deliver_within = app.count("--deliver-within") > 0;
                return send(*options, console);
            }};
}

}  // namespace lk::cli
