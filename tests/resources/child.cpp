// A program that runs out of something while it dispatches, for resources_test.cpp, which gives it
// a stream:
//
//     resources_child descriptors|threads|memory|dispatch_memory|outbox_memory|next_run ENDPOINT
//     OUTBOX resources_child "loop_memory N" ENDPOINT OUTBOX
//
// OUTBOX is a folder, or "none". Exit status 0: it went as it must; 1 and a line on standard error:
// not so; 77 and a line: that cannot be tried here.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <lk/dispatch.hpp>

#include "failing_new.hpp"

namespace {

using namespace std::chrono_literals;

bool threads_run_out = false;

struct Place {
    std::string endpoint;
    std::string outbox;
};

void must(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
}

lk::Expected<std::shared_ptr<lk::KinesisClient>, lk::Error> client_of(const Place& place) {
    return lk::try_aws_kinesis({.region = "us-east-1",
                                .endpoint = place.endpoint,
                                .credentials = lk::AwsCredentials{"local", "local"}});
}

lk::DispatchOptions options_of(const Place& place, std::shared_ptr<lk::KinesisClient> client) {
    return {.kinesis_client = std::move(client),
            .kinesis_stream = "events",
            .producer_id = "resources",
            .close_deadline = 30s,
            .check_stream_within = 0ms,
            .outbox = {.directory = place.outbox, .sync = lk::OutboxSync::os}};
}

/// Every descriptor that the process may still have.
class AllDescriptors {
  public:
    AllDescriptors() {
        for (int one = open("/dev/null", O_RDONLY | O_CLOEXEC); one >= 0;
             one = open("/dev/null", O_RDONLY | O_CLOEXEC)) {
            taken_.push_back(one);
        }
        must(errno == EMFILE, "descriptors ran out");
    }
    ~AllDescriptors() { give_back(); }
    AllDescriptors(const AllDescriptors&) = delete;
    AllDescriptors& operator=(const AllDescriptors&) = delete;

    void give_back() {
        for (const int one : taken_) close(one);
        taken_.clear();
    }

  private:
    std::vector<int> taken_;
};

void run_out_of_descriptors(const Place& place) {
#ifdef __SANITIZE_ADDRESS__
    std::fprintf(stderr, "the undefined-behaviour sanitizer needs descriptors itself\n");
    std::exit(77);
#endif
    constexpr rlimit limit{256, 256};
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "a limit can be set");
    {
        // Nothing can be begun, and that is said.
        const AllDescriptors none_left;
        const auto client = client_of(place);
        if (client) {
            const auto dispatch = lk::try_get_dispatch(options_of(place, client.value()));
            must(dispatch || !dispatch.error().message.empty(), "a refusal says why");
        } else {
            must(!client.error().message.empty(), "a refusal says why");
        }
    }
    auto client = client_of(place);
    must(client.has_value(), "a client can be made once there are descriptors");
    auto dispatch = lk::get_dispatch(options_of(place, client.value()));
    AllDescriptors none_left;
    std::vector<lk::Published> results;
    results.reserve(200);
    for (int i = 0; i < 200; ++i) {
        results.push_back(dispatch("t", lk::json(std::to_string(i)),
                                   {.partition_key = i % 2 == 0 ? "key" : std::string_view()}));
    }
    std::this_thread::sleep_for(500ms);
    for (const lk::Published& one : results) {
        must(!one.ready(), "an event that cannot be sent waits");
    }
    none_left.give_back();
    const auto counts = dispatch.flush(60s);
    must(counts && counts->published == 200, "events go out once there are descriptors");
}

// Threads are counted by user, and root may have any number.
void become_nobody_else() {
    if (geteuid() != 0) return;
    const auto id = static_cast<unsigned>(1'000'000'000 + getpid());
    if (setgid(id) != 0 || setuid(id) != 0) {
        std::fprintf(stderr, "cannot become another user, whose threads can be limited\n");
        std::exit(77);
    }
}

void limit_threads(rlim_t most) {
    rlimit now{};
    must(getrlimit(RLIMIT_NPROC, &now) == 0, "a limit can be read");
    now.rlim_cur = most;
    must(setrlimit(RLIMIT_NPROC, &now) == 0, "a limit can be set");
}

// False: it was refused.
bool use_the_threads_there_are(const Place& place, std::shared_ptr<lk::KinesisClient> client,
                               bool observed) {
    std::atomic<int> called{0};
    std::atomic<int> told{0};
    {
        lk::DispatchOptions options = options_of(place, std::move(client));
        if (observed) {
            options.on_settled = [&](const lk::Event&, const lk::Outcome&, bool) { ++told; };
        }
        auto dispatch = lk::try_get_dispatch(options);
        if (!dispatch) {
            must(!dispatch.error().message.empty(), "a refusal says why");
            return false;
        }
        (*dispatch)("t").then([&](const lk::Outcome& outcome) {
            if (outcome) ++called;
        });
        must((*dispatch)("t").wait().has_value(), "an event goes out by the threads there are");
        const auto counts = dispatch->close(60s);
        must(counts && counts->published == 2, "nothing is lost for the lack of a thread");
    }
    must(called == 1, "nor is a callback");
    must(told == (observed ? 2 : 0), "nor what observers are told");
    return true;
}

void run_out_of_threads(const Place& place) {
    threads_run_out = true;
    become_nobody_else();
    bool first_was_refused = false;
    int worked = 0;
    int worked_observed = 0;
    // One more each time, from none at all to all that are wanted.
    for (rlim_t more = 0; more < 8; ++more) {
        for (const bool observed : {false, true}) {
            limit_threads(1 + more);
            auto client = client_of(place);
            if (!client) {
                first_was_refused = first_was_refused || more == 0;
                must(!client.error().message.empty(), "a refusal says why");
            } else if (use_the_threads_there_are(place, client.value(), observed)) {
                ++(observed ? worked_observed : worked);
            }
        }
    }
    if (!first_was_refused) {
        std::fprintf(stderr, "threads cannot be limited here\n");
        std::exit(77);
    }
    must(worked > worked_observed && worked_observed > 0,
         "with threads enough it works, and an observer wants one more");
}

/// For the message when the process ends of it.
std::uint64_t failing_now = 0;

// One use of the library from begin to end; false: it had fewer allocations.
bool use(const Place& place, std::uint64_t failing) {
    failing_now = failing;
    bool asked = false;
    std::atomic<int> called{0};
    lk::testing::fail_allocation(failing);
    try {
        auto client = client_of(place);
        if (client) {
            auto dispatch = lk::try_get_dispatch(options_of(place, client.value()));
            if (dispatch) {
                auto first = (*dispatch)("t", lk::json("1"), {.partition_key = "key"});
                auto second = (*dispatch)("t", lk::json("2"));
                (*dispatch)("t", lk::json("3")).then([&](const lk::Outcome& outcome) {
                    if (outcome) ++called;
                });
                lk::testing::stop_failing();
                asked = true;
                const auto counts = dispatch->close(30s);
                must(counts && counts->published == 3, "what was accepted is published");
                must(first.ready() && second.ready(), "a result comes");
            }
        }
    } catch (const std::bad_alloc&) {
        // A clear end.
    }
    lk::testing::stop_failing();
    must(called == 1 || !asked, "a callback is called");
    return lk::testing::allocation_failed();
}

void run_out_of_memory(const Place& place) {
    // Things that are made once are made now.
    use(place, 0);
    std::uint64_t failing = 1;
    while (use(place, failing)) ++failing;
    // What the environment has is copied, one allocation and more a variable.
    must(failing > 30, "many allocations were tried, not " + std::to_string(failing));
    // It works as if nothing had been.
    auto client = client_of(place);
    must(client.has_value(), "a client can be made afterwards");
    auto dispatch = lk::get_dispatch(options_of(place, client.value()));
    must(dispatch("t").wait().has_value(), "an event goes out afterwards");
}

// Dispatches on a thread that has never done so, until an allocation of that has failed; false:
// there were fewer. What dispatch() returned is accepted, or says why not, and what it threw for is
// neither there nor counted.
bool dispatch_without_memory(const Place& place, const std::shared_ptr<lk::KinesisClient>& client,
                             std::uint64_t failing) {
    failing_now = failing;
    auto dispatch = lk::get_dispatch(options_of(place, client));
    std::vector<lk::Published> results;
    bool has_failed = false;
    std::thread([&] {
        const std::string large = "\"" + std::string(300'000, 'x') + "\"";
        const std::string spaced = "{ \"a\" : [ " + std::string(5'000, ' ') + "1 ] }";
        const std::string key(200, 'k');
        // To look into one allocates, too.
        const auto add = [&](lk::Published published) { results.push_back(std::move(published)); };
        results.reserve(16);
        lk::testing::fail_allocation(failing);
        for (int i = 0; i < 4; ++i) {
            try {
                switch (i) {
                    case 0: add(dispatch("t", lk::json("1"), {.partition_key = key})); break;
                    case 1: add(dispatch("t", lk::json(spaced))); break;
                    case 2: add(dispatch("t", lk::json(large), {.partition_key = key})); break;
                    default: add(dispatch.record(large)); break;
                }
            } catch (const std::bad_alloc&) {
                // Of an event that is not accepted.
            }
        }
        lk::testing::stop_failing();
        has_failed = lk::testing::allocation_failed();
        // As if nothing had been.
        add(dispatch("t", lk::json("2"), {.partition_key = key}));
    }).join();
    const auto counts = dispatch.flush(60s);
    std::uint64_t published = 0;
    for (lk::Published& one : results) {
        must(one.ready(), "a result is there");
        if (one.wait().has_value()) ++published;
    }
    must(counts && counts->published == published && counts->failed == 0,
         "what was accepted is published, and nothing else: " +
             std::to_string(counts ? counts->published : 0) + " published, " +
             std::to_string(published) + " results that say so");
    return has_failed;
}

void dispatch_without_memory(const Place& place) {
    auto client = client_of(place);
    must(client.has_value(), "a client can be made");
    std::uint64_t failing = 1;
    while (dispatch_without_memory(place, client.value(), failing)) ++failing;
    must(failing > 5, "many allocations were tried, not " + std::to_string(failing));
}

// The thread that writes the outbox gets none: what it is asked fails as if the disk did, or waits.
bool use_without_memory_for_the_outbox(const Place& place, std::uint64_t first,
                                       std::uint64_t count) {
    failing_now = first;
    auto client = client_of(place);
    must(client.has_value(), "a client can be made");
    lk::testing::fail_allocations_of("lk-outbox", first, count);
    try {
        auto dispatch = lk::try_get_dispatch(options_of(place, client.value()));
        if (dispatch) {
            std::vector<lk::Published> results;
            for (int i = 0; i < 3; ++i) {
                results.push_back(
                    (*dispatch)("t", lk::json(std::to_string(i)), {.partition_key = "key"}));
                must(results.back().wait().has_value(), "what was accepted is published");
            }
            const auto counts = dispatch->close(60s);
            must(counts && counts->published == 3 && counts->kept == 0, "and forgotten then");
        } else {
            must(!dispatch.error().message.empty(), "a refusal says why");
        }
    } catch (const std::bad_alloc&) {
        // A clear end.
    }
    return lk::testing::stop_failing_others() > 0;
}

void run_out_of_memory_for_the_outbox(const Place& place) {
    // One, and several in a row: then the second attempt fails, too.
    for (const std::uint64_t count : {1U, 5U}) {
        std::uint64_t first = 1;
        while (use_without_memory_for_the_outbox(place, first, count)) first += count;
        must(first > 10, "many allocations were tried, not " + std::to_string(first));
    }
    must(!use_without_memory_for_the_outbox(place, 1'000'000'000, 1), "and then it works");
}

// The thread that sends gets none. It cannot go on, so the process ends there, by std::terminate; a
// line tells of each event that was stored before. Exit status 3: that thread had fewer
// allocations.
int run_out_of_memory_for_the_loop(const Place& place, std::uint64_t first) {
    failing_now = first;
    auto client = client_of(place);
    must(client.has_value(), "a client can be made");
    lk::testing::fail_allocations_of("lk-curl", first, 1);
    auto dispatch = lk::get_dispatch(options_of(place, client.value()));
    for (int i = 0; i < 3; ++i) {
        const std::string id = std::to_string(first) + "-" + std::to_string(i);
        auto published = dispatch("t", lk::json("1"), {.partition_key = "key", .id = id});
        if (!published.wait_stored()) std::fprintf(stderr, "stored %s\n", id.c_str());
    }
    const auto counts = dispatch.close(60s);
    must(counts && counts->published == 3, "where the process goes on all is published");
    return lk::testing::stop_failing_others() > 0 ? 0 : 3;
}

void send_what_is_left(const Place& place) {
    auto client = client_of(place);
    must(client.has_value(), "a client can be made");
    auto dispatch = lk::get_dispatch(options_of(place, client.value()));
    const auto counts = dispatch.close(60s);
    must(counts && counts->kept == 0, "the next run sends what was left");
}

}  // namespace

#ifdef __SANITIZE_ADDRESS__
// Asked by the leak sanitizer at the end, which wants a thread itself.
extern "C" [[gnu::visibility("default")]] int __lsan_is_turned_off();  // NOLINT: its own name
extern "C" int __lsan_is_turned_off() {
    return threads_run_out ? 1 : 0;
}
#endif

int main(int count, char** arguments) {
    if (count != 4) return 2;
    std::set_terminate([] {
        std::fprintf(stderr, "std::terminate, at allocation %lu\n",
                     static_cast<unsigned long>(failing_now));
        std::abort();
    });
    Place place{arguments[2], arguments[3]};
    if (place.outbox == "none") place.outbox.clear();
    const std::string kind = arguments[1];
    const std::map<std::string, std::function<void()>> kinds = {
        {"descriptors", [&] { run_out_of_descriptors(place); }},
        {"threads", [&] { run_out_of_threads(place); }},
        {"memory", [&] { run_out_of_memory(place); }},
        {"dispatch_memory", [&] { dispatch_without_memory(place); }},
        {"next_run", [&] { send_what_is_left(place); }},
        {"outbox_memory", [&] { run_out_of_memory_for_the_outbox(place); }}};
    try {
        constexpr std::string_view loop = "loop_memory ";
        if (kind.starts_with(loop)) {
            return run_out_of_memory_for_the_loop(place, std::stoull(kind.substr(loop.size())));
        }
        kinds.at(kind)();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", arguments[1], error.what());
        return 1;
    }
}
