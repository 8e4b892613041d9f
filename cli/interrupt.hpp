#pragma once

#include <chrono>

namespace lk::cli {

/// From now on the first SIGINT or SIGTERM asks the command to stop in good order, and the second
/// ends the process as if nobody had caught it. Call it once, before any thread is started.
void watch_for_interrupts();

/// Whether the command was asked to stop.
[[nodiscard]] bool interrupted() noexcept;

/// Readable from the moment when the command was asked to stop; nothing is ever read from it.
[[nodiscard]] int interrupt_fd() noexcept;

/// Waits so long, or until the command is asked to stop; interrupted().
bool wait_for_interrupt(std::chrono::milliseconds at_most);

}  // namespace lk::cli
