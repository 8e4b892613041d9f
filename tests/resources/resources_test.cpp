#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
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

std::string name_of(const testing::TestParamInfo<Kind>& run) {
    return std::string(std::get<0>(run.param)) + (std::get<1>(run.param) ? "_with_an_outbox" : "");
}

INSTANTIATE_TEST_SUITE_P(Everything, RunsOut,
                         testing::Combine(testing::Values("descriptors", "threads", "memory"),
                                          testing::Bool()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(OnALibraryThread, RunsOut, testing::Values(Kind("outbox_memory", true)),
                         name_of);

}  // namespace
}  // namespace lk
