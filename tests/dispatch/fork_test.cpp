#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "fixture.hpp"
#include "http/scripted_server.hpp"
#include "outbox_fixture.hpp"
#include "task.hpp"

namespace lk {
namespace {

// What the child found wrong, on its standard error. No assertion of GoogleTest's works there.
#define CHILD_EXPECT(condition)                                                           \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            static_cast<void>(std::fprintf(stderr, "%s:%d: in the child: %s\n", __FILE__, \
                                           __LINE__, #condition));                        \
            child_is_well = false;                                                        \
        }                                                                                 \
    } while (false)

bool child_is_well = true;

// Forks, runs it in the child and ends that without destructors; what hangs is ended after a
// minute.
template <class Body>
pid_t begin_child(const Body& body) {
    const pid_t child = fork();
    if (child != 0) return child;
    alarm(240);
    body();
    _exit(child_is_well ? 0 : 1);
}

void expect_well(pid_t child) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

template <class Body>
void in_child(const Body& body) {
    expect_well(begin_child(body));
}

ErrorCode code_of(const Outcome& outcome) {
    return outcome ? ErrorCode::internal : outcome.error().code;
}

class Fork : public DispatchTest {
  protected:
#ifdef __SANITIZE_THREAD__
    void SetUp() override {
        GTEST_SKIP() << "ThreadSanitizer ends a child that starts threads";
    }
#endif

    [[nodiscard]] static DispatchOptions options_on(std::shared_ptr<KinesisClient> client) {
        return {.kinesis_client = std::move(client),
                .kinesis_stream = "entrypoint",
                .producer_id = "server@hostname"};
    }

    // A client and a dispatch function of the child's own work.
    static void expect_new_ones_to_work() {
        auto dispatch = get_dispatch(options_on(std::make_shared<FakeKinesis>()));
        CHILD_EXPECT(dispatch("t").wait().has_value());
        std::promise<bool> called;
        dispatch("t").then([&](Outcome outcome) { called.set_value(outcome.has_value()); });
        CHILD_EXPECT(called.get_future().get());
        CHILD_EXPECT(dispatch.flush(60s)->published == 2);
    }
};

TEST_F(Fork, EveryCallOnAnInheritedDispatchFunctionFailsWithForked) {
    auto dispatch = get_dispatch(options());
    EXPECT_TRUE(dispatch("before").wait());
    in_child([&] {
        const Outcome outcome = dispatch("t").wait();
        CHILD_EXPECT(code_of(outcome) == ErrorCode::forked);
        CHILD_EXPECT(!outcome.error().may_have_been_delivered && outcome.error().attempts == 0);
        CHILD_EXPECT(code_of(dispatch.record("bytes").wait()) == ErrorCode::forked);
        CHILD_EXPECT(code_of(dispatch.event({.type = "t"}).wait()) == ErrorCode::forked);
        CHILD_EXPECT(dispatch.flush(60s).error().code == ErrorCode::forked);
        CHILD_EXPECT(dispatch.close(60s).error().code == ErrorCode::forked);
        std::promise<ErrorCode> called;
        dispatch("t").then([&](Outcome failed) { called.set_value(code_of(failed)); });
        CHILD_EXPECT(called.get_future().get() == ErrorCode::forked);
    });
    EXPECT_TRUE(dispatch("after").wait());
    EXPECT_EQ(dispatch.flush(60s)->published, 2U);
    EXPECT_EQ(kinesis->records().size(), 2U);
}

TEST_F(Fork, AnInheritedResultThatWasNotThereFailsAtOnce) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Published waited = dispatch("t");
    Published got = dispatch("t");
    Published continued = dispatch("t");
    Published awaited = dispatch("t");
    Published dropped = dispatch("t");
    kinesis->wait_for_requests(1);
    in_child([&] {
        CHILD_EXPECT(!waited.ready());
        const Outcome outcome = waited.wait();
        CHILD_EXPECT(code_of(outcome) == ErrorCode::forked);
        CHILD_EXPECT(outcome.error().may_have_been_delivered);
        CHILD_EXPECT(code_of(waited.wait()) == ErrorCode::abandoned);
        try {
            got.get();
            CHILD_EXPECT(!"get() returned");
        } catch (const DispatchError& thrown) {
            CHILD_EXPECT(thrown.code() == ErrorCode::forked);
        }
        std::promise<ErrorCode> called;
        std::move(continued).then([&](Outcome failed) { called.set_value(code_of(failed)); });
        CHILD_EXPECT(called.get_future().get() == ErrorCode::forked);
        ErrorCode thrown_there = ErrorCode::internal;
        const auto run = [&]() -> Task {
            try {
                co_await std::move(awaited);
            } catch (const DispatchError& thrown) {
                thrown_there = thrown.code();
            }
        };
        run().finished.get();
        CHILD_EXPECT(thrown_there == ErrorCode::forked);
        dropped = Published();
    });
    kinesis->release();
    for (Published* result : {&waited, &got, &continued, &awaited, &dropped}) {
        EXPECT_TRUE(result->wait());
    }
}

TEST_F(Fork, AnInheritedResultThatWasThereCanStillBeTaken) {
    auto dispatch = get_dispatch(options());
    Published waited = dispatch("waited");
    Published continued = dispatch("continued");
    Published refused = dispatch("t", json("{"));
    Published without_event = dispatch("t", {}, {.keep_event = false});
    dispatch.flush(60s);
    in_child([&] {
        CHILD_EXPECT(waited.ready());
        CHILD_EXPECT(without_event.wait().has_value());
        CHILD_EXPECT(waited.get().type == "waited");
        std::promise<std::string> called;
        std::move(continued).then([&](Outcome outcome) { called.set_value(outcome->type); });
        CHILD_EXPECT(called.get_future().get() == "continued");
        CHILD_EXPECT(code_of(refused.wait()) == ErrorCode::not_json);
    });
    EXPECT_EQ(waited.get().type, "waited");
    EXPECT_EQ(continued.get().type, "continued");
}

TEST_F(Fork, CallbacksThatWaitedAtTheForkRunInTheParentAlone) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    std::promise<pid_t> ran_in;
    dispatch("t").then([&](Outcome) { ran_in.set_value(getpid()); });
    auto where = ran_in.get_future();
    in_child([&] {
        expect_new_ones_to_work();
        CHILD_EXPECT(where.wait_for(0s) == std::future_status::timeout);
    });
    kinesis->release();
    EXPECT_EQ(where.get(), getpid());
}

TEST_F(Fork, DestructorsInAChildEndAtOnceWhateverWasUnderWay) {
    kinesis->hold();
    auto dispatch = std::make_unique<Dispatch>(get_dispatch(options()));
    Published kept = (*dispatch)("t");
    for (int i = 0; i < 1000; ++i) (*dispatch)("dropped");
    kinesis->wait_for_requests(1);
    in_child([&] {
        kept = Published();
        dispatch.reset();
        kinesis.reset();
    });
    in_child([&] {
        kinesis.reset();
        dispatch.reset();
    });
    kinesis->release();
    EXPECT_TRUE(kept.wait());
    EXPECT_EQ(dispatch->flush(60s)->published, 1001U);
}

TEST_F(Fork, AnInheritedOutboxIsLeftAloneAndTheParentsEventsArriveOnce) {
    const Folder folder;
    DispatchOptions durable = options();
    durable.outbox = {.directory = folder.path(), .sync = OutboxSync::os};
    kinesis->hold();
    auto dispatch = std::make_unique<Dispatch>(get_dispatch(durable));
    EXPECT_FALSE((*dispatch)("stored", {}, {.partition_key = "k"}).wait_stored());
    const auto child = [&] {
        CHILD_EXPECT(code_of((*dispatch)("t").wait()) == ErrorCode::forked);
        CHILD_EXPECT(dispatch->close(60s).error().code == ErrorCode::forked);
        // The parent has the directory; a new one of the child's own is another matter.
        const auto second = try_get_dispatch(durable);
        CHILD_EXPECT(!second && second.error().code == ErrorCode::outbox);
        dispatch.reset();
        const Folder own;
        DispatchOptions anew = options_on(std::make_shared<FakeKinesis>());
        anew.outbox = {.directory = own.path(), .sync = OutboxSync::os};
        CHILD_EXPECT(get_dispatch(anew)("t").wait().has_value());
    };
    in_child(child);
    EXPECT_FALSE((*dispatch)("later", {}, {.partition_key = "k"}).wait_stored());
    in_child(child);
    kinesis->release();
    const auto counts = dispatch->close(60s);
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->published, 2U);
    EXPECT_EQ(counts->kept, 0U);
    EXPECT_EQ(kinesis->records().size(), 2U);
    dispatch.reset();
    EXPECT_EQ(get_dispatch(durable).close(60s)->published, 0U) << "it was forgotten in the parent";
}

TEST_F(Fork, ASynchronousClientIsDestroyedInAChildWithoutItsThreads) {
    std::promise<void> go_on;
    auto blocked = go_on.get_future().share();
    std::atomic<bool> begun{false};
    auto client = synchronous_kinesis([&](const PutRecordsRequest& request) -> FakeKinesis::Result {
        begun = true;
        begun.notify_all();
        blocked.wait();
        return FakeKinesis::all_stored(request.records.size());
    });
    auto dispatch = std::make_unique<Dispatch>(get_dispatch(options_on(client)));
    Published published = (*dispatch)("t");
    begun.wait(false);
    in_child([&] {
        dispatch.reset();
        client.reset();
    });
    in_child([&] {
        // The dispatch function alone is gone, and the client's last owner is the child.
        auto* const last = new std::shared_ptr<KinesisClient>(std::move(client));
        dispatch.reset();
        delete last;
    });
    go_on.set_value();
    EXPECT_TRUE(published.wait());
}

TEST_F(Fork, ANewClientAndDispatchFunctionWorkInAChildAndInItsChild) {
    auto dispatch = get_dispatch(options());
    EXPECT_TRUE(dispatch("t").wait());
    in_child([&] {
        expect_new_ones_to_work();
        const pid_t grandchild = begin_child([] { expect_new_ones_to_work(); });
        int status = 0;
        waitpid(grandchild, &status, 0);
        CHILD_EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        expect_new_ones_to_work();
    });
    EXPECT_TRUE(dispatch("t").wait());
}

TEST_F(Fork, AChildForkedInACallbackMayWaitThere) {
    auto dispatch = get_dispatch(options());
    std::promise<pid_t> forked;
    dispatch("t").then([&](Outcome) { forked.set_value(begin_child(expect_new_ones_to_work)); });
    expect_well(forked.get_future().get());
    EXPECT_TRUE(dispatch("t").wait());
}

// The child comes out of the callback in the library's code, on what was the parent's thread.
TEST_F(Fork, AChildThatReturnsFromACallbackRunsNoOther) {
    auto dispatch = get_dispatch(options());
    kinesis->hold();
    const pid_t parent = getpid();
    std::promise<pid_t> forked;
    std::promise<void> second;
    dispatch("t", {}, {.partition_key = "k"}).then([&](Outcome) {
        if (const pid_t child = fork(); child != 0) forked.set_value(child);
    });
    dispatch("t", {}, {.partition_key = "k"}).then([&](Outcome) {
        if (getpid() != parent) _exit(9);
        second.set_value();
    });
    kinesis->release();
    const pid_t child = forked.get_future().get();
    second.get_future().wait();
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_NE(WEXITSTATUS(status), 9);
}

TEST_F(Fork, ParentAndChildNeverDrawTheSameIds) {
    auto dispatch = get_dispatch(options());
    std::set<std::string> ids;
    ids.insert(dispatch("fills this thread's store of random bytes").get().id);
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    constexpr int count = 100;
    const auto draw = [](const Dispatch& from) {
        const Event event = from("t").get();
        return event.id + event.source.kinesis_partition_key;
    };
    constexpr std::size_t text_bytes = 72;
    const pid_t child = begin_child([&] {
        auto own = get_dispatch(options_on(std::make_shared<FakeKinesis>()));
        for (int i = 0; i < count; ++i) {
            const std::string text = draw(own);
            CHILD_EXPECT(write(fds[1], text.data(), text.size()) == ssize_t{text_bytes});
        }
    });
    std::set<std::string> drawn;
    for (int i = 0; i < count; ++i) {
        const std::string text = draw(dispatch);
        drawn.insert(text.substr(0, 36));
        drawn.insert(text.substr(36));
    }
    for (int i = 0; i < count; ++i) {
        std::string text(text_bytes, '\0');
        ASSERT_EQ(read(fds[0], text.data(), text.size()), ssize_t{text_bytes});
        drawn.insert(text.substr(0, 36));
        drawn.insert(text.substr(36));
    }
    expect_well(child);
    EXPECT_EQ(drawn.size(), std::size_t{4 * count});
    close(fds[0]);
    close(fds[1]);
}

// Forks at moments when other threads hold the locks of everything that the child then touches.
TEST_F(Fork, NoLockThatWasHeldAtTheForkIsWaitedForInTheChild) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the allocator of GCC 12's AddressSanitizer leaves its own locks to the child";
#endif
    auto dispatch = std::make_unique<Dispatch>(get_dispatch(options()));
    std::atomic<bool> stop{false};
    std::atomic<int> callbacks{0};
    std::atomic<int> dispatched{0};
    std::vector<std::thread> busy;
    for (int t = 0; t < 3; ++t) {
        busy.emplace_back([&, t] {
            while (!stop) {
                for (int i = 0; i < 20; ++i) {
                    ++dispatched;
                    (*dispatch)("t", {}, {.partition_key = t == 0 ? "k" : ""}).then([&](Outcome) {
                        ++callbacks;
                    });
                }
                static_cast<void>(dispatch->flush(60s));
            }
        });
    }
    for (int round = 0; round < 25; ++round) {
        Published unresolved = (*dispatch)("t");
        in_child([&] {
            CHILD_EXPECT(code_of((*dispatch)("t").wait()) == ErrorCode::forked);
            CHILD_EXPECT(dispatch->flush(60s).error().code == ErrorCode::forked);
            std::promise<void> called;
            std::move(unresolved).then([&](Outcome) { called.set_value(); });
            called.get_future().wait();
            dispatch.reset();
            kinesis.reset();
            expect_new_ones_to_work();
        });
    }
    stop = true;
    for (auto& thread : busy) thread.join();
    dispatch.reset();
    EXPECT_EQ(callbacks, dispatched) << "the parent lost nothing";
}

// A live client of ours, with TLS connections that the child must not touch.
class ForkWithAws : public Fork {
  protected:
    static void serve(http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            if (request->headers.at("x-amz-target") != "Kinesis_20131202.PutRecords") {
                connection.answer(400, R"({"__type":"AccessDeniedException","message":"no"})");
                continue;
            }
            std::string records;
            for (std::size_t at = request->body.find("\"Data\""); at != std::string::npos;
                 at = request->body.find("\"Data\"", at + 1)) {
                if (!records.empty()) records += ',';
                records += R"({"SequenceNumber":"1","ShardId":"shardId-000000000000"})";
            }
            connection.answer(200, R"({"FailedRecordCount":0,"Records":[)" + records + "]}");
        }
    }

    [[nodiscard]] std::shared_ptr<KinesisClient> client() const {
        return aws_kinesis({.region = "eu-west-1",
                            .endpoint = server_.url(),
                            .credentials = AwsCredentials{"AKIDEXAMPLE", "not-a-secret"},
                            .wire_format = WireFormat::json,
                            .ca_bundle = authority_file_.path()});
    }

    const http::TestCertificate authority_ = http::make_authority();
    const http::TemporaryFile authority_file_{authority_.certificate};
    http::ScriptedServer server_{serve, http::make_server_certificate(authority_, "IP:127.0.0.1")};
};

TEST_F(ForkWithAws, AChildDestroysItsCopiesAndTheParentsConnectionsLiveOn) {
    auto kinesis_client = client();
    auto dispatch = std::make_unique<Dispatch>(get_dispatch(options_on(kinesis_client)));
    for (int round = 0; round < 10; ++round) {
        ASSERT_TRUE((*dispatch)("t").wait());
        const std::size_t connections = server_.connections();
        in_child([&] {
            CHILD_EXPECT(code_of((*dispatch)("t").wait()) == ErrorCode::forked);
            dispatch.reset();
            kinesis_client.reset();
        });
        ASSERT_TRUE((*dispatch)("t").wait());
        EXPECT_EQ(server_.connections(), connections);
    }
}

TEST_F(ForkWithAws, AnInheritedClientIsRefusedAndANewOneWorks) {
    auto inherited = client();
    auto dispatch = get_dispatch(options_on(inherited));
    ASSERT_TRUE(dispatch("t").wait());
    in_child([&] {
        const auto refused = try_get_dispatch(options_on(inherited));
        CHILD_EXPECT(!refused && refused.error().code == ErrorCode::forked);
        auto own = get_dispatch(options_on(client()));
        CHILD_EXPECT(own("t").wait().has_value());
    });
    EXPECT_TRUE(dispatch("t").wait());
}

}  // namespace
}  // namespace lk
