#pragma once

#include <string>

#include <lk/dispatch.hpp>

namespace CLI {
class App;
}

namespace lk::cli {

/// The options that say where events are kept until they are published, and where those go that
/// cannot be.
struct DurabilityOptions {
    std::string directory;
    OutboxSync sync = OutboxSync::every_commit;
    int max_mebibytes = 1024;
    std::string dead_letters;

    [[nodiscard]] bool has_outbox() const noexcept { return !directory.empty(); }
};

/// Adds --outbox, --outbox-sync, --outbox-max and --dead-letters.
void add_durability_options(CLI::App& app, DurabilityOptions& options);

/// Puts them into the options of a dispatch function.
void apply(const DurabilityOptions& options, DispatchOptions& dispatch);

class Console;

/// At the end of a command with an outbox: publishes what an earlier run left, too, for so long at
/// most or until the user interrupts, and says what stays. True when nothing does.
[[nodiscard]] bool drain_outbox(Dispatch& dispatch, const DurabilityOptions& options,
                                std::chrono::seconds at_most, Console& console);

}  // namespace lk::cli
