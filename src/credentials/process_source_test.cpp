#include "credentials/process_source.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>

#include <thread>

#include "credentials/run_program.hpp"
#include "credentials/shell_words.hpp"
#include "credentials/test_far_end.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

std::string printed(std::string_view more = "") {
    return R"({"Version":1,"AccessKeyId":"ASIAPROCESS","SecretAccessKey":")" +
           std::string(secret_key) + "\"" + std::string(more) + "}";
}

Expected<Fetched, Error> fetch(const World& world, std::string_view command) {
    return ProcessSource(command, "credential_process in [profile p]", world.shared()).fetch();
}

TEST(ProcessSource, TakesWhatTheProgramPrints) {
    World world;
    const auto file = world.folder.write(
        "a folder/keys.json",
        printed(R"(,"SessionToken":"t","Expiration":"2026-09-21T15:00:00+01:00")"));
    const auto fetched = fetch(world, "cat '" + file + "'");
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(fetched->credentials.access_key_id, "ASIAPROCESS");
    EXPECT_EQ(fetched->credentials.secret_access_key.reveal(), secret_key);
    EXPECT_EQ(fetched->credentials.session_token.reveal(), "t");
    EXPECT_EQ(timestamp(fetched->expires.value()), "2026-09-21T14:00:00Z");
}

TEST(ProcessSource, CredentialsWithoutAnExpirationLast) {
    World world;
    const auto file = world.folder.write("keys.json", printed());
    const auto fetched = fetch(world, "cat " + file);
    ASSERT_TRUE(fetched);
    EXPECT_FALSE(fetched->expires.has_value());
}

TEST(ProcessSource, SaysWhatIsWrongAndQuotesNothingButTheProgram) {
    World world;
    const std::string secret(secret_key);
    const auto other_version = world.folder.write("v2", R"({"Version":2})");
    const auto half = world.folder.write("half", R"({"Version":1,"AccessKeyId":"A"})");
    const std::pair<std::string, const char*> cases[] = {
        {"false " + secret, "\"false\": it ended with status 1"},
        {"/nowhere/program " + secret, "\"/nowhere/program\": it can not be started"},
        {"echo " + secret, "one JSON object"},
        {"cat " + other_version, "\"Version\": 1"},
        {"cat " + half, "no secret access key"},
        {"echo '" + secret, "stays open"},
        {"   ", "it is empty"},
        {"sh -c 'kill -9 $$'", "killed by signal 9"},
        {"head -c 100000 /dev/zero", "more than 65536 bytes"},
    };
    for (const auto& [command, why] : cases) {
        expect_refused(fetch(world, command), {"credential_process in [profile p]", why});
    }
}

TEST(ProcessSource, NoShellReadsTheCommand) {
    World world;
    const auto marker = world.folder.path() + "/marker";
    expect_refused(fetch(world, "echo x ; touch " + marker), {"one JSON object"});
    expect_refused(fetch(world, "echo $(touch " + marker + ")"), {"one JSON object"});
    EXPECT_NE(access(marker.c_str(), F_OK), 0);
}

TEST(RunProgram, EndsAProgramThatTakesTooLongAndItsChildrenToo) {
    const Stop stop;
    for (const char* command :
         {"sleep 600", "sh -c 'sleep 600 & sleep 600'", "sh -c 'exec >&-; sleep 600'"}) {
        const auto ran =
            run_program(*split_words(command), stop, {.time = std::chrono::milliseconds(200)});
        ASSERT_FALSE(ran) << command;
        const bool said = ran.error().find("ended after") != std::string::npos ||
                          ran.error().find("killed by signal 9") != std::string::npos;
        EXPECT_TRUE(said) << ran.error();
    }
}

TEST(RunProgram, IsEndedByItsStop) {
    Stop stop;
    std::thread stopping([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        stop.request();
    });
    const auto ran = run_program(*split_words("sleep 600"), stop);
    stopping.join();
    ASSERT_FALSE(ran);
    EXPECT_NE(ran.error().find("closed"), std::string::npos) << ran.error();
}

// The library's threads block all signals; a program must not inherit that.
TEST(RunProgram, TheProgramHearsItsSignals) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
    const auto ran = run_program(*split_words("sh -c 'kill -TERM $$; echo deaf'"), Stop());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error(), "it was killed by signal 15");
}

// What Python's shlex.split() gives.
TEST(ShellWords, AreSplitAsTheAwsCliDoes) {
    using Words = std::vector<std::string>;
    const std::pair<const char*, Words> cases[] = {
        {"", {}},
        {" a  b\tc\n", {"a", "b", "c"}},
        {"a 'b c' d", {"a", "b c", "d"}},
        {R"(a "b c" d)", {"a", "b c", "d"}},
        {R"(a\ b c)", {"a b", "c"}},
        {R"('a\b')", {R"(a\b)"}},
        {R"("a\"b\\c\d")", {R"(a"b\c\d)"}},
        {R"('' "")", {"", ""}},
        {R"(a'b'"c"d)", {"abcd"}},
        {R"(/opt/aws\ tools/x --name "it's")", {"/opt/aws tools/x", "--name", "it's"}},
    };
    for (const auto& [command, expected] : cases) {
        const auto words = split_words(command);
        ASSERT_TRUE(words) << command;
        EXPECT_EQ(Words(words->begin(), words->end()), expected) << command;
    }
    for (const char* open : {"'a", "\"a", "a\\", "\"a\\\""})
        EXPECT_FALSE(split_words(open)) << open;
}

}  // namespace
}  // namespace lk::credentials
