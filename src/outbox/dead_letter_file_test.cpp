#include "outbox/dead_letter_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <vector>

#include "base/test_directory.hpp"

namespace lk::outbox {
namespace {

using testing::HasSubstr;

std::unique_ptr<DeadLetterFile> open_or_fail(const std::string& path) {
    auto opened = DeadLetterFile::open(path);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? std::move(opened).value() : nullptr;
}

TEST(DeadLetterFile, AddsLinesToWhatIsThere) {
    const TestDirectory directory;
    const std::string path = directory.path() + "/dead.ndjson";
    EXPECT_FALSE(open_or_fail(path)->append("{\"n\":1}"));
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    EXPECT_FALSE(open_or_fail(path)->append("{\"n\":2}"));
    EXPECT_EQ(directory.read("dead.ndjson"), "{\"n\":1}\n{\"n\":2}\n");
}

TEST(DeadLetterFile, EndsALineThatWasTorn) {
    const TestDirectory directory;
    directory.write("dead.ndjson", "{\"n\":1}\n{\"n\"");
    EXPECT_FALSE(open_or_fail(directory.path() + "/dead.ndjson")->append("{\"n\":3}"));
    EXPECT_EQ(directory.read("dead.ndjson"), "{\"n\":1}\n{\"n\"\n{\"n\":3}\n");
}

TEST(DeadLetterFile, RefusesWhatIsMoreThanALine) {
    const TestDirectory directory;
    const auto file = open_or_fail(directory.path() + "/dead.ndjson");
    const auto error = file->append("one\ntwo");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::bad_input);
    EXPECT_EQ(directory.read("dead.ndjson"), "");
}

TEST(DeadLetterFile, TellsWhyItCannotBeOpened) {
    const auto opened = DeadLetterFile::open("/nowhere/at/all");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::bad_option);
    EXPECT_THAT(opened.error().message, HasSubstr("/nowhere/at/all"));
    EXPECT_THAT(opened.error().message, HasSubstr("No such file"));
}

TEST(DeadLetterFile, TellsOfADiskThatIsFull) {
    const auto file = open_or_fail("/dev/full");
    const auto error = file->append("{}");
    ASSERT_TRUE(error);
    EXPECT_THAT(error->message, HasSubstr("No space left on device"));
}

// The system writes what fits, and then refuses the rest.
TEST(DeadLetterFile, TakesBackHalfALine) {
    const TestDirectory directory;
    const std::string path = directory.path() + "/dead.ndjson";
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{.rlim_cur = 100, .rlim_max = 100};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto file = open_or_fail(path);
        const bool as_told = !file->append(std::string(60, 'a')) &&
                             file->append(std::string(60, 'b')) &&
                             !file->append(std::string(20, 'c'));
        ::_exit(as_told ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(directory.read("dead.ndjson"),
              std::string(60, 'a') + "\n" + std::string(20, 'c') + "\n");
}

TEST(DeadLetterFile, TakesWholeLinesFromThreadsAndProcesses) {
    const TestDirectory directory;
    const std::string path = directory.path() + "/dead.ndjson";
    const auto add_lines = [&](DeadLetterFile& file, char who) {
        for (int i = 0; i < 50; ++i) {
            if (file.append(std::string(3000, who))) return false;
        }
        return true;
    };
    const pid_t child = ::fork();
    if (child == 0) {
        auto file = DeadLetterFile::open(path);
        ::_exit(file && add_lines(**file, 'p') ? 0 : 1);
    }
    const auto file = open_or_fail(path);
    std::thread other([&] { EXPECT_TRUE(add_lines(*file, 't')); });
    EXPECT_TRUE(add_lines(*file, 'm'));
    other.join();
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    std::istringstream lines(directory.read("dead.ndjson"));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        EXPECT_EQ(line, std::string(3000, line.empty() ? '?' : line[0]));
    }
    EXPECT_EQ(count, 150);
}

TEST(DeadLetterFile, OfAParentIsRefusedInAChild) {
    const TestDirectory directory;
    const auto file = open_or_fail(directory.path() + "/dead.ndjson");
    const pid_t child = ::fork();
    if (child == 0) {
        const auto error = file->append("{}");
        ::_exit(error && error->code == ErrorCode::forked ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace lk::outbox
