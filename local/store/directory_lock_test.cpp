#include "local/store/directory_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "local/store/test_directory.hpp"

namespace lk::local {
namespace {

using testing::HasSubstr;

/// A process that claims the directory and holds it until it is killed.
class Holder {
  public:
    explicit Holder(const std::string& directory) {
        int ready[2];
        if (::pipe(ready) != 0) throw std::runtime_error("no pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            const auto lock = DirectoryLock::claim(directory);
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
    const auto second = DirectoryLock::claim(directory.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::bad_option);
    EXPECT_THAT(second.error().message, HasSubstr(directory.path()));
    EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(holder.pid()) + " (" +
                                                  program_invocation_short_name + ")"));
}

TEST(DirectoryLock, IsFreeOnceItsHolderWasKilled) {
    const TestDirectory directory;
    Holder holder(directory.path());
    holder.kill();
    EXPECT_TRUE(DirectoryLock::claim(directory.path()));
}

TEST(DirectoryLock, KeepsASecondClaimOfTheSameProcessOut) {
    const TestDirectory directory;
    {
        const auto first = DirectoryLock::claim(directory.path());
        ASSERT_TRUE(first);
        EXPECT_FALSE(DirectoryLock::claim(directory.path()));
    }
    EXPECT_TRUE(DirectoryLock::claim(directory.path()));
}

TEST(DirectoryLock, MakesADirectoryForItsOwnerAlone) {
    const TestDirectory directory;
    const std::string made = directory.path() + "/a/b";
    ASSERT_TRUE(DirectoryLock::claim(made));
    struct stat facts {};
    ASSERT_EQ(::stat(made.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0700U);
}

}  // namespace
}  // namespace lk::local
