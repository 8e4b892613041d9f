#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <tuple>

#include <lk/local_kinesis.hpp>

extern char** environ;  // NOLINT: as POSIX names it

namespace lk {
namespace {

class Folder {
  public:
    Folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "lk-resources-XXXXXX").string();
        path = mkdtemp(name.data());
        // A child may be another user.
        std::filesystem::permissions(path, std::filesystem::perms::all);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path;
};

struct Ended {
    int status = 0;
    std::string said;
};

Ended run(const std::string& kind, const std::string& endpoint, const std::string& outbox,
          const std::string& said_file) {
    std::string words[] = {LK_RESOURCES_CHILD, kind, endpoint, outbox};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                         nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, said_file.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
    pid_t child = 0;
    const int failed = posix_spawn(&child, arguments[0], &files, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) return {-1, "cannot be started"};
    Ended ended;
    waitpid(child, &ended.status, 0);
    std::ifstream file(said_file);
    ended.said.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    return ended;
}

using Kind = std::tuple<const char*, bool>;

class RunsOut : public testing::TestWithParam<Kind> {};

TEST_P(RunsOut, AndTheEndIsClear) {
    const auto [kind, with_outbox] = GetParam();
    const Folder folder;
    const auto kinesis = local_kinesis({.streams = {{"events", 2}}});
    const Ended ended = run(kind, kinesis->endpoint(),
                            with_outbox ? folder.path + "/outbox" : "none", folder.path + "/said");
    ASSERT_TRUE(WIFEXITED(ended.status)) << "signal " << WTERMSIG(ended.status) << "\n"
                                         << ended.said;
    if (WEXITSTATUS(ended.status) == 77) GTEST_SKIP() << ended.said;
    EXPECT_EQ(WEXITSTATUS(ended.status), 0) << ended.said;
}

// The process may end of it, in one way; the next one sends what had been reported stored.
TEST(RunsOutOfMemory, OnTheSendingThreadAndLosesNothingThatWasStored) {
    const Folder folder;
    const auto kinesis = local_kinesis({.streams = {{"events", 2}}});
    const std::string outbox = folder.path + "/outbox";
    std::set<std::string> stored;
    int ended = 0;
    for (std::uint64_t first = 1;; first += 1 + first / 10) {
        const Ended child = run("loop_memory " + std::to_string(first), kinesis->endpoint(), outbox,
                                folder.path + "/said");
        const bool aborted = WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGABRT;
        const bool exited = WIFEXITED(child.status) &&
                            (WEXITSTATUS(child.status) == 0 || WEXITSTATUS(child.status) == 3);
        ASSERT_TRUE(aborted || exited) << first << ": " << child.said;
        if (aborted) {
            ++ended;
            EXPECT_NE(child.said.find("std::terminate"), std::string::npos) << child.said;
        }
        std::istringstream lines(child.said);
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("stored ")) stored.insert(line.substr(7));
        }
        const Ended next = run("next_run", kinesis->endpoint(), outbox, folder.path + "/said");
        ASSERT_EQ(next.status, 0) << next.said;
        if (exited && WEXITSTATUS(child.status) == 3) break;
        ASSERT_LT(first, 100'000U) << "that thread has fewer allocations";
    }
    EXPECT_GT(ended, 0);
    const auto records = kinesis->records("events");
    ASSERT_TRUE(records);
    for (const auto& record : *records) {
        const std::size_t start = record.data.find("\"id\":\"") + 6;
        stored.erase(record.data.substr(start, record.data.find('"', start) - start));
    }
    EXPECT_TRUE(stored.empty()) << *stored.begin() << " was stored, and is not in the stream";
}

std::string name_of(const testing::TestParamInfo<Kind>& run) {
    return std::string(std::get<0>(run.param)) + (std::get<1>(run.param) ? "_with_an_outbox" : "");
}

INSTANTIATE_TEST_SUITE_P(Everything, RunsOut,
                         testing::Combine(testing::Values("descriptors", "threads", "memory",
                                                          "dispatch_memory"),
                                          testing::Bool()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(OnALibraryThread, RunsOut, testing::Values(Kind("outbox_memory", true)),
                         name_of);

}  // namespace
}  // namespace lk
