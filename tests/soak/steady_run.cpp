// Dispatches at a steady rate through an outbox and the local stream, which has small troubles all
// the time, and looks whether the process stays as large as it was:
//
//     steady_run SECONDS [EVENTS-A-SECOND]
//
// A dispatch function works for a minute at most and is ended then, so that everything it took is
// given back; another follows it. Prints after each what was published and how much memory the
// process takes. Exit status 1: an event was lost, or the process grew.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <lk/dispatch.hpp>
#include <lk/local_kinesis.hpp>

#include "memory.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t budget_bytes = 8 * mebibyte;
constexpr int threads = 2;
// Spells of a short run: halves of them are compared.
constexpr int fewest_spells = 20;

// Nothing that is not survived: so nothing may be lost. Throttled seldom, since each time the rate
// that is learned goes down.
constexpr const char* troubles = R"({"seed": 1, "rules": [
    {"on": {"operation": "PutRecords"}, "probability": 0.00001,
     "do": {"record_error": "ProvisionedThroughputExceededException"}},
    {"on": {"operation": "PutRecords"}, "probability": 0.01, "do": {"reset": "after_commit"}},
    {"on": {"operation": "PutRecords"}, "probability": 0.01, "do": {"error": "InternalFailure"}},
    {"on": {"operation": "PutRecords"}, "probability": 0.1, "do": {"delay_ms": 20}}]})";

double in_mebibytes(std::size_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(mebibyte);
}

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lk-steady-XXXXXX").string();
        if (mkdtemp(name.data()) != nullptr) path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path;
};

struct Counts {
    std::atomic<std::uint64_t> dispatched{0};
    std::atomic<std::uint64_t> not_stored{0};
    std::atomic<std::uint64_t> published{0};
    std::atomic<std::uint64_t> failed{0};
};

/// One dispatch function from its making to its end, with a client of its own.
class Spell {
  public:
    Spell(lk::LocalKinesis& kinesis, const std::string& outbox, std::shared_ptr<Counts> counts)
        : counts_(std::move(counts)),
          dispatch_(lk::get_dispatch(
              {.kinesis_client = lk::aws_kinesis({.region = "us-east-1",
                                                  .endpoint = kinesis.endpoint(),
                                                  .credentials = lk::AwsCredentials{"a", "b"}}),
               .kinesis_stream = "steady",
               .producer_id = "steady",
               .budget_bytes = budget_bytes,
               .outbox = {.directory = outbox, .sync = lk::OutboxSync::interval},
               .on_settled = [all = counts_](const lk::Event&, const lk::Outcome& outcome, bool) {
                   ++(outcome ? all->published : all->failed);
               }})) {}

    /// Until then, as many a second.
    void work(Clock::time_point until, std::uint64_t a_second) {
        std::vector<std::thread> workers;
        for (int i = 0; i < threads; ++i) {
            workers.emplace_back([=, this] { dispatch_steadily(i, until, a_second / threads); });
        }
        for (std::thread& worker : workers) worker.join();
    }

    /// Everything published; false: something is left.
    bool end() {
        const auto found = dispatch_.close(120s);
        return found && found->kept == 0 && found->timed_out == 0;
    }

  private:
    void dispatch_steadily(int thread, Clock::time_point until, std::uint64_t a_second) {
        constexpr auto beat = 10ms;
        const std::uint64_t a_beat = std::max<std::uint64_t>(a_second * beat / 1s, 1);
        const std::string text(200, 'x');
        std::uint64_t number = 0;
        for (auto next = Clock::now(); next < until;) {
            for (std::uint64_t i = 0; i < a_beat; ++i) dispatch_one(thread, ++number, text);
            next = std::max(next + beat, Clock::now());
            std::this_thread::sleep_until(next);
        }
    }

    void dispatch_one(int thread, std::uint64_t number, const std::string& text) {
        const std::string key = number % 3 == 0
                                    ? std::string()
                                    : std::to_string(thread) + "-" + std::to_string(number % 500);
        auto published = dispatch_("steady", lk::json(std::to_string(number)),
                                   {.source_user_id = text, .partition_key = key});
        ++counts_->dispatched;
        // Most results are dropped; the others are looked at in each way there is.
        if (number % 8 == 0) {
            published.on_stored([all = counts_](const std::optional<lk::Error>& failure) {
                if (failure) ++all->not_stored;
            });
        }
        if (number % 16 == 0) std::move(published).then([](const lk::Outcome&) {});
    }

    // Shared with callbacks, which may come after the end.
    std::shared_ptr<Counts> counts_;
    lk::Dispatch dispatch_;
};

std::size_t bytes_in(const std::string& folder) {
    std::size_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_regular_file()) bytes += entry.file_size();
    }
    return bytes;
}

std::uint64_t number_of(const char* text) {
    std::uint64_t number = 0;
    std::from_chars(text, text + std::strlen(text), number);
    return number;
}

/// Each a minute, or shorter in a short run. False: something was not published.
bool run_spells(lk::LocalKinesis& kinesis, const std::string& outbox, Clock::duration time,
                std::uint64_t a_second, const std::shared_ptr<Counts>& counts,
                lk::soak::MemoryWatch& memory) {
    const auto begin = Clock::now();
    const auto end = begin + time;
    const auto spell_time = std::min<Clock::duration>(1min, time / fewest_spells);
    while (Clock::now() < end) {
        {
            Spell spell(kinesis, outbox, counts);
            spell.work(std::min(Clock::now() + spell_time, end), a_second);
            if (!spell.end()) return false;
        }
        memory.saw(lk::soak::Memory::once_quiet());
        const lk::soak::Memory& now = memory.seen().back();
        std::printf("%6.1f min: %" PRIu64
                    " events published; %.1f KiB allocated, %.1f MiB resident, outbox %.1f MiB\n",
                    std::chrono::duration<double, std::ratio<60>>(Clock::now() - begin).count(),
                    counts->published.load(), static_cast<double>(now.allocated) / 1024,
                    in_mebibytes(now.resident), in_mebibytes(bytes_in(outbox)));
        std::fflush(stdout);
    }
    return true;
}

int run(std::chrono::seconds time, std::uint64_t a_second) {
    const Folder folder;
    const auto kinesis =
        lk::local_kinesis({.streams = {{"steady", 4}}, .discard = true, .faults = troubles});
    const auto counts = std::make_shared<Counts>();
    lk::soak::MemoryWatch memory;
    if (!run_spells(*kinesis, folder.path + "/outbox", time, a_second, counts, memory)) {
        std::printf("not all was published within two minutes\n");
        return 1;
    }
    // The last callbacks may still be on their way.
    const auto settled = [&] { return counts->published + counts->failed == counts->dispatched; };
    for (const auto end = Clock::now() + 60s; !settled() && Clock::now() < end;) {
        std::this_thread::sleep_for(10ms);
    }
    const bool all_well = counts->dispatched != 0 && counts->failed == 0 && counts->not_stored == 0;
    if (!settled() || !all_well) {
        std::printf("of %" PRIu64 " events %" PRIu64 " were published, %" PRIu64 " failed, %" PRIu64
                    " were not stored\n",
                    counts->dispatched.load(), counts->published.load(), counts->failed.load(),
                    counts->not_stored.load());
        return 1;
    }
    if (const auto growth = memory.growth()) {
        std::printf("%s\n", growth->c_str());
        return 1;
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    const std::uint64_t seconds = count > 1 ? number_of(arguments[1]) : 0;
    const std::uint64_t a_second = count > 2 ? number_of(arguments[2]) : 20'000;
    if (seconds < 10 || seconds > 1'000'000 || a_second < 1) {
        std::fprintf(stderr, "usage: steady_run SECONDS [EVENTS-A-SECOND], with 10 s or more\n");
        return 2;
    }
    if (std::getenv("GLIBC_TUNABLES") == nullptr) {
        std::fprintf(stderr, "steady_run: set GLIBC_TUNABLES=%s first; see memory.hpp\n",
                     lk::soak::tunables);
        return 2;
    }
    return run(std::chrono::seconds(seconds), a_second);
}
