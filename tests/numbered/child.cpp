// Dispatches numbered events, and says what happened to them, for tests that harm it, its stream or
// what is between them:
//
//     numbered_child --endpoint URL [--outbox DIR] [--sync every_commit|interval|os] [--first N]
//         [--count N] [--keys K] [--random-keys] [--until-eof] [--patience MS] [--bytes B]
//
// Event N goes to key "key-<N mod K>" (every seventh to a random key, with --random-keys). A line
// on standard output is one of
//     d N            that many were dispatched, and no more will be
//     s N            it is stored, as this run was told
//     p N D          this run's own event was published; D is 1 when it may be a duplicate
//     r N D          the same of an event that an earlier run left
//     f N MESSAGE    it failed
//     l MESSAGE      the log was told, and not for information
//     end KEPT       it is closed; so many events stay in the outbox
// It dispatches until it is killed, --count events are dispatched, or, with --until-eof, its
// standard input ends. --patience: how long it gives a request, and a connection. --bytes: what
// makes an event larger. What the library logs goes to standard error. Each line is written by
// itself at once, so that whoever reads it knows it whatever happens next.

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <lk/dispatch.hpp>

#include "base/test_noise.hpp"

namespace {

using namespace std::chrono_literals;

void say(int file, const std::string& line) {
    const std::string whole = line + "\n";
    if (write(file, whole.data(), whole.size()) < 0) std::_Exit(1);
}

void say(const std::string& line) {
    say(STDOUT_FILENO, line);
}

struct Arguments {
    std::string endpoint;
    std::string outbox;
    long first = 0;
    long count = -1;  // without an end
    long keys = 10;
    std::size_t bytes = 200;
    bool random_keys = false;
    bool until_eof = false;
    std::chrono::milliseconds patience{2000};
    lk::OutboxSync sync = lk::OutboxSync::every_commit;
};

Arguments read(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--random-keys" || name == "--until-eof") {
            (name == "--until-eof" ? arguments.until_eof : arguments.random_keys) = true;
            continue;
        }
        if (++i == argc) {
            std::fprintf(stderr, "numbered_child: %s has no value\n", argv[i - 1]);
            std::exit(2);
        }
        const std::string value = argv[i];
        if (name == "--endpoint") arguments.endpoint = value;
        if (name == "--outbox") arguments.outbox = value;
        if (name == "--patience") arguments.patience = std::chrono::milliseconds(std::stol(value));
        if (name == "--first") arguments.first = std::stol(value);
        if (name == "--count") arguments.count = std::stol(value);
        if (name == "--keys") arguments.keys = std::stol(value);
        if (name == "--bytes") arguments.bytes = std::stoul(value);
        if (name == "--sync") {
            arguments.sync = value == "os"         ? lk::OutboxSync::os
                             : value == "interval" ? lk::OutboxSync::interval
                                                   : lk::OutboxSync::every_commit;
        }
    }
    return arguments;
}

// Nothing is ever written to it.
bool input_has_ended() {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    return poll(&input, 1, 0) > 0;
}

void tell(const char* what, const std::string& number, const lk::Outcome& outcome) {
    if (outcome) {
        say(what + number + (outcome->may_be_duplicate ? " 1" : " 0"));
    } else if (outcome.error().code != lk::ErrorCode::kept) {
        say("f " + number + " " + outcome.error().message);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = read(argc, argv);
    auto kinesis = lk::aws_kinesis({.region = "us-east-1",
                                    .endpoint = arguments.endpoint,
                                    .credentials = lk::AwsCredentials{"local", "local"},
                                    .connect_timeout = arguments.patience});
    auto dispatch = lk::get_dispatch(
        {.kinesis_client = kinesis,
         .kinesis_stream = "numbered",
         .producer_id = "numbered",
         .request_timeout = arguments.patience,
         .budget_bytes = std::size_t{1} << 20,
         .log =
             [](lk::LogLevel level, std::string_view line) {
                 if (level != lk::LogLevel::info) say("l " + std::string(line));
                 say(STDERR_FILENO, std::string(line));
             },
         .outbox = {.directory = arguments.outbox, .sync = arguments.sync},
         .on_settled =
             [](const lk::Event& event, const lk::Outcome& outcome, bool from_previous_run) {
                 tell(from_previous_run ? "r " : "p ", event.data.value_or("?"), outcome);
             }});
    long i = 0;
    for (; i != arguments.count && !(arguments.until_eof && input_has_ended()); ++i) {
        const std::string number = std::to_string(arguments.first + i);
        const std::string key = "key-" + std::to_string((arguments.first + i) % arguments.keys);
        const bool random = arguments.random_keys && i % 7 == 3;
        auto published =
            dispatch("numbered", lk::json(number),
                     {.source_user_id = lk::noise(arguments.bytes, static_cast<std::uint64_t>(i)),
                      .partition_key = random ? std::string_view() : key});
        // So many that some wait on the disk, and no more than a last run can send.
        std::this_thread::sleep_for(200us);
        published.on_stored([number](const std::optional<lk::Error>& failure) {
            if (!failure) say("s " + number);
        });
    }
    say("d " + std::to_string(i));
    std::uint64_t kept = 0;
    {
        // Whose destructor sees the callbacks through, so that this is said last.
        auto ending = std::move(dispatch);
        // Far beyond what anything takes on a slow machine.
        if (const auto counts = ending.close(100s)) kept = counts->kept;
    }
    say("end " + std::to_string(kept));
}
