#include "credentials/instance_source.hpp"

#include <gtest/gtest.h>

#include "credentials/test_far_end.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

constexpr std::string_view roles = " /latest/meta-data/iam/security-credentials/ ";

std::string keys(std::string_view expiration, std::string_view code = "Success") {
    return R"({"Code":")" + std::string(code) +
           R"(","Type":"AWS-HMAC","AccessKeyId":"ASIAINSTANCE","SecretAccessKey":")" +
           std::string(secret_key) + R"(","Token":")" + std::string(secret_token) +
           R"(","Expiration":")" + std::string(expiration) + R"("})";
}

bool is_for(const http::ReceivedRequest& request, std::string_view part) {
    return request.first_line.find(part) != std::string::npos;
}

// The service as AWS documents it; each piece may be replaced.
struct Imds {
    FarEnd::Answer token{200, "AQAEAtoken=="};
    FarEnd::Answer role{200, "web-server\n"};
    FarEnd::Answer credentials{200, keys("2026-09-21T20:00:00Z")};
    FarEnd::Answer region{200, "eu-central-1"};
    // Requests with a token of before are refused once.
    std::string accepted_token = "AQAEAtoken==";

    FarEnd::Answer operator()(const http::ReceivedRequest& request) const {
        if (is_for(request, "PUT /latest/api/token ")) {
            return request.headers.count("x-aws-ec2-metadata-token-ttl-seconds") == 1
                       ? token
                       : FarEnd::Answer{400};
        }
        const auto given = request.headers.find("x-aws-ec2-metadata-token");
        if (given == request.headers.end() || given->second != accepted_token) {
            return FarEnd::Answer{401};
        }
        if (is_for(request, roles)) return role;
        if (is_for(request, "security-credentials/web-server ")) return credentials;
        if (is_for(request, "/placement/region ")) return region;
        return FarEnd::Answer{404};
    }
};

struct Machine {
    Imds imds;
    World world;
    FarEnd service{[this](const auto& request) { return imds(request); }};

    Machine() {
        world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.url() + "/";
        // In place of the second after which a slow machine would ask once more.
        world.variables["AWS_METADATA_SERVICE_TIMEOUT"] = "60";
    }

    Expected<Fetched, Error> fetch() {
        const auto surroundings = world.shared();
        return InstanceSource(std::make_shared<InstanceMetadata>(surroundings), surroundings)
            .fetch();
    }
};

TEST(InstanceSource, AsksForATokenThenTheRoleThenItsCredentials) {
    Machine machine;
    const auto fetched = machine.fetch();
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(fetched->credentials.access_key_id, "ASIAINSTANCE");
    EXPECT_EQ(fetched->credentials.session_token.reveal(), secret_token);
    EXPECT_EQ(timestamp(fetched->expires.value()), "2026-09-21T20:00:00Z");
    EXPECT_EQ(machine.service.requests().size(), 3U);
}

TEST(InstanceSource, KeepsItsTokenAndGetsANewOneWhenItIsRefused) {
    Machine machine;
    const auto surroundings = machine.world.shared();
    const auto metadata = std::make_shared<InstanceMetadata>(surroundings);
    InstanceSource source(metadata, surroundings);
    ASSERT_TRUE(source.fetch());
    ASSERT_TRUE(source.fetch());
    EXPECT_EQ(machine.service.count("/api/token"), 1U);
    machine.imds.token.body = machine.imds.accepted_token = "second==";
    ASSERT_TRUE(source.fetch());
    EXPECT_EQ(machine.service.count("/api/token"), 2U);
}

TEST(InstanceSource, ExtendsCredentialsThatHadExpiredWhenTheyCame) {
    Machine machine;
    machine.imds.credentials.body = keys("2026-09-21T14:00:00Z");
    const auto fetched = machine.fetch();
    ASSERT_TRUE(fetched) << fetched.error().message;
    const auto more = fetched->expires.value() - machine.world.time;
    EXPECT_GE(more, std::chrono::minutes(5));
    EXPECT_LE(more, std::chrono::minutes(15));
}

TEST(InstanceSource, SaysWhatIsWrong) {
    struct Case {
        std::function<void(Imds&)> change;
        std::initializer_list<std::string_view> words;
    };
    const Case cases[] = {
        {[](Imds& imds) { imds.token = {403}; }, {"switched off"}},
        {[](Imds& imds) {
             imds.token = {200, "two words"};
         },
         {"gave no token"}},
        {[](Imds& imds) {
             imds.token = {200, ""};
         },
         {"gave no token"}},
        {[](Imds& imds) {
             imds.token = {302, "", "Location: http://127.0.0.1:1/\r\n"};
         },
         {"gave no token", "302"}},
        {[](Imds& imds) { imds.token = {500}; }, {"gave no token", "500"}},
        {[](Imds& imds) { imds.accepted_token = "another"; }, {"HTTP 401"}},
        {[](Imds& imds) { imds.role = {404}; }, {"no IAM role", "instance profile"}},
        {[](Imds& imds) {
             imds.role = {200, "../../user-data"};
         },
         {"name of the role"}},
        {[](Imds& imds) {
             imds.role = {200, ""};
         },
         {"name of the role"}},
        {[](Imds& imds) { imds.credentials = {500}; }, {"HTTP 500"}},
        {[](Imds& imds) {
             imds.credentials = {200, "<?xml?>"};
         },
         {"no JSON object"}},
        {[](Imds& imds) {
             imds.credentials = {200, keys("never")};
         },
         {"Expiration", "never"}},
        {[](Imds& imds) {
             imds.credentials = {
                 200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume"})"};
         },
         {"AssumeRoleUnauthorizedAccess", "EC2 cannot assume", "web-server"}},
    };
    for (const auto& one : cases) {
        Machine machine;
        one.change(machine.imds);
        expect_refused(machine.fetch(), one.words);
    }
}

TEST(InstanceSource, NamesTheHopLimitWhenTheTokenNeverComes) {
    Machine machine;
    machine.imds.token = {0};
    machine.world.variables["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "1";
    machine.world.variables["AWS_METADATA_SERVICE_TIMEOUT"] = "1";
    expect_refused(machine.fetch(), {"EC2 instance metadata", "hop limit"});
}

TEST(InstanceMetadata, TellsTheRegion) {
    Machine machine;
    InstanceMetadata metadata(machine.world.shared());
    EXPECT_EQ(region_of_instance(metadata), "eu-central-1");
    machine.imds.region = {200, "not a region\n"};
    EXPECT_EQ(region_of_instance(metadata), "");
    machine.imds.region = {404};
    EXPECT_EQ(region_of_instance(metadata), "");
}

TEST(InstanceMetadata, TakesItsAddressFromTheProfileToo) {
    Machine machine;
    machine.world.variables.erase("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    machine.world.config("[default]\nec2_metadata_service_endpoint = " + machine.service.url() +
                         "\n");
    EXPECT_TRUE(machine.fetch());
}

}  // namespace
}  // namespace lk::credentials
