#include "base/directory_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/test_directory.hpp"

namespace lk {
namespace {

using testing::HasSubstr;

Expected<DirectoryLock, Error> claim(const std::string& directory) {
    return DirectoryLock::claim(
        directory, {.name = "data directory", .mend = "stop that, or use another directory"});
}

/// A process that claims the directory and holds it until it is killed.
class Holder {
  public:
    explicit Holder(const std::string& directory) {
        int ready[2];
        if (::pipe(ready) != 0) throw std::runtime_error("no pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            const auto lock = claim(directory);
            const char held = lock ? 'y' : 'n';
            if (::write(ready[1], &held, 1) == 1) ::pause();
            ::_exit(1);
        }
        char held = 'n';
        while (::read(ready[0], &held, 1) < 0 && errno == EINTR) {
        }
        ::close(ready[0]);
        ::close(ready[1]);
        EXPECT_EQ(held, 'y');
    }
    ~Holder() { kill(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = -1;
};

TEST(DirectoryLock, TellsASecondProcessWhoHoldsTheDirectory) {
    const TestDirectory directory;
    const Holder holder(directory.path());
    const auto second = claim(directory.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::bad_option);
    EXPECT_THAT(second.error().message, HasSubstr(directory.path()));
    EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(holder.pid()) + " (" +
                                                  program_invocation_short_name + ")"));
}

TEST(DirectoryLock, TellsWhoMayNotWriteToTheDirectoryToChooseAnother) {
    const TestDirectory directory;
    ASSERT_EQ(::chmod(directory.path().c_str(), 0555), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        // Root may write everywhere.
        constexpr uid_t nobody = 65'534;
        if (::geteuid() == 0 && ::seteuid(nobody) != 0) ::_exit(2);
        const auto lock = claim(directory.path());
        const bool told =
            !lock && lock.error().message.find("choose one that this user may write to") !=
                         std::string::npos;
        ::_exit(told ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::chmod(directory.path().c_str(), 0700);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "there is no other user";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(DirectoryLock, IsFreeOnceItsHolderWasKilled) {
    const TestDirectory directory;
    Holder holder(directory.path());
    holder.kill();
    EXPECT_TRUE(claim(directory.path()));
}

// A child lives on while its parent, which forked it with the lock held, is killed.
TEST(DirectoryLock, IsNotKeptByAChildOfItsHolder) {
    const TestDirectory directory;
    int to_parent[2];
    int to_child[2];
    ASSERT_EQ(::pipe(to_parent), 0);
    ASSERT_EQ(::pipe(to_child), 0);
    const pid_t holder = ::fork();
    if (holder == 0) {
        const auto lock = claim(directory.path());
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(to_child[1]);
            char end = 0;
            // Until the test, its only writer left, closes its end.
            while (::read(to_child[0], &end, 1) < 0 && errno == EINTR) {
            }
            ::_exit(0);
        }
        ::close(to_child[1]);
        const char held = lock && child > 0 && !claim(directory.path()) ? 'y' : 'n';
        if (::write(to_parent[1], &held, 1) == 1) ::pause();
        ::_exit(1);
    }
    char held = 'n';
    while (::read(to_parent[0], &held, 1) < 0 && errno == EINTR) {
    }
    EXPECT_EQ(held, 'y');
    EXPECT_FALSE(claim(directory.path()));
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
    EXPECT_TRUE(claim(directory.path()));
    for (const int end : {to_parent[0], to_parent[1], to_child[0], to_child[1]}) ::close(end);
}

TEST(DirectoryLock, TellsAChildThatItsParentHoldsTheDirectory) {
    const TestDirectory directory;
    auto lock = claim(directory.path());
    ASSERT_TRUE(lock);
    // The second one finds that what the first one closed was not the lock.
    for (int i = 0; i < 2; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto again = claim(directory.path());
            const bool told =
                !again && again.error().message.find("process " + std::to_string(::getppid()) +
                                                     " ") != std::string::npos;
            { const auto inherited = std::move(lock).value(); }
            ::_exit(told ? 0 : 1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
}

TEST(DirectoryLock, KeepsASecondClaimOfTheSameProcessOut) {
    const TestDirectory directory;
    {
        const auto first = claim(directory.path());
        ASSERT_TRUE(first);
        EXPECT_FALSE(claim(directory.path()));
    }
    EXPECT_TRUE(claim(directory.path()));
}

TEST(DirectoryLock, MakesADirectoryForItsOwnerAlone) {
    const TestDirectory directory;
    const std::string made = directory.path() + "/a/b";
    ASSERT_TRUE(claim(made));
    struct stat facts {};
    ASSERT_EQ(::stat(made.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0700U);
}

TEST(DirectoryLock, TellsWhatStandsInItsPlace) {
    const TestDirectory directory;
    const std::string file = directory.path() + "/file";
    std::ofstream(file) << "no folder";
    const std::string link = directory.path() + "/link";
    ASSERT_EQ(::symlink("nowhere", link.c_str()), 0);
    for (const std::string& name : {file, link}) {
        const auto refused = claim(name);
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message, HasSubstr(name + " is not a folder"));
    }
    const auto below = claim(file + "/below");
    ASSERT_FALSE(below);
    EXPECT_THAT(below.error().message, HasSubstr("Not a directory"));
}

}  // namespace
}  // namespace lk
