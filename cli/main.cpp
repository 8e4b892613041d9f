#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"

namespace lk::cli {
namespace {

ExitStatus run(const std::vector<std::string>& words, Console& console) {
    CLI::App app("Puts JSON events into Amazon Kinesis Data Streams, and reads them back.",
                 "lk-dispatch");
    set_up(app, LK_VERSION);
    app.footer(
        "Exit status: 0 all went well, 1 an event was not (or perhaps not) published, 2 wrong\n"
        "usage, 3 configuration or credentials, 130 interrupted. stdout carries data, stderr the\n"
        "rest.\n"
        "\n"
        "Example, without AWS:\n"
        "  lk-dispatch put --local=demo --stream events --producer-id me --type greeting\n"
        "  lk-dispatch tail --local=demo --stream events\n"
        "\n"
        "More: lk-dispatch SUBCOMMAND --help");
    const std::vector<Command> commands = {add_put(app),   add_send(app),   add_tail(app),
                                           add_local(app), add_outbox(app), add_redrive(app),
                                           add_doctor(app)};
    if (words.empty()) {
        std::fputs(app.help().c_str(), stderr);
        return ExitStatus::usage;
    }
    try {
        const CLI::App& called = parse_command_line(app, words);
        for (const Command& command : commands) {
            if (command.app == &called) return command.run(console);
        }
    } catch (const CLI::Success& asked) {
        // Help or the version: CLI11 knows whose.
        return static_cast<ExitStatus>(app.exit(asked));
    } catch (const UsageError& wrong) {
        console.say(wrong.what());
        const bool is_command = find_command(app, words.front()) != nullptr;
        console.say("see lk-dispatch " + (is_command ? words.front() + " " : std::string()) +
                    "--help");
    }
    return ExitStatus::usage;
}

// A file that is opened while one of the three is missing would take its number, and what is meant
// for stdout would go into it.
void fill_missing_standard_streams() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(fd, F_GETFD) != -1) continue;
        // Open for the wrong direction, so that using it fails as it did before.
        const int opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (opened != fd) std::abort();
    }
}

}  // namespace
}  // namespace lk::cli

int main(int argc, char** argv) {
    lk::cli::fill_missing_standard_streams();
    // A reader of stdout that goes away is an error of write(), not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    lk::cli::Console console;
    try {
        return static_cast<int>(lk::cli::run({argv + 1, argv + argc}, console));
    } catch (const std::exception& unexpected) {
        console.say(std::string("stopped by an unexpected error: ") + unexpected.what());
        return static_cast<int>(lk::cli::ExitStatus::failed);
    }
}
