#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <future>
#include <lk/dispatch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/counted.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/connection.hpp"
#include "cli/console.hpp"
#include "cli/durability.hpp"
#include "cli/event_line.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/totals.hpp"
#include "event/envelope.hpp"
#include "outbox/inspect.hpp"
#include "outbox/outbox.hpp"
#include "wire/record_layout.hpp"

namespace lk::cli {
namespace {

struct OutboxOptions {
    ConnectionOptions connection;
    std::string action;
    std::string directory;
    std::string stream;
    int seconds = 600;
};

outbox::Options opening(const OutboxOptions& options, Console& console) {
    return {.directory = options.directory,
            .max_bytes = std::uint64_t{1} << 50,
            .log = [&console](int level, std::string_view line) {
                if (level > 0) console.say(line);
            }};
}

// The streams that are meant: the one that was named, or all.
Expected<std::vector<outbox::StreamContents>, Error> streams_of(const OutboxOptions& options,
                                                                Console& console) {
    auto all = outbox::contents(opening(options, console));
    if (!all || options.stream.empty()) return all;
    std::erase_if(*all, [&](const auto& one) { return one.name != options.stream; });
    if (!all->empty()) return all;
    return Error{ErrorCode::bad_option,
                 "the outbox " + options.directory + " holds nothing of the stream \"" +
                     options.stream + "\"; lk-dispatch outbox ls " + options.directory +
                     " says what it holds",
                 false, 0};
}

std::string size_of(std::uint64_t bytes) {
    return grouped((bytes + 1023) / 1024) + " KiB";
}

std::string age_of(std::int64_t since_ms) {
    return readable(
        std::chrono::milliseconds(std::max<std::int64_t>(system_now_ms() - since_ms, 0)));
}

ExitStatus finish(Output& output, Console& console) {
    if (output.flush() || output.reader_gone()) return ExitStatus::success;
    console.say(output.reason());
    return ExitStatus::failed;
}

ExitStatus ls(const OutboxOptions& options, Console& console) {
    const auto streams = streams_of(options, console);
    if (!streams) return report_not_opened(streams.error(), console);
    Output output;
    for (const outbox::StreamContents& one : *streams) {
        output.write_line(
            one.name + "\t" + counted(one.records, "event", "events") + "\t" + size_of(one.bytes) +
            (one.oldest_ms ? "\toldest " + age_of(*one.oldest_ms) + " ago" : std::string()));
    }
    if (streams->empty()) console.say("the outbox " + options.directory + " is empty");
    return finish(output, console);
}

// Calls `each` with every event that is left and not discarded, in the order of dispatch, until it
// says no.
std::optional<Error> for_each_event(outbox::StreamOutbox& stream,
                                    const std::function<bool(const outbox::KeptRecord&)>& each) {
    const auto discarded = stream.discarded();
    if (!discarded) return discarded.error();
    const auto is_discarded = [&](const outbox::KeptRecord& kept, outbox::PageId id) {
        const auto found = discarded->find(kept.fingerprint);
        return found != discarded->end() && id <= found->second;
    };
    std::vector<outbox::PageId> pages;
    if (auto error =
            stream.for_each_left([&](const outbox::LeftPage& page) { pages.push_back(page.id); })) {
        return error;
    }
    for (const outbox::PageId id : pages) {
        std::promise<Expected<outbox::ReadPage, Error>> answered;
        stream.load(id, [&](Expected<outbox::ReadPage, Error> page) {
            answered.set_value(std::move(page));
        });
        const auto read = answered.get_future().get();
        if (!read) return read.error();
        // Lost meanwhile, as the log has told.
        if (!*read) continue;
        const outbox::KeptPage& page = **read;
        for (std::size_t i = 0; i < page.records.size(); ++i) {
            if (page.settled[i] || is_discarded(page.records[i], id)) continue;
            if (!each(page.records[i])) return std::nullopt;
        }
    }
    return std::nullopt;
}

std::string_view data_of(const outbox::KeptRecord& kept) {
    return kept.cbor.substr(wire::RecordLayout::before_data, kept.data_bytes);
}

EventLine line_of(const outbox::KeptRecord& kept) {
    using Layout = wire::RecordLayout;
    EventLine line;
    const std::string_view key =
        kept.cbor.substr(Layout::before_data + kept.data_bytes + Layout::before_key);
    if (kept.hash_key_bytes != 0) {
        line.explicit_hash_key =
            key.substr(kept.key_bytes + Layout::before_hash_key, kept.hash_key_bytes);
    }
    line.is_record = !kept.is_envelope || !event::read_envelope(data_of(kept), line.event);
    if (line.is_record) {
        line.event.data = data_of(kept);
        line.event.source.kinesis_partition_key = key.substr(0, kept.key_bytes);
    }
    return line;
}

// The events as they stand, or as lines for redrive.
ExitStatus print(const OutboxOptions& options, Console& console, bool for_redrive) {
    const auto streams = streams_of(options, console);
    if (!streams) return report_not_opened(streams.error(), console);
    watch_for_interrupts();
    Output output;
    for (const outbox::StreamContents& one : *streams) {
        const auto stream = outbox::open(opening(options, console), one.name);
        if (!stream) return report_not_opened(stream.error(), console);
        const auto error = for_each_event(**stream, [&](const outbox::KeptRecord& kept) {
            if (for_redrive) {
                output.write_line(event_line(line_of(kept), one.name));
            } else {
                output.write_line(data_of(kept));
            }
            return !interrupted() && !output.failed();
        });
        if (error) return report_not_opened(*error, console);
        if (interrupted()) return ExitStatus::interrupted;
    }
    return finish(output, console);
}

ExitStatus retry(const OutboxOptions& options, Console& console) {
    const auto streams = streams_of(options, console);
    if (!streams) return report_not_opened(streams.error(), console);
    watch_for_interrupts();
    bool all_published = true;
    for (const outbox::StreamContents& one : *streams) {
        // What was discarded goes, too.
        if (one.bytes == 0 || interrupted()) continue;
        auto client = open_client(options.connection, one.name, LocalStreamUse::create, console);
        if (!client) return report_not_opened(client.error(), console);
        DispatchOptions settings{.kinesis_client = *client,
                                 .kinesis_stream = one.name,
                                 // Each event has its own.
                                 .producer_id = "lk-dispatch outbox retry",
                                 .log = log_to(console)};
        DurabilityOptions durability;
        durability.directory = options.directory;
        apply(durability, settings);
        auto dispatch = try_get_dispatch(settings);
        if (!dispatch) return report_no_dispatch(dispatch.error(), console);
        console.say(one.records == 0
                        ? "removing what was discarded of " + one.name
                        : "publishing " + grouped(one.records) +
                              (one.records == 1 ? " event to " : " events to ") + one.name);
        all_published &=
            drain_outbox(*dispatch, durability, std::chrono::seconds(options.seconds), console);
    }
    if (interrupted()) return ExitStatus::interrupted;
    return all_published ? ExitStatus::success : ExitStatus::failed;
}

}  // namespace

Command add_outbox(CLI::App& parent) {
    const auto options = std::make_shared<OutboxOptions>();
    CLI::App& app = *parent.add_subcommand(
        "outbox", "Look into an outbox, or publish what an earlier run left in it");
    app.add_option("ACTION", options->action,
                   "ls: streams, events, size, age of the oldest; show: the events that are not "
                   "published, a line each; export: the same as lines for lk-dispatch redrive; "
                   "retry: publish them now")
        ->required()
        ->check(one_of({"ls", "show", "export", "retry"}));
    app.add_option("DIR", options->directory, "The outbox's folder")
        ->required()
        ->check(not_empty());
    add_stream_option(app, options->stream, "Of this stream alone; default: of all");
    app.add_option("--wait", options->seconds, "retry: for so many seconds; default 600")
        ->type_name("SECONDS")
        ->check(whole_number(1, 31'536'000));
    add_connection_options(app, options->connection);
    app.footer(
        "One process at a time uses an outbox: who does is told. ls, show and export take nothing\n"
        "out.\n"
        "\n"
        "Example, with nobody to talk to at that port:\n"
        "  lk-dispatch put --endpoint http://localhost:9 --region us-east-1 --outbox kept \\\n"
        "      --stream events --producer-id me --type greeting --deliver-within 1\n"
        "  lk-dispatch outbox show kept\n"
        "  lk-dispatch outbox retry kept --local=demo");
    return {&app, [options](Console& console) {
                if (options->action == "ls") return ls(*options, console);
                if (options->action == "retry") return retry(*options, console);
                return print(*options, console, options->action == "export");
            }};
}

}  // namespace lk::cli
