#include "meters.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace lk::bench {
namespace {

// The number behind "name:" in a status file of /proc (proc(5)); 0 when it is not there.
std::uint64_t status_field(const std::filesystem::path& path, const std::string& name) {
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with(name + ":")) {
            return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
        }
    }
    return 0;
}

}  // namespace

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Resident resident() {
    constexpr std::size_t kibibyte = 1024;
    return {.bytes = status_field("/proc/self/status", "VmRSS") * kibibyte,
            .anonymous_bytes = status_field("/proc/self/status", "RssAnon") * kibibyte};
}

std::uint64_t sleeps_of_other_threads() {
    const std::string own = std::to_string(gettid());
    std::uint64_t sleeps = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
        if (thread.path().filename() == own) continue;
        sleeps += status_field(thread.path() / "status", "voluntary_ctxt_switches");
    }
    return sleeps;
}

}  // namespace lk::bench
