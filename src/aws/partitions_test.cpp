#include "aws/partitions.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace lk::aws {
namespace {

TEST(Partitions, AreKnownByTheFormOfTheirRegions) {
    const std::pair<const char*, const char*> cases[] = {
        {"us-east-1", "aws"},
        {"eu-west-3", "aws"},
        {"ap-southeast-7", "aws"},
        {"sa-east-1", "aws"},
        {"ca-west-1", "aws"},
        {"me-central-1", "aws"},
        {"af-south-1", "aws"},
        {"il-central-1", "aws"},
        {"mx-central-1", "aws"},
        {"eu-new_place-12", "aws"},
        {"cn-north-1", "aws-cn"},
        {"cn-northwest-1", "aws-cn"},
        {"us-gov-west-1", "aws-us-gov"},
        {"us-gov-east-1", "aws-us-gov"},
        {"us-iso-east-1", "aws-iso"},
        {"us-isob-east-1", "aws-iso-b"},
        {"eu-isoe-west-1", "aws-iso-e"},
        {"us-isof-south-1", "aws-iso-f"},
        {"eusc-de-east-1", "aws-eusc"},
    };
    for (const auto& [region, name] : cases) {
        const Partition* partition = partition_of_region(region);
        ASSERT_NE(partition, nullptr) << region;
        EXPECT_EQ(partition->name, name) << region;
    }
}

TEST(Partitions, HaveNoRegionOfAnotherForm) {
    for (const char* region : {"", "us", "us-", "us-east", "us-east-", "us-east-1a", "us--1",
                               "us-east-1-2", "uswest-east-1", "xx-east-1", "us-gov-1x", "cn",
                               "eusc-fr-east-1", "eusc-east-1", "us-east -1", "US-EAST-1"}) {
        EXPECT_EQ(partition_of_region(region), nullptr) << region;
    }
    EXPECT_EQ(commercial_partition().name, "aws");
}

TEST(Partitions, KnowTheirHosts) {
    for (const char* host :
         {"kinesis.us-east-1.amazonaws.com", "vpce-1.kinesis.eu-west-1.vpce.amazonaws.com",
          "kinesis.us-east-1.api.aws", "kinesis.cn-north-1.amazonaws.com.cn",
          "kinesis.eusc-de-east-1.amazonaws.eu"}) {
        EXPECT_TRUE(is_aws_host(host)) << host;
    }
    for (const char* host : {"", "localhost", "amazonaws.com", "notamazonaws.com",
                             "amazonaws.com.example", "127.0.0.1"}) {
        EXPECT_FALSE(is_aws_host(host)) << host;
    }
}

}  // namespace
}  // namespace lk::aws
