#include "cli/sender.hpp"

#include <thread>
#include <utility>

#include "cli/input.hpp"
#include "cli/interrupt.hpp"
#include "cli/totals.hpp"

namespace lk::cli {
namespace {

constexpr std::chrono::seconds between_looks{1};
// How many lines pass before the clock is read again.
constexpr std::uint64_t lines_between_clocks = 64;

// While the stream is waited for. In small steps: what is under way must not run out meanwhile.
constexpr std::chrono::milliseconds pace_step{1};
constexpr std::chrono::milliseconds between_sweeps{20};

// How a JSON text begins that was written over many lines, for people.
bool is_a_beginning_alone(std::string_view line) {
    constexpr std::string_view white_space = " \t\r";
    const std::size_t first = line.find_first_not_of(white_space);
    return first != std::string_view::npos && first == line.find_last_not_of(white_space) &&
           (line[first] == '{' || line[first] == '[');
}

}  // namespace

Sender::Sender(const Dispatch& dispatch, const std::string& type, const FieldNames& fields,
               Console& console, ProgressPrinter* printer, bool durable)
    : dispatch_(dispatch),
      type_(type),
      console_(console),
      printer_(printer),
      durable_(durable),
      fields_(fields),
      report_([&console](std::string_view line) { console.say_bare(line); }),
      outcomes_(dispatch, report_, printer) {}

bool Sender::send(const std::string& path) {
    auto input = Input::open(path);
    if (!input) {
        console_.say(input.error());
        an_input_failed_ = true;
        return true;
    }
    inputs_.push_back(input->name());
    const std::string& name = inputs_.back();
    if (input->is_terminal()) {
        console_.say("reading from the terminal, a line an event; end with Ctrl-D");
    }
    input->will_be_read_whole();

    LineReader lines(
        [&](std::span<char> buffer) { return input->read(buffer, [this] { look_around(); }); });
    Line line;
    while (!should_stop() && lines.next(line)) {
        dispatch_line(line, name);
        if (++lines_ % lines_between_clocks != 0) continue;
        look_around();
        if (durable_) keep_pace();
    }
    if (!input->error().empty()) {
        console_.say(input->error());
        an_input_failed_ = true;
    }
    if (!should_stop()) return true;
    if (outcomes_.hopeless()) {
        console_.say("stopped reading at " + to_text({&name, line.number}) +
                     ": nothing was published, and what follows would fail in the same way");
    }
    return false;
}

void Sender::dispatch_line(const Line& line, const std::string& input) {
    const Place place{&input, line.number};
    if (line.too_long()) {
        outcomes_.refuse(place, "the line is longer (" + grouped(line.bytes) +
                                    " bytes) than the largest record, 10 MiB (" +
                                    grouped(LineReader::default_max_line_bytes) + " bytes)");
        return;
    }
    if (is_a_beginning_alone(line.text)) {
        outcomes_.refuse(place,
                         "the line holds only the beginning of a JSON text; each line must hold a "
                         "whole one (jq -c . writes a file so, jq -c '.[]' the members of a list)");
        return;
    }
    // Of those that are published their number is enough.
    EventOptions options{.keep_event = false};
    std::string_view type = type_;
    if (fields_.wanted()) {
        const auto fields = fields_.read(line.text);
        if (!fields) {
            outcomes_.refuse(place, fields.error());
            return;
        }
        if (type.empty()) type = fields->type;
        options.partition_key = fields->partition_key;
        options.source_user_id = fields->source_user_id;
    }
    if (printer_ == nullptr) {
        outcomes_.add(dispatch_(type, json(line.text), options), place);
        return;
    }
    const std::string id = new_event_id();
    options.id = id;
    Published published = dispatch_(type, json(line.text), options);
    if (printer_->stage() == Stage::stored) printer_->when_stored(published, id, line.text);
    outcomes_.add(std::move(published), place, printer_->when_published(id, line.text));
}

void Sender::look_around() {
    const Clock::time_point now = Clock::now();
    if (now - looked_around_ < between_looks) return;
    looked_around_ = now;
    outcomes_.sweep();
    show_status();
}

void Sender::keep_pace() {
    for (;;) {
        const Clock::time_point now = Clock::now();
        if (should_stop() || !outcomes_.are_ahead_by(Pace::most_ahead) || pace_.reads_on(now)) {
            return;
        }
        if (now - swept_ >= between_sweeps) {
            outcomes_.sweep();
            swept_ = now;
            look_around();
        }
        if (!pace_.should_wait(outcomes_.open(), outcomes_.totals().published, now)) return;
        std::this_thread::sleep_for(pace_step);
    }
}

void Sender::show_status() {
    if (console_.is_terminal()) {
        console_.status(summary(outcomes_.totals(), Clock::now() - started_));
    }
}

bool Sender::should_stop() const {
    return interrupted() || outcomes_.hopeless();
}

ExitStatus Sender::finish() {
    bool told = false;
    while (true) {
        if (interrupted() && !told) {
            told = true;
            console_.say(
                "interrupted: no more is read; waiting for what is under way (a second "
                "interrupt ends at once)");
        }
        // In steps, so that the status line lives on; every event has a deadline, so this ends.
        if (outcomes_.settle(between_looks) || (durable_ && interrupted())) break;
        show_status();
    }
    console_.status({});
    report_.finish();
    const Totals& totals = outcomes_.totals();
    console_.say_bare(summary(totals, Clock::now() - started_));
    if (interrupted()) return ExitStatus::interrupted;
    if (outcomes_.misconfigured()) return ExitStatus::configuration;
    return totals.all_published() && !an_input_failed_ ? ExitStatus::success : ExitStatus::failed;
}

}  // namespace lk::cli
