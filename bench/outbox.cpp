// outbox DIRECTORY EVENTS: what it costs to keep events with data of 300 bytes and to settle them,
// as the pipeline does: a page is settled in a request's time after it was stored. For each way to
// synchronise, the CPU time of the whole process an event, and events a second.

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "base/test_noise.hpp"
#include "data.hpp"
#include "meters.hpp"
#include "outbox/outbox.hpp"

namespace {

using namespace lk;
using outbox::PageDraft;
using outbox::PageId;

constexpr std::size_t event_bytes = 550;  // with the envelope, and as a record
constexpr std::size_t page_events =
    outbox::full_page_bytes / (event_bytes + outbox::record_header_bytes);
// What is on its way at once: so much may be handed in, and so much may be unsettled.
constexpr std::size_t pages_handed_in = 64;
constexpr std::size_t pages_unsettled = 64;

// As much alike as events are.
std::string event(std::size_t number) {
    std::string text = noise(36, 2 * number);
    text += bench::data_of_300_bytes(static_cast<int>(number));
    text += noise(36, 2 * number + 1);
    text.resize(event_bytes, ' ');
    return text;
}

class Load {
  public:
    explicit Load(outbox::StreamOutbox& outbox) : outbox_(outbox) {
        texts_.resize(page_events);
        for (std::size_t i = 0; i < page_events; ++i) {
            texts_[i] = event(i);
            page_.push_back({.cbor = texts_[i],
                             .data_bytes = 300,
                             .key_bytes = 36,
                             .hash_key_bytes = 0,
                             .is_envelope = true,
                             .fingerprint = 0});
        }
        all_.resize(page_events);
        std::iota(all_.begin(), all_.end(), 0U);
    }

    void run(std::size_t pages) {
        for (std::size_t i = 0; i < pages; ++i) {
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [&] { return handed_in_ < pages_handed_in; });
                ++handed_in_;
            }
            outbox_.keep({page_}, [this](Expected<std::vector<PageId>, Error> ids) {
                if (!ids) {
                    std::fprintf(stderr, "%s\n", ids.error().message.c_str());
                    std::exit(1);
                }
                stored(ids->front());
            });
        }
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return handed_in_ == 0; });
    }

  private:
    void stored(PageId id) {
        unsettled_.push_back(id);
        if (unsettled_.size() > pages_unsettled) {
            outbox_.settle(unsettled_.front(), all_);
            unsettled_.pop_front();
        }
        const std::lock_guard lock(mutex_);
        --handed_in_;
        changed_.notify_one();
    }

    outbox::StreamOutbox& outbox_;
    std::vector<std::string> texts_;
    PageDraft page_;
    std::vector<std::uint32_t> all_;
    std::deque<PageId> unsettled_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t handed_in_ = 0;
};

void measure(const std::string& directory, const char* name, outbox::Sync sync,
             std::size_t events) {
    std::filesystem::remove_all(directory);
    auto opened = outbox::open({.directory = directory,
                                .max_bytes = std::uint64_t{1} << 40,
                                .sync = sync,
                                .log = {},
                                .vfs = {}},
                               "bench");
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.error().message.c_str());
        std::exit(1);
    }
    const std::size_t pages = (events + page_events - 1) / page_events;
    Load load(**opened);
    load.run(pages / 10);
    const double cpu = bench::cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    load.run(pages);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const double count = static_cast<double>(pages * page_events);
    std::printf("\"%s_cpu_ns\":%.0f,\"%s_events_per_second\":%.0f", name,
                (bench::cpu_seconds() - cpu) * 1e9 / count, name, count / took.count());
    *opened = nullptr;
    std::uintmax_t left = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
        left += file.file_size();
    }
    std::printf(",\"%s_file_bytes\":%ju", name, left);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: outbox DIRECTORY EVENTS\n");
        return 2;
    }
    const std::string directory = std::string(argv[1]) + "/lk-outbox-bench";
    const auto events = static_cast<std::size_t>(std::atoll(argv[2]));
    std::printf("{");
    measure(directory, "every_commit", outbox::Sync::every_commit, events);
    std::printf(",");
    measure(directory, "interval", outbox::Sync::interval, events);
    std::printf(",");
    measure(directory, "os", outbox::Sync::os, events);
    std::printf("}\n");
    std::filesystem::remove_all(directory);
}
