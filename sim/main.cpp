#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "sim/coverage.hpp"
#include "sim/plan.hpp"
#include "sim/report.hpp"
#include "sim/run.hpp"
#include "sim/scenarios.hpp"

namespace lk::sim {
namespace {

constexpr const char* usage =
    "usage: lk-sim OPTIONS\n"
    "  --seed N        one run; --trace prints what happened in it\n"
    "  --seeds A..B    all of these\n"
    "  --hours N       on and on, from --seeds A.. or from 1,000,000\n"
    "  --coverage N    then print how often each fault met each state of a lane, and fail if any\n"
    "                  met less than N times\n"
    "  --scenarios     fairness and rate control\n"
    "  --quick         go on after a violation, and do not make it smaller\n"
    "  --first         end with the first violation, and do not make it smaller\n";

struct Options {
    std::optional<std::uint64_t> seed;
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last;
    double hours = 0;
    bool trace = false;
    std::optional<std::uint64_t> coverage;
    bool scenarios = false;
    bool quick = false;
    bool first_only = false;
};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Options> options_of(int count, char** arguments) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        const auto value = [&] {
            return ++i < count ? std::string_view(arguments[i]) : std::string_view{};
        };
        if (name == "--seed") {
            options.seed = number(value());
            if (!options.seed) return std::nullopt;
        } else if (name == "--seeds") {
            const std::string_view range = value();
            const std::size_t dots = range.find("..");
            if (dots == std::string_view::npos) return std::nullopt;
            options.first = number(range.substr(0, dots));
            options.last = number(range.substr(dots + 2));
            if (!options.first) return std::nullopt;
        } else if (name == "--hours") {
            options.hours = std::strtod(std::string(value()).c_str(), nullptr);
        } else if (name == "--trace") {
            options.trace = true;
        } else if (name == "--coverage") {
            options.coverage = number(value());
            if (!options.coverage) return std::nullopt;
        } else if (name == "--scenarios") {
            options.scenarios = true;
        } else if (name == "--quick") {
            options.quick = true;
        } else if (name == "--first") {
            options.first_only = true;
        } else {
            return std::nullopt;
        }
    }
    if (!options.seed && !options.first && options.hours <= 0 && !options.scenarios) {
        return std::nullopt;
    }
    return options;
}

class Session {
  public:
    explicit Session(const Options& options) : options_(options) {}

    // False when the run broke a promise.
    bool one(std::uint64_t seed) {
        const Plan plan = plan_for(seed);
        const RunResult result = run(plan, options_.trace);
        ++runs_;
        events_ += result.events;
        requests_ += result.requests;
        published_ += result.published;
        failed_ += result.failed;
        unknown_ += result.unknown;
        coverage_ += result.coverage;
        if (options_.trace) {
            std::printf("%s%s", describe(plan).c_str(), tell(result).c_str());
        }
        if (runs_ % 500 == 1 && run(plan, false).fingerprint != result.fingerprint) {
            std::printf("seed %" PRIu64 " does not run twice in the same way\n", seed);
            ++failures_;
            return false;
        }
        if (result.violations.empty()) return true;
        ++failures_;
        const Violation& first = result.violations.front();
        std::printf("%s", headline(plan, first).c_str());
        if (!options_.quick && !options_.first_only) {
            std::printf("%s", explain(plan, first.check).c_str());
        }
        std::fflush(stdout);
        return false;
    }

    [[nodiscard]] bool may_go_on() const {
        return options_.first_only ? failures_ == 0 : options_.quick || failures_ < 10;
    }

    int end() const {
        std::printf("%" PRIu64 " runs, %" PRIu64 " events (%" PRIu64 " published, %" PRIu64
                    " failed, %" PRIu64 " unknown), %" PRIu64
                    " requests, %d runs broke a promise\n",
                    runs_, events_, published_, failed_, unknown_, requests_, failures_);
        bool good = failures_ == 0;
        if (options_.coverage) {
            std::printf("%severy fault met every state at least %" PRIu64 " times\n",
                        coverage_.table().c_str(), coverage_.rarest());
            if (coverage_.rarest() < *options_.coverage) {
                std::printf("that is less than %" PRIu64 "\n", *options_.coverage);
                good = false;
            }
        }
        return good ? 0 : 1;
    }

  private:
    const Options options_;
    std::uint64_t runs_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t published_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t unknown_ = 0;
    int failures_ = 0;
    Coverage coverage_;
};

int work(const Options& options) {
    if (options.scenarios) return play_scenarios() ? 0 : 1;
    Session session(options);
    if (options.seed) {
        session.one(*options.seed);
        return session.end();
    }
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                           std::chrono::duration<double, std::ratio<3600>>(options.hours));
    std::uint64_t seed = options.first.value_or(1'000'000);
    while (session.may_go_on()) {
        if (options.last && seed > *options.last) break;
        if (!options.last && std::chrono::steady_clock::now() > until) break;
        session.one(seed++);
    }
    return session.end();
}

}  // namespace
}  // namespace lk::sim

int main(int count, char** arguments) {
    const auto options = lk::sim::options_of(count, arguments);
    if (!options) {
        std::fputs(lk::sim::usage, stderr);
        return 2;
    }
    return lk::sim::work(*options);
}
