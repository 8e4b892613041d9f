#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/test_service.hpp"

namespace lk::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Row {
    std::string partition;
    std::string region;
    bool fips;
    bool dual_stack;
    std::string host;
    std::string data_host;
};

// As botocore 1.43 resolves Kinesis's public rules (endpoint-rule-set-1, version 1.0).
const Row rows[] = {
    {"aws", "eu-west-1", false, false, "kinesis.eu-west-1.amazonaws.com",
     "111122223333.data-kinesis.eu-west-1.amazonaws.com"},
    {"aws", "eu-west-1", false, true, "kinesis.eu-west-1.api.aws",
     "111122223333.data-kinesis.eu-west-1.api.aws"},
    {"aws", "eu-west-1", true, false, "kinesis-fips.eu-west-1.amazonaws.com",
     "111122223333.data-kinesis-fips.eu-west-1.amazonaws.com"},
    {"aws", "eu-west-1", true, true, "kinesis-fips.eu-west-1.api.aws",
     "111122223333.data-kinesis-fips.eu-west-1.api.aws"},
    {"aws-cn", "cn-north-1", false, false, "kinesis.cn-north-1.amazonaws.com.cn",
     "111122223333.data-kinesis.cn-north-1.amazonaws.com.cn"},
    {"aws-cn", "cn-north-1", false, true, "kinesis.cn-north-1.api.amazonwebservices.com.cn",
     "111122223333.data-kinesis.cn-north-1.api.amazonwebservices.com.cn"},
    {"aws-cn", "cn-north-1", true, false, "kinesis-fips.cn-north-1.amazonaws.com.cn",
     "111122223333.data-kinesis-fips.cn-north-1.amazonaws.com.cn"},
    {"aws-cn", "cn-north-1", true, true, "kinesis-fips.cn-north-1.api.amazonwebservices.com.cn",
     "111122223333.data-kinesis-fips.cn-north-1.api.amazonwebservices.com.cn"},
    {"aws-us-gov", "us-gov-west-1", false, false, "kinesis.us-gov-west-1.amazonaws.com",
     "111122223333.data-kinesis.us-gov-west-1.amazonaws.com"},
    {"aws-us-gov", "us-gov-west-1", false, true, "kinesis.us-gov-west-1.api.aws",
     "111122223333.data-kinesis.us-gov-west-1.api.aws"},
    {"aws-us-gov", "us-gov-west-1", true, false, "kinesis.us-gov-west-1.amazonaws.com",
     "111122223333.data-kinesis-fips.us-gov-west-1.amazonaws.com"},
    {"aws-us-gov", "us-gov-west-1", true, true, "kinesis-fips.us-gov-west-1.api.aws",
     "111122223333.data-kinesis-fips.us-gov-west-1.api.aws"},
    {"aws-iso", "us-iso-east-1", false, false, "kinesis.us-iso-east-1.c2s.ic.gov",
     "kinesis.us-iso-east-1.c2s.ic.gov"},
    {"aws-iso", "us-iso-east-1", false, true, "kinesis.us-iso-east-1.api.aws.ic.gov",
     "kinesis.us-iso-east-1.api.aws.ic.gov"},
    {"aws-iso", "us-iso-east-1", true, false, "kinesis-fips.us-iso-east-1.c2s.ic.gov",
     "kinesis-fips.us-iso-east-1.c2s.ic.gov"},
    {"aws-iso", "us-iso-east-1", true, true, "kinesis-fips.us-iso-east-1.api.aws.ic.gov",
     "kinesis-fips.us-iso-east-1.api.aws.ic.gov"},
    {"aws-iso-b", "us-isob-east-1", false, false, "kinesis.us-isob-east-1.sc2s.sgov.gov",
     "kinesis.us-isob-east-1.sc2s.sgov.gov"},
    {"aws-iso-b", "us-isob-east-1", false, true, "kinesis.us-isob-east-1.api.aws.scloud",
     "kinesis.us-isob-east-1.api.aws.scloud"},
    {"aws-iso-b", "us-isob-east-1", true, false, "kinesis-fips.us-isob-east-1.sc2s.sgov.gov",
     "kinesis-fips.us-isob-east-1.sc2s.sgov.gov"},
    {"aws-iso-b", "us-isob-east-1", true, true, "kinesis-fips.us-isob-east-1.api.aws.scloud",
     "kinesis-fips.us-isob-east-1.api.aws.scloud"},
    {"aws-iso-e", "eu-isoe-west-1", false, false, "kinesis.eu-isoe-west-1.cloud.adc-e.uk",
     "111122223333.data-kinesis.eu-isoe-west-1.cloud.adc-e.uk"},
    {"aws-iso-e", "eu-isoe-west-1", false, true, "kinesis.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
     "111122223333.data-kinesis.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
    {"aws-iso-e", "eu-isoe-west-1", true, false, "kinesis-fips.eu-isoe-west-1.cloud.adc-e.uk",
     "111122223333.data-kinesis-fips.eu-isoe-west-1.cloud.adc-e.uk"},
    {"aws-iso-e", "eu-isoe-west-1", true, true,
     "kinesis-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
     "111122223333.data-kinesis-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
    {"aws-iso-f", "us-isof-south-1", false, false, "kinesis.us-isof-south-1.csp.hci.ic.gov",
     "111122223333.data-kinesis.us-isof-south-1.csp.hci.ic.gov"},
    {"aws-iso-f", "us-isof-south-1", false, true, "kinesis.us-isof-south-1.api.aws.hci.ic.gov",
     "111122223333.data-kinesis.us-isof-south-1.api.aws.hci.ic.gov"},
    {"aws-iso-f", "us-isof-south-1", true, false, "kinesis-fips.us-isof-south-1.csp.hci.ic.gov",
     "111122223333.data-kinesis-fips.us-isof-south-1.csp.hci.ic.gov"},
    {"aws-iso-f", "us-isof-south-1", true, true, "kinesis-fips.us-isof-south-1.api.aws.hci.ic.gov",
     "111122223333.data-kinesis-fips.us-isof-south-1.api.aws.hci.ic.gov"},
    {"aws-eusc", "eusc-de-east-1", false, false, "kinesis.eusc-de-east-1.amazonaws.eu",
     "111122223333.data-kinesis.eusc-de-east-1.amazonaws.eu"},
    {"aws-eusc", "eusc-de-east-1", false, true, "kinesis.eusc-de-east-1.api.amazonwebservices.eu",
     "111122223333.data-kinesis.eusc-de-east-1.api.amazonwebservices.eu"},
    {"aws-eusc", "eusc-de-east-1", true, false, "kinesis-fips.eusc-de-east-1.amazonaws.eu",
     "111122223333.data-kinesis-fips.eusc-de-east-1.amazonaws.eu"},
    {"aws-eusc", "eusc-de-east-1", true, true,
     "kinesis-fips.eusc-de-east-1.api.amazonwebservices.eu",
     "111122223333.data-kinesis-fips.eusc-de-east-1.api.amazonwebservices.eu"},
};

TEST(EndpointRules, AreThoseOfEveryPartition) {
    for (const Row& row : rows) {
        const auto service =
            find_with({.region = row.region, .fips = row.fips, .dual_stack = row.dual_stack}, {});
        ASSERT_TRUE(service.has_value()) << row.host;
        EXPECT_EQ(service->endpoint.host, row.host);
        EXPECT_EQ(service->endpoint.url, "https://" + row.host + "/");
        EXPECT_EQ(service->endpoint.path, "/");
        EXPECT_EQ(service->region, row.region);
        EXPECT_EQ(service->partition->name, row.partition);

        const auto by_name = endpoint_of_stream(*service, "events", Plane::data);
        ASSERT_TRUE(by_name.has_value());
        EXPECT_EQ(by_name->endpoint.url, service->endpoint.url);

        const std::string arn =
            "arn:" + row.partition + ":kinesis:" + row.region + ":111122223333:stream/events";
        const auto data = endpoint_of_stream(*service, arn, Plane::data);
        ASSERT_TRUE(data.has_value()) << arn;
        EXPECT_EQ(data->endpoint.host, row.data_host);
        EXPECT_EQ(data->endpoint.url, "https://" + row.data_host + "/");
        std::string control_host = row.data_host;
        if (const auto at = control_host.find("data-"); at != std::string::npos) {
            control_host.replace(at, 4, "control");
        }
        EXPECT_EQ(endpoint_of_stream(*service, arn, Plane::control)->endpoint.host, control_host);
    }
}

TEST(EndpointRules, TakeThePlainHostForArnsWhereAccountHostsAreSwitchedOff) {
    for (const Row& row : rows) {
        const auto service = find_with({.region = row.region,
                                        .fips = row.fips,
                                        .dual_stack = row.dual_stack,
                                        .account_hosts = false},
                                       {});
        const std::string arn =
            "arn:" + row.partition + ":kinesis:" + row.region + ":111122223333:stream/events";
        EXPECT_EQ(endpoint_of_stream(*service, arn, Plane::data)->endpoint.host, row.host);
        EXPECT_FALSE(endpoint_of_stream(*service, "arn:aws-x:kinesis:r:1:stream/s", Plane::data)
                         .has_value());
    }
}

TEST(EndpointRules, RefuseArnsOfAnotherPartitionOrRegion) {
    const auto service = find_with({}, {{"AWS_REGION", "eu-west-1"}});
    const auto refusal = [&](std::string_view arn) {
        const auto endpoint = endpoint_of_stream(*service, arn, Plane::data);
        return endpoint ? "accepted" : endpoint.error().message;
    };
    EXPECT_THAT(refusal("arn:aws-cn:kinesis:eu-west-1:111122223333:stream/s"),
                AllOf(HasSubstr("partition \"aws-cn\""), HasSubstr("\"aws\"")));
    EXPECT_THAT(refusal("arn:aws:kinesis:eu-west-2:111122223333:stream/s"),
                AllOf(HasSubstr("region \"eu-west-2\""), HasSubstr("\"eu-west-1\""),
                      HasSubstr("from AWS_REGION")));
    EXPECT_THAT(refusal("arn:aws:kinesis:eu-west-1:evil.example/:stream/s"),
                HasSubstr("account is none"));
    // A partition whose accounts have no hosts of their own checks all the same.
    const auto isolated = find_with({}, {{"AWS_REGION", "us-iso-east-1"}});
    EXPECT_FALSE(
        endpoint_of_stream(*isolated, "arn:aws:kinesis:us-iso-east-1:1:stream/s", Plane::data)
            .has_value());
}

TEST(EndpointRules, TakeACustomEndpointForEveryStream) {
    const auto service = find_with({.endpoint = "http://localhost:4567"}, {});
    for (const char* stream : {"events", "arn:aws-cn:kinesis:cn-north-1:1:stream/s"}) {
        const auto endpoint = endpoint_of_stream(*service, stream, Plane::data);
        ASSERT_TRUE(endpoint.has_value());
        EXPECT_EQ(endpoint->endpoint.url, "http://localhost:4567/");
    }
}

// A VPC endpoint is one region's, so that a stream of another is not behind it.
TEST(EndpointRules, CheckTheRegionOfAnArnAtACustomEndpointOfAws) {
    constexpr const char* url = "https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com";
    const auto service = find_with({.region = "eu-west-1", .endpoint = url}, {});
    const auto near = endpoint_of_stream(
        *service, "arn:aws:kinesis:eu-west-1:111122223333:stream/s", Plane::data);
    ASSERT_TRUE(near.has_value());
    EXPECT_EQ(near->endpoint.host, "vpce-1.kinesis.eu-west-1.vpce.amazonaws.com");
    const auto far = endpoint_of_stream(*service, "arn:aws:kinesis:eu-west-2:111122223333:stream/s",
                                        Plane::data);
    ASSERT_FALSE(far.has_value());
    EXPECT_THAT(far.error().message, HasSubstr("region \"eu-west-2\""));
}

TEST(EndpointRules, AssumeTheCommercialPartitionForARegionOfNoKnownForm) {
    const auto service = find_with({.region = "moon-1"}, {});
    ASSERT_TRUE(service.has_value());
    EXPECT_EQ(service->endpoint.host, "kinesis.moon-1.amazonaws.com");
    EXPECT_THAT(service->why, HasSubstr("assumed"));
}

TEST(EndpointRules, WriteHostsInLowerCase) {
    const auto service = find_with({.region = "CN-North-1"}, {});
    ASSERT_TRUE(service.has_value());
    EXPECT_EQ(service->endpoint.host, "kinesis.cn-north-1.amazonaws.com.cn");
}

}  // namespace
}  // namespace lk::aws
