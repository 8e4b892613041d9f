#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

void store_all(ScriptedConnection& connection) {
    while (connection.read_request()) connection.answer(200, "stored");
}

int exit_status_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// What the far end would see: a TLS connection that is taken down in the child, or written to by
// both, breaks for the parent.
TEST(TransportFork, AChildsCopyIsDestroyedWithoutTouchingTheParentsConnection) {
    const TestCertificate authority = make_authority();
    const TemporaryFile file(authority.certificate);
    ScriptedServer server(store_all, make_server_certificate(authority, "IP:127.0.0.1"));
    auto transport = curl_transport({.ca_bundle = file.path()});
    Poster poster(transport);
    ASSERT_TRUE(poster.post(server.url(), "before"));
    for (int i = 0; i < 20; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(240);
            poster = Poster(nullptr);
            transport.reset();
            _exit(0);
        }
        EXPECT_EQ(exit_status_of(child), 0);
        const auto answer = poster.post(server.url(), "after");
        ASSERT_TRUE(answer) << answer.error().message;
    }
    EXPECT_EQ(server.connections(), 1U);
}

TEST(TransportFork, AChildsRequestOnItIsRefusedAtOnce) {
    ScriptedServer server(store_all);
    Poster poster;
    ASSERT_TRUE(poster.post(server.url(), "before"));
    const pid_t child = fork();
    if (child == 0) {
        alarm(240);
        const auto answer = poster.post(server.url(), "in the child");
        const bool refused = !answer && !answer.error().may_have_been_sent &&
                             answer.error().message.find("fork") != std::string::npos;
        _exit(refused ? 0 : 1);
    }
    EXPECT_EQ(exit_status_of(child), 0);
    EXPECT_TRUE(poster.post(server.url(), "after"));
    EXPECT_EQ(server.connections(), 1U);
}

TEST(TransportFork, AChildsOwnTransportWorks) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer ends a child that starts threads";
#endif
    ScriptedServer server(store_all);
    Poster poster;
    ASSERT_TRUE(poster.post(server.url(), "before"));
    const pid_t child = fork();
    if (child == 0) {
        alarm(240);
        _exit(Poster().post(server.url(), "in the child").has_value() ? 0 : 1);
    }
    EXPECT_EQ(exit_status_of(child), 0);
    EXPECT_EQ(server.connections(), 2U);
}

TEST(TransportFork, AChildForkedInACallbackLeavesTheRestToTheParent) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer ends a child that was forked by another thread than main";
#endif
    ScriptedServer server(store_all);
    Poster poster;
    const std::string_view body = "body";
    Request request = poster.request_to(server.url());
    request.body = {&body, 1};
    request.body_bytes = body.size();
    std::promise<pid_t> forked;
    poster.transport().post(request, [&](const Expected<Answer, NoAnswer>&) {
        const pid_t child = fork();
        // The child returns into the loop, which ends there.
        if (child != 0) forked.set_value(child);
    });
    const pid_t child = forked.get_future().get();
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_TRUE(poster.post(server.url(), "after"));
    EXPECT_EQ(server.connections(), 1U);
}

}  // namespace
}  // namespace lk::http
