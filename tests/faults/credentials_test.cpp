#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <lk/aws_kinesis.hpp>

#include "run.hpp"

namespace lk::faults {
namespace {

constexpr const char* expired = R"({"rules": [{"on": {"operation": "PutRecords"}, "times": 1,
    "do": {"error": "ExpiredTokenException"}}]})";

// A profile whose program gives other credentials each time.
class ExpiredCredentials : public ::testing::Test {
  protected:
    ExpiredCredentials() {
        std::string name = ::testing::TempDir() + "expired.XXXXXX";
        folder = ::mkdtemp(name.data());
        const auto in_folder = [&](const char* file) { return (folder / file).string(); };
        std::ofstream(in_folder("give.sh"))
            << "echo again >> " << in_folder("calls") << "\n"
            << "n=$(wc -l < " << in_folder("calls") << ")\n"
            << R"(echo "{\"Version\": 1, \"AccessKeyId\": \"AKID$n\", \"SecretAccessKey\": \"secret\",)"
            << R"( \"SessionToken\": \"token\", \"Expiration\": \"2099-01-01T00:00:00Z\"}")"
            << "\n";
        std::ofstream(in_folder("config"))
            << "[profile renewed]\nregion = eu-west-1\ncredential_process = /bin/sh "
            << in_folder("give.sh") << "\n";
        ::setenv("AWS_CONFIG_FILE", in_folder("config").c_str(), 1);
        ::setenv("AWS_SHARED_CREDENTIALS_FILE", in_folder("none").c_str(), 1);
    }
    ~ExpiredCredentials() override {
        ::unsetenv("AWS_CONFIG_FILE");
        ::unsetenv("AWS_SHARED_CREDENTIALS_FILE");
        std::filesystem::remove_all(folder);
    }
    [[nodiscard]] std::size_t calls() const {
        std::ifstream file(folder / "calls");
        std::size_t lines = 0;
        for (std::string line; std::getline(file, line);) ++lines;
        return lines;
    }
    std::filesystem::path folder;
};

TEST_F(ExpiredCredentials, AreRenewedAndNothingIsLost) {
    const auto kinesis = local_kinesis({.streams = {{"events", 4}}, .faults = expired});
    const auto client = aws_kinesis({.endpoint = kinesis->endpoint(), .profile = "renewed"});
    const DispatchRun run = dispatch_all(kinesis, {.client = client});
    EXPECT_EQ(run.published(), run.events.size());
    EXPECT_EQ(run.flagged(), 0U);
    EXPECT_EQ(calls(), 2U) << "renewed once for all events";
    expect_as_promised(*kinesis, run);
}

TEST_F(ExpiredCredentials, ThatNobodyRenewsFailTheirEventsByName) {
    const auto kinesis = local_kinesis({.streams = {{"events", 4}}, .faults = expired});
    const auto client = aws_kinesis({.region = "eu-west-1",
                                     .endpoint = kinesis->endpoint(),
                                     .credentials = AwsCredentials{"AKID", "secret", "token"}});
    const DispatchRun run = dispatch_all(kinesis, {.events = 1, .client = client});
    ASSERT_EQ(run.failed(), 1U);
    EXPECT_EQ(run.events[0].outcome.error().code, ErrorCode::credentials);
    expect_as_promised(*kinesis, run);
}

}  // namespace
}  // namespace lk::faults
