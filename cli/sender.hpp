#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <string>

#include <lk/dispatch.hpp>

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/failure_report.hpp"
#include "cli/field_reader.hpp"
#include "cli/line_reader.hpp"
#include "cli/outcomes.hpp"
#include "cli/pace.hpp"
#include "cli/progress_printer.hpp"

namespace lk::cli {

/// Dispatches lines and accounts for them on the console: a report of what went wrong, a status
/// line on a terminal, and a summary at the end.
class Sender {
  public:
    /// `type` is empty when a field names it; `printer` may be null. All must outlive the sender.
    /// `durable`: the events have an outbox.
    Sender(const Dispatch& dispatch, const std::string& type, const FieldNames& fields,
           Console& console, ProgressPrinter* printer, bool durable);

    /// Sends the lines of one file, or of stdin for "-". False when no more should be read: the
    /// user interrupted, or nothing can be published at all.
    [[nodiscard]] bool send(const std::string& path);

    /// Waits for what is under way and sums up. Once, at the end. With an outbox, what is under way
    /// is not waited for when the user interrupts.
    [[nodiscard]] ExitStatus finish();

  private:
    using Clock = std::chrono::steady_clock;

    void dispatch_line(const Line& line, const std::string& input);
    void look_around();
    void keep_pace();
    void show_status();
    [[nodiscard]] bool should_stop() const;

    const Dispatch& dispatch_;
    const std::string& type_;
    Console& console_;
    ProgressPrinter* const printer_;
    const bool durable_;
    FieldReader fields_;
    FailureReport report_;
    Outcomes outcomes_;
    Pace pace_;
    // The names that places point at.
    std::list<std::string> inputs_;
    bool an_input_failed_ = false;
    std::uint64_t lines_ = 0;
    const Clock::time_point started_ = Clock::now();
    Clock::time_point looked_around_ = started_;
    Clock::time_point swept_ = started_;
};

}  // namespace lk::cli
