#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/connection.hpp"
#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/outcomes.hpp"
#include "cli/output.hpp"
#include "cli/reading_order.hpp"
#include "kinesis/aws_client.hpp"
#include "kinesis/reader.hpp"
#include "wire/aggregate_reader.hpp"

namespace lk::cli {
namespace {

using kinesis::Reader;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Kinesis takes five reads a second for a shard from all of its readers together.
constexpr milliseconds between_reads_behind{250};
// Who is up to date leaves most of them to others.
constexpr milliseconds between_reads{1000};

// A wrong endpoint should not look like an empty stream for long.
constexpr milliseconds patience_at_start{5000};

// What GetRecords gives at most. Behind a full page there may be more whatever it says: kinesalite
// (3.3.3) always calls itself up to date.
constexpr std::size_t most_records_of_a_page = 10'000;

struct TailOptions {
    ConnectionOptions connection;
    std::string stream;
    Reader::From from = Reader::From::trim_horizon;
    bool follow = false;
    bool deaggregate = false;
};

class Tail {
  public:
    Tail(std::shared_ptr<kinesis::AwsKinesis> client, const TailOptions& options, Console& console)
        : client_(std::move(client)),
          reader_(client_, options.stream,
                  {.give_up_after = patience_at_start, .pause = wait_for_interrupt}),
          options_(options),
          console_(console) {}

    ExitStatus print_shard_by_shard() {
        auto shards = reader_.shards();
        if (!shards) return report(shards.error());
        std::sort(shards->begin(), shards->end(),
                  [](const Shard& a, const Shard& b) { return a.shard_id < b.shard_id; });
        for (const Shard& shard : *shards) {
            auto place = reader_.begin(shard.shard_id, options_.from);
            if (!place) return report(place.error());
            if (const auto ended = print_to_newest(*place)) return *ended;
        }
        return output_.flush() ? ExitStatus::success : status_of_output();
    }

    ExitStatus follow() {
        auto shards = reader_.shards();
        if (!shards) return report(shards.error());
        // What was closed before now has nothing that comes from now on.
        if (options_.from == Reader::From::latest) {
            std::erase_if(*shards, [](const Shard& shard) { return !shard.open; });
        }
        order_.add(*shards);
        if (const auto ended = begin_next(options_.from)) return *ended;
        console_.say("following " + std::to_string(shards->size()) +
                     (shards->size() == 1 ? " shard of " : " shards of ") + options_.stream +
                     "; an interrupt ends it");
        // What worked once is worth waiting for.
        reader_ = Reader(client_, options_.stream, {.pause = wait_for_interrupt});
        while (!interrupted()) {
            for (std::size_t at = 0; at < followed_.size() && !interrupted(); ++at) {
                if (Clock::now() < followed_[at].next_read) continue;
                if (const auto ended = print_page(followed_[at])) return *ended;
            }
            if (const auto ended = go_on_behind_closed_shards()) return *ended;
            if (!output_.flush()) return status_of_output();
            wait_for_next_read();
        }
        return ExitStatus::success;
    }

  private:
    struct Followed {
        Reader::Place place;
        Clock::time_point next_read = Clock::now();
        bool at_end = false;
    };

    // Nothing, or the status with which the command ends, as below.
    std::optional<ExitStatus> print_to_newest(Reader::Place& place) {
        while (true) {
            if (interrupted()) {
                output_.flush();
                return status_once_interrupted();
            }
            const auto page = reader_.read(place);
            if (!page) return report(page.error());
            for (const kinesis::ReadRecord& record : page->records) print(record);
            if (output_.failed()) return status_of_output();
            const bool is_full = page->records.size() >= most_records_of_a_page;
            if (page->at_end || (page->behind == milliseconds::zero() && !is_full)) {
                return std::nullopt;
            }
            // Between two records there may be hours of nothing, page after page.
            if (page->records.empty()) wait_for_interrupt(between_reads_behind);
        }
    }

    void print(const kinesis::ReadRecord& record) {
        if (!options_.deaggregate || !aggregate_.read(record.data)) {
            output_.write_line(record.data);
            return;
        }
        for (const wire::UserRecord& one : aggregate_.records()) output_.write_line(one.data);
        if (aggregate_.lost() == 0) return;
        console_.say("record " + record.sequence_number + " is a damaged aggregate: its last " +
                     std::to_string(aggregate_.lost()) + " of " +
                     std::to_string(aggregate_.lost() + aggregate_.records().size()) +
                     " user records were left out, as the first of them refers to a key that it "
                     "does not hold; without --deaggregate it is printed whole");
    }

    std::optional<ExitStatus> begin_next(Reader::From from) {
        for (const std::string& id : order_.next()) {
            auto place = reader_.begin(id, from);
            if (!place) return report(place.error());
            followed_.push_back({std::move(place).value()});
        }
        return std::nullopt;
    }

    std::optional<ExitStatus> print_page(Followed& followed) {
        const Clock::time_point started = Clock::now();
        const auto page = reader_.read(followed.place);
        if (!page) return report(page.error());
        for (const kinesis::ReadRecord& record : page->records) print(record);
        followed.at_end = page->at_end;
        followed.next_read =
            started + (page->behind == milliseconds::zero() ? between_reads : between_reads_behind);
        return std::nullopt;
    }

    std::optional<ExitStatus> go_on_behind_closed_shards() {
        bool some = false;
        for (const Followed& followed : followed_) {
            if (!followed.at_end) continue;
            some = true;
            order_.finished(followed.place.shard_id);
        }
        if (!some) return std::nullopt;
        std::erase_if(followed_, [](const Followed& followed) { return followed.at_end; });
        const auto shards = reader_.shards();
        if (!shards) return report(shards.error());
        order_.add(*shards);
        // Also for `latest`: a child's first record came after its parent's last.
        return begin_next(Reader::From::trim_horizon);
    }

    void wait_for_next_read() {
        Clock::time_point next = Clock::now() + between_reads;
        for (const Followed& followed : followed_) next = std::min(next, followed.next_read);
        wait_for_interrupt(std::chrono::ceil<milliseconds>(next - Clock::now()));
    }

    ExitStatus report(const Failure& failure) {
        // What was read before it is good.
        output_.flush();
        // Whoever ends it need not be told that it was waiting for Kinesis.
        if (interrupted()) return status_once_interrupted();
        console_.say(with_option_names(failure.message));
        return is_configuration(failure.code) ? ExitStatus::configuration : ExitStatus::failed;
    }

    ExitStatus status_once_interrupted() {
        // There is no other end to following.
        if (options_.follow) return ExitStatus::success;
        console_.say("interrupted: what was printed is not all");
        return ExitStatus::interrupted;
    }

    ExitStatus status_of_output() {
        // Who closes stdout, as head does, has what he wants.
        if (output_.reader_gone()) return ExitStatus::success;
        if (interrupted()) return status_once_interrupted();
        console_.say(output_.reason());
        return ExitStatus::failed;
    }

    const std::shared_ptr<kinesis::AwsKinesis> client_;
    Reader reader_;
    const TailOptions& options_;
    Console& console_;
    Output output_;
    wire::AggregateReader aggregate_;
    ReadingOrder order_;
    std::vector<Followed> followed_;
};

ExitStatus tail(const TailOptions& options, Console& console) {
    watch_for_interrupts();
    auto client = open_client(options.connection, options.stream, LocalStreamUse::read, console);
    if (!client) return report_not_opened(client.error(), console);
    Tail printed(std::dynamic_pointer_cast<kinesis::AwsKinesis>(*client), options, console);
    if (options.follow) return printed.follow();
    if (options.from == Reader::From::latest) {
        console.say(
            "--from latest begins with what arrives from now on; without --follow there is "
            "nothing to wait for");
    }
    return printed.print_shard_by_shard();
}

}  // namespace

Command add_tail(CLI::App& parent) {
    const auto options = std::make_shared<TailOptions>();
    CLI::App& app = *parent.add_subcommand("tail", "Print a stream's records");
    add_stream_option(app, options->stream)->required();
    app.add_option_function<std::string>(
           "--from",
           [options](const std::string& name) {
               options->from = name == "latest" ? Reader::From::latest : Reader::From::trim_horizon;
           },
           "Begin with the oldest record that is kept (trim-horizon, the default) or with what "
           "arrives from now on (latest)")
        ->type_name("PLACE")
        ->check(one_of({"trim-horizon", "latest"}));
    app.add_flag("--follow", options->follow,
                 "Go on with what arrives, from all shards, until interrupted");
    app.add_flag("--deaggregate", options->deaggregate,
                 "Print the user records of what the Kinesis Producer Library, or another producer "
                 "in its format, put together into one record");
    add_connection_options(app, options->connection);
    app.footer(
        "Prints each record's data and a newline: shard by shard in their order, or with --follow\n"
        "as it comes, each shard's records in their order. Data is printed as it is, so a record\n"
        "that holds newlines or is no text is more than a line. Ends with status 0 when it has\n"
        "printed all, when stdout is closed and, with --follow, when it is interrupted.\n"
        "\n"
        "Example, without AWS:\n"
        "  lk-dispatch put --local=demo --stream events --producer-id me@laptop --type greeting\n"
        "  lk-dispatch tail --local=demo --stream events");
    return {&app, [options](Console& console) { return tail(*options, console); }};
}

}  // namespace lk::cli
