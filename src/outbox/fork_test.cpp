#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "outbox/test_outbox.hpp"

namespace lk::outbox {
namespace {

Options options_in(const std::string& directory) {
    return {.directory = directory,
            .max_bytes = 1 << 30,
            .sync = Sync::os,
            .sync_interval = std::chrono::milliseconds(1000),
            .log = {},
            .vfs = {}};
}

int exit_status_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(OutboxFork, AChildLeavesTheParentsOutboxAlone) {
    const TestDirectory directory;
    auto outbox = open_or_fail(options_in(directory.path()));
    for (int i = 0; i < 10; ++i) {
        const PageId id = keep_page(*outbox, {"of the parent"});
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(240);
            bool refused = false;
            outbox->keep({}, [&](const Ids& ids) {
                refused = !ids && ids.error().code == ErrorCode::forked;
            });
            outbox->settle(id, {0});
            outbox->load(id, [&](const auto& page) { refused = refused && !page; });
            const auto error = outbox->for_each_left([](const LeftPage&) {});
            outbox.reset();
            ::_exit(refused && error ? 0 : 1);
        }
        EXPECT_EQ(exit_status_of(child), 0);
        EXPECT_TRUE(load_page(*outbox, id));
    }
    outbox.reset();
    EXPECT_EQ(left_in(*open_or_fail(options_in(directory.path()))).size(), 10U);
}

TEST(OutboxFork, AChildIsToldThatItsParentHoldsTheDirectory) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_in(directory.path()));
    const std::string parent = "process " + std::to_string(::getpid()) + " ";
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(240);
        const auto opened = open(options_in(directory.path()), "events");
        ::_exit(!opened && opened.error().message.find(parent) != std::string::npos ? 0 : 1);
    }
    EXPECT_EQ(exit_status_of(child), 0);
}

// While the parent's thread writes, so that a lock of SQLite's may be held at any fork.
TEST(OutboxFork, AChildsOwnOutboxWorks) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer ends a child that starts threads";
#endif
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_in(directory.path()));
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (!stop) outbox->settle(keep_page(*outbox, {noise(50'000)}), {0});
    });
    for (int i = 0; i < 20; ++i) {
        const TestDirectory another;
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(240);
            const auto own = open_or_fail(options_in(another.path()));
            const bool works = own != nullptr && keep_page(*own, {"of the child"}) > 0;
            ::_exit(works ? 0 : 1);
        }
        EXPECT_EQ(exit_status_of(child), 0);
    }
    stop = true;
    busy.join();
}

// It has inherited what SQLite knows of the file that its parent had open.
TEST(OutboxFork, AChildTakesTheDirectoryOverWhenItsParentIsGone) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer ends a child that starts threads";
#endif
    const TestDirectory directory;
    int result[2];
    int parent_gone[2];
    ASSERT_EQ(::pipe(result), 0);
    ASSERT_EQ(::pipe(parent_gone), 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        ::alarm(240);
        const auto outbox = open_or_fail(options_in(directory.path()));
        keep_page(*outbox, {"of the parent"});
        if (::fork() == 0) {
            ::alarm(240);
            ::close(parent_gone[1]);
            char end = 0;
            while (::read(parent_gone[0], &end, 1) < 0 && errno == EINTR) {
            }
            const auto own = open(options_in(directory.path()), "events");
            const char works = own && left_in(**own).size() == 1 ? 'y' : 'n';
            if (!own) std::fprintf(stderr, "%s\n", own.error().message.c_str());
            if (::write(result[1], &works, 1) != 1) ::_exit(1);
            ::_exit(0);
        }
        ::raise(SIGKILL);
    }
    ::waitpid(parent, nullptr, 0);
    ::close(parent_gone[1]);
    char works = 'n';
    while (::read(result[0], &works, 1) < 0 && errno == EINTR) {
    }
    EXPECT_EQ(works, 'y');
    for (const int end : {result[0], result[1], parent_gone[0]}) ::close(end);
}

}  // namespace
}  // namespace lk::outbox
