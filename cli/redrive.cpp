#include <CLI/CLI.hpp>
#include <filesystem>
#include <lk/dispatch.hpp>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/event_line.hpp"
#include "cli/failure_report.hpp"
#include "cli/input.hpp"
#include "cli/interrupt.hpp"
#include "cli/line_reader.hpp"
#include "cli/outcomes.hpp"
#include "cli/publishing.hpp"

namespace lk::cli {
namespace {

struct RedriveOptions {
    PublishingOptions to;
    std::vector<std::string> files;
};

// Puts the events of one file; false when no more should be read.
class Redrive {
  public:
    Redrive(const Dispatch& dispatch, Console& console)
        : dispatch_(dispatch),
          console_(console),
          report_([&console](std::string_view line) { console.say_bare(line); }),
          outcomes_(dispatch, report_) {}

    bool put(const std::string& path) {
        auto input = Input::open(path);
        if (!input) {
            console_.say(input.error());
            input_failed_ = true;
            return true;
        }
        names_.push_back(std::make_unique<std::string>(input->name()));
        LineReader lines([&](std::span<char> buffer) { return input->read(buffer, [] {}); },
                         most_line_bytes);
        Line line;
        while (!should_stop() && lines.next(line)) put(line);
        if (!input->error().empty()) {
            console_.say(input->error());
            input_failed_ = true;
        }
        return !should_stop();
    }

    ExitStatus finish() {
        while (!outcomes_.settle(std::chrono::seconds(1))) {
            if (interrupted()) break;
        }
        report_.finish();
        const Totals& totals = outcomes_.totals();
        console_.say_bare(summary(totals, std::chrono::steady_clock::now() - started_));
        if (interrupted()) return ExitStatus::interrupted;
        if (outcomes_.misconfigured()) return ExitStatus::configuration;
        return totals.all_published() && !input_failed_ ? ExitStatus::success : ExitStatus::failed;
    }

  private:
    // A record of 10 MiB as base64, with what stands around it.
    static constexpr std::size_t most_line_bytes = std::size_t{16} * 1024 * 1024;

    void put(const Line& line) {
        const Place place{names_.back().get(), line.number};
        if (line.too_long()) return outcomes_.refuse(place, "the line is longer than any event");
        const auto read = reader_.read(line.text);
        if (!read) return outcomes_.refuse(place, read.error());
        if (read->is_record) {
            outcomes_.add(
                dispatch_.record(*read->event.data,
                                 {.partition_key = read->event.source.kinesis_partition_key,
                                  .explicit_hash_key = read->explicit_hash_key,
                                  .keep_event = false}),
                place);
        } else {
            outcomes_.add(dispatch_.event(read->event, read->explicit_hash_key), place);
        }
    }
    [[nodiscard]] bool should_stop() const { return interrupted() || outcomes_.hopeless(); }

    const Dispatch& dispatch_;
    Console& console_;
    FailureReport report_;
    Outcomes outcomes_;
    EventLineReader reader_;
    std::vector<std::unique_ptr<std::string>> names_;
    bool input_failed_ = false;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

ExitStatus redrive(const RedriveOptions& options, Console& console) {
    for (const std::string& path : options.files) {
        const std::string problem = problem_with_input(path);
        if (!problem.empty()) throw UsageError(problem);
        // It would be read on, as long as events fail.
        std::error_code error;
        const std::string& letters = options.to.durability.dead_letters;
        if (!letters.empty() && std::filesystem::equivalent(path, letters, error)) {
            throw UsageError("--dead-letters: " + letters +
                             " is the file that is read; name another one");
        }
    }
    watch_for_interrupts();
    auto client =
        open_client(options.to.connection, options.to.stream, LocalStreamUse::create, console);
    if (!client) return report_not_opened(client.error(), console);
    DispatchOptions settings{.kinesis_client = *client,
                             .kinesis_stream = options.to.stream,
                             // Each event has its own.
                             .producer_id = "lk-dispatch redrive",
                             .log = log_to(console)};
    if (!options.to.durability.has_outbox()) {
        settings.deliver_within = options.to.deliver_within;
    }
    apply(options.to.durability, settings);
    auto dispatch = try_get_dispatch(settings);
    if (!dispatch) return report_no_dispatch(dispatch.error(), console);
    Redrive work(*dispatch, console);
    for (const std::string& path : options.files) {
        if (!work.put(path)) break;
    }
    const ExitStatus status = work.finish();
    if (!options.to.durability.has_outbox()) return status;
    const bool all =
        drain_outbox(*dispatch, options.to.durability, options.to.deliver_within, console);
    return status == ExitStatus::success && !all ? ExitStatus::failed : status;
}

}  // namespace

Command add_redrive(CLI::App& parent) {
    const auto options = std::make_shared<RedriveOptions>();
    CLI::App& app = *parent.add_subcommand(
        "redrive", "Publish dead letters again, with their own ids, times and keys");
    app.add_option("FILE", options->files,
                   "Files of dead letters (--dead-letters), of lk-dispatch outbox export, or of "
                   "events as lk-dispatch tail prints them; - is stdin")
        ->required();
    add_stream_option(app, options->to.stream)->required();
    add_publishing_options(app, options->to,
                           "Give up on an event after so many seconds, with --outbox for this run; "
                           "default 600");
    app.footer(
        "The file stays as it is: move it away when all was published. With --dead-letters name\n"
        "another file than the one that is read.\n"
        "\n"
        "Example, without AWS:\n"
        "  lk-dispatch put --local=demo --stream events --producer-id me --type greeting > sent\n"
        "  lk-dispatch redrive sent --local=demo --stream events");
    return {&app, [options](Console& console) { return redrive(*options, console); }};
}

}  // namespace lk::cli
