#include "aws/kinesis_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/test_service.hpp"

namespace lk::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string never_asked() {
    ADD_FAILURE() << "the machine was asked for its region in vain";
    return {};
}

std::string refusal_of(const ServiceOptions& options, std::map<std::string, std::string> variables,
                       std::string_view config = {}) {
    const auto service = find_with(options, std::move(variables), config);
    if (service) return "accepted: " + service->endpoint.url;
    EXPECT_EQ(service.error().code, ErrorCode::bad_option);
    return service.error().message;
}

constexpr std::string_view configured = R"([default]
region = eu-west-1
services = dev
endpoint_url = http://profile
[services dev]
s3 =
  endpoint_url = http://other-service
kinesis =
  endpoint_url = http://services-section
)";

TEST(KinesisService, TakesTheFirstEndpointThatAnythingGives) {
    std::map<std::string, std::string> variables = {
        {"AWS_ENDPOINT_URL_KINESIS", "http://of-kinesis"},
        {"AWS_ENDPOINT_URL", "http://of-every-service"}};
    const auto host_and_why = [&](std::string_view option, std::string_view config) {
        const auto service = find_with({.endpoint = option}, variables, config);
        return service ? service->endpoint.host + " by " + service->why : service.error().message;
    };
    EXPECT_EQ(host_and_why("http://option", configured), "option by option endpoint");
    EXPECT_EQ(host_and_why("", configured), "of-kinesis by AWS_ENDPOINT_URL_KINESIS");
    variables.erase("AWS_ENDPOINT_URL_KINESIS");
    EXPECT_EQ(host_and_why("", configured), "of-every-service by AWS_ENDPOINT_URL");
    variables.clear();
    EXPECT_THAT(host_and_why("", configured),
                AllOf(HasSubstr("services-section by kinesis endpoint_url in [services dev] of "),
                      HasSubstr("line 9")));
    EXPECT_THAT(host_and_why("", "[default]\nregion = eu-west-1\nendpoint_url = http://profile\n"),
                HasSubstr("profile by endpoint_url in [default] of "));
    EXPECT_THAT(host_and_why("",
                             "[default]\nservices = x\nregion = eu-west-1\n[services x]\n"
                             "s3 =\n  endpoint_url = http://other-service\n"),
                HasSubstr("kinesis.eu-west-1.amazonaws.com by AWS's own for region eu-west-1 "
                          "(region in [default] of "));
}

TEST(KinesisService, IgnoresConfiguredEndpointsOnDemandButNotTheOption) {
    const std::map<std::string, std::string> variables = {
        {"AWS_ENDPOINT_URL_KINESIS", "http://of-kinesis"},
        {"AWS_ENDPOINT_URL", "http://of-every-service"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True"}};
    const auto service = find_with({}, variables, configured);
    ASSERT_TRUE(service.has_value());
    EXPECT_EQ(service->endpoint.host, "kinesis.eu-west-1.amazonaws.com");
    EXPECT_THAT(service->why, HasSubstr("ignored (AWS_IGNORE_CONFIGURED_ENDPOINT_URLS)"));
    EXPECT_EQ(find_with({.endpoint = "http://option"}, variables)->endpoint.host, "option");

    const std::string by_profile =
        "[default]\nignore_configured_endpoint_urls = true\nregion = eu-west-1\n"
        "endpoint_url = http://profile\nservices = none\n";
    EXPECT_EQ(find_with({}, {{"AWS_ENDPOINT_URL", "http://x"}}, by_profile)->endpoint.host,
              "kinesis.eu-west-1.amazonaws.com");
    EXPECT_EQ(find_with({},
                        {{"AWS_ENDPOINT_URL", "http://x"},
                         {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"}},
                        by_profile)
                  ->endpoint.host,
              "x");
}

TEST(KinesisService, NamesAServicesSectionThatIsMissingOrMalformed) {
    EXPECT_THAT(refusal_of({.region = "eu-west-1"}, {}, "[default]\nservices = gone\n"),
                AllOf(HasSubstr("services in [default] of "), HasSubstr("[services gone]")));
    EXPECT_THAT(refusal_of({.region = "eu-west-1"}, {},
                           "[default]\nservices = x\n[services x]\nkinesis = http://x\n"),
                AllOf(HasSubstr("kinesis in [services x] of "), HasSubstr("indented")));
}

struct Flag {
    const char* variable;
    const char* key;
    const char* option;
    const char* host;
    std::optional<bool> ServiceOptions::*member;
};
const Flag flags[] = {
    {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", "option use_fips",
     "kinesis-fips.us-east-1.amazonaws.com", &ServiceOptions::fips},
    {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", "option use_dual_stack",
     "kinesis.us-east-1.api.aws", &ServiceOptions::dual_stack},
};

TEST(KinesisService, TakesFipsAndDualStackFromTheFirstThatSays) {
    constexpr const char* plain = "kinesis.us-east-1.amazonaws.com";
    for (const Flag& flag : flags) {
        const std::string on = std::string("[default]\n") + flag.key + " = true\n";
        const std::string off = std::string("[default]\n") + flag.key + " = FALSE\n";
        const auto host_with = [&](std::optional<bool> option, const char* variable,
                                   std::string_view config) {
            ServiceOptions options{.region = "us-east-1"};
            options.*flag.member = option;
            const auto service = find_with(options, {{flag.variable, variable}}, config);
            return service ? service->endpoint.host : service.error().message;
        };
        EXPECT_EQ(host_with({}, "", ""), plain);
        EXPECT_EQ(host_with({}, "", on), flag.host);
        EXPECT_EQ(host_with({}, "", off), plain);
        EXPECT_EQ(host_with({}, "false", on), plain);
        EXPECT_EQ(host_with({}, "TRUE", off), flag.host);
        EXPECT_EQ(host_with(false, "true", on), plain);
        EXPECT_EQ(host_with(true, "false", off), flag.host);
        EXPECT_THAT(host_with({}, "1", ""),
                    HasSubstr(std::string(flag.variable) + ": \"1\" is neither true nor false"));
        EXPECT_THAT(host_with({}, "", std::string("[default]\n") + flag.key + " = yes\n"),
                    AllOf(HasSubstr(flag.key), HasSubstr("line 2: \"yes\" is neither")));
    }
}

TEST(KinesisService, RefusesFipsAndDualStackWithACustomEndpoint) {
    for (const Flag& flag : flags) {
        ServiceOptions options{.endpoint = "http://localhost:4567"};
        options.*flag.member = true;
        EXPECT_THAT(refusal_of(options, {}),
                    AllOf(HasSubstr("option endpoint: "), HasSubstr(flag.option)));
        EXPECT_THAT(refusal_of({}, {{"AWS_ENDPOINT_URL", "http://localhost:4567"},
                                    {flag.variable, "true"}}),
                    AllOf(HasSubstr("AWS_ENDPOINT_URL: "), HasSubstr(flag.variable)));
    }
    EXPECT_THAT(refusal_of({.region = "fips-us-east-1", .endpoint = "http://localhost:4567"}, {}),
                HasSubstr("(option region)"));
}

TEST(KinesisService, TakesFipsFromTheOldNamesOfRegions) {
    for (const char* region : {"fips-us-east-1", "us-east-1-fips"}) {
        const auto service = find_with({}, {{"AWS_REGION", region}});
        ASSERT_TRUE(service.has_value());
        EXPECT_EQ(service->endpoint.host, "kinesis-fips.us-east-1.amazonaws.com");
        EXPECT_EQ(service->region, "us-east-1");
        EXPECT_THAT(service->why, HasSubstr("FIPS (AWS_REGION)"));
    }
    EXPECT_EQ(find_with({.region = "fips--x"}, {})->endpoint.host, "kinesis.fips--x.amazonaws.com");
}

TEST(KinesisService, SaysWhyItChoseTheEndpoint) {
    const auto service = find_with(
        {.dual_stack = true}, {{"AWS_REGION", "eu-west-1"}, {"AWS_USE_FIPS_ENDPOINT", "true"}});
    ASSERT_TRUE(service.has_value());
    EXPECT_EQ(service->region_from, "AWS_REGION");
    EXPECT_EQ(service->why,
              "AWS's own for region eu-west-1 (AWS_REGION) of partition aws, FIPS "
              "(AWS_USE_FIPS_ENDPOINT), dual-stack (option use_dual_stack)");
    EXPECT_THAT(
        endpoint_of_stream(*service, "arn:aws:kinesis:eu-west-1:111122223333:stream/s", Plane::data)
            ->why,
        HasSubstr(service->why + ", account 111122223333 (the stream's ARN)"));
}

TEST(KinesisService, ACustomEndpointNeedsNoRegionAndDoesNotAskTheMachine) {
    const auto service = find_with({.endpoint = "http://localhost:4567"}, {}, {}, never_asked);
    ASSERT_TRUE(service.has_value());
    EXPECT_EQ(service->region, "us-east-1");
    EXPECT_EQ(service->partition, nullptr);
    EXPECT_EQ(find_with({.region = "eu-west-3", .endpoint = "http://localhost:4567"}, {})->region,
              "eu-west-3");
}

TEST(KinesisService, ACustomEndpointAtAwsNeedsTheRightRegion) {
    constexpr const char* url = "https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com";
    EXPECT_THAT(refusal_of({.endpoint = url}, {}), HasSubstr("no AWS region"));
    EXPECT_EQ(find_with({.endpoint = url}, {}, {}, [] { return "eu-west-1"; })->region,
              "eu-west-1");
}

TEST(KinesisService, AsksTheMachineForItsRegionLast) {
    EXPECT_EQ(find_with({}, {}, {}, [] { return "eu-west-1"; })->endpoint.host,
              "kinesis.eu-west-1.amazonaws.com");
    EXPECT_EQ(find_with({}, {{"AWS_REGION", "eu-west-2"}}, {}, never_asked)->region, "eu-west-2");
}

TEST(KinesisService, NamesEveryPlaceWhereARegionCouldStand) {
    const std::string message = refusal_of({}, {});
    for (const char* place : {"option region", "AWS_REGION", "AWS_DEFAULT_REGION", "the profile",
                              "option endpoint", "AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"}) {
        EXPECT_THAT(message, HasSubstr(place));
    }
}

TEST(KinesisService, NamesWhereABadUrlStands) {
    EXPECT_THAT(refusal_of({}, {}, "[default]\nendpoint_url = http://user:hunter2@x\n"),
                AllOf(HasSubstr("endpoint_url in [default] of "), HasSubstr("user name"),
                      Not(HasSubstr("hunter2"))));
    EXPECT_THAT(refusal_of({}, {{"AWS_REGION", "a.b"}}), HasSubstr("AWS_REGION: \"a.b\""));
}

}  // namespace
}  // namespace lk::aws
