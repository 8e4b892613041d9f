#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "cli/exit_status.hpp"

namespace CLI {
class App;
}

namespace lk::cli {

class Console;

/// One subcommand: its options, and what it does once they are read.
struct Command {
    CLI::App* app;
    std::function<ExitStatus(Console&)> run;
};

// Each in a file of its own.
[[nodiscard]] Command add_put(CLI::App& parent);
[[nodiscard]] Command add_send(CLI::App& parent);
[[nodiscard]] Command add_tail(CLI::App& parent);
[[nodiscard]] Command add_local(CLI::App& parent);
[[nodiscard]] Command add_doctor(CLI::App& parent);
[[nodiscard]] Command add_outbox(CLI::App& parent);
[[nodiscard]] Command add_redrive(CLI::App& parent);

/// The options are well formed, each for itself, but not together. Thrown by a command's run()
/// before it does anything.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace lk::cli
