#include "cli/durability.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <future>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/totals.hpp"

namespace lk::cli {
namespace {

constexpr const char* group = "What must not be lost";
constexpr std::chrono::milliseconds between_looks{100};

}  // namespace

void add_durability_options(CLI::App& app, DurabilityOptions& options) {
    app.add_option(
           "--outbox", options.directory,
           "Keep each event in this folder until it is published; what one run leaves there, "
           "the next one with the same folder sends first")
        ->type_name("DIR")
        ->check(not_empty())
        ->group(group);
    app.add_option_function<std::string>(
           "--outbox-sync",
           [&options](const std::string& name) {
               options.sync = name == "os"         ? OutboxSync::os
                              : name == "interval" ? OutboxSync::interval
                                                   : OutboxSync::every_commit;
           },
           "When an event counts as stored: every-commit (default; survives a power cut), interval "
           "(once a second) or os (survives the end of the process)")
        ->type_name("WHEN")
        ->check(one_of({"every-commit", "interval", "os"}))
        ->group(group);
    app.add_option("--outbox-max", options.max_mebibytes,
                   "How many MiB of the disk it may take; default 1024")
        ->type_name("MIB")
        ->check(whole_number(1, 1 << 30))
        ->group(group);
    app.add_option(
           "--dead-letters", options.dead_letters,
           "Append events that cannot be published to this file, with the reason, a line of "
           "JSON each; lk-dispatch redrive sends them again")
        ->type_name("FILE")
        ->check(not_empty())
        ->group(group);
}

void apply(const DurabilityOptions& options, DispatchOptions& dispatch) {
    dispatch.outbox.directory = options.directory;
    dispatch.outbox.sync = options.sync;
    dispatch.outbox.max_bytes = static_cast<std::uint64_t>(options.max_mebibytes) * 1024 * 1024;
    dispatch.dead_letters.file = options.dead_letters;
}

bool drain_outbox(Dispatch& dispatch, const DurabilityOptions& options,
                  std::chrono::seconds at_most, Console& console) {
    // Whichever close() comes first has counted them, and the other finds none.
    std::uint64_t kept_at_once = 0;
    auto closing = std::async(std::launch::async, [&] { return dispatch.close(at_most); });
    while (closing.wait_for(between_looks) == std::future_status::timeout) {
        if (!interrupted()) continue;
        // The rest stays where it is.
        const auto ended = dispatch.close(std::chrono::milliseconds(0));
        if (ended) kept_at_once = ended->kept;
        break;
    }
    const auto counts = closing.get();
    if (!counts) {
        console.say(counts.error().message);
        return false;
    }
    const std::uint64_t kept = std::max(counts->kept, kept_at_once);
    if (kept == 0) return true;
    console.say(grouped(kept) + (kept == 1 ? " event is" : " events are") +
                " not published yet and " + (kept == 1 ? "stays" : "stay") + " in the outbox " +
                options.directory + "; the next run with --outbox " + options.directory +
                ", or lk-dispatch outbox retry, sends " + (kept == 1 ? "it" : "them"));
    return false;
}

}  // namespace lk::cli
