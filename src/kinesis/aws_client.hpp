#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <lk/aws_kinesis.hpp>
#include <lk/kinesis_client.hpp>

#include "aws/credentials.hpp"
#include "aws/environment.hpp"
#include "aws/kinesis_service.hpp"
#include "http/transport.hpp"
#include "kinesis/findings.hpp"
#include "kinesis/loop_owner.hpp"
#include "kinesis/shard_lister.hpp"
#include "wire/document.hpp"

namespace lk::kinesis {

class Sender;

/// The client for Amazon Kinesis and what speaks like it. Every `done` is called on its loop, or
/// inside the call when nothing can be sent. Its destructor ends calls under way (their outcome is
/// unknown); it may run on the loop's own thread.
class AwsKinesis final : public KinesisClient, public LoopOwner {
  public:
    struct Parts {
        aws::Service service;
        std::shared_ptr<aws::CredentialsProvider> credentials;
        wire::Encoding encoding = wire::Encoding::cbor;
        /// For every operation but PutRecords, which brings its own.
        std::chrono::milliseconds request_timeout{10'000};
        http::TransportOptions transport;
    };
    explicit AwsKinesis(Parts parts);
    ~AwsKinesis() override;
    AwsKinesis(const AwsKinesis&) = delete;
    AwsKinesis& operator=(const AwsKinesis&) = delete;

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override;
    void list_shards(std::string_view stream, ListShardsDone done) override;
    void describe_stream_summary(std::string_view stream, DescribeDone done) override;
    [[nodiscard]] std::shared_ptr<Loop> loop() override;

    /// As list_shards(), closed shards too on demand.
    void list_shards(std::string_view stream, WhichShards which, ListShardsDone done);

    /// Any other operation, such as "CreateStream"; gives the answer's members.
    void call(std::string operation, const wire::Document& message,
              std::function<void(Expected<wire::Document, Failure>)> done);

  private:
    std::shared_ptr<http::Transport> transport_;
    std::shared_ptr<Sender> sender_;
};

/// Asks the EC2 machine that this runs on, unless the environment forbids it. `option_profile` (may
/// be empty) is the profile that may say where the machine answers.
[[nodiscard]] aws::RegionOfMachine region_of_machine(const aws::Environment& environment,
                                                     std::string option_profile);

/// Where the Kinesis is that the settings describe, and what of `findings` is needed to know it:
/// the first steps of open_aws_client(). Asks nobody but `machine`, where nothing else names a
/// region.
[[nodiscard]] Expected<aws::Service, Error> find_service(const detail::AwsKinesisSettings& settings,
                                                         const aws::Environment& environment,
                                                         const aws::RegionOfMachine& machine,
                                                         Findings& findings);

/// The client that the settings describe, or the Error that names what is missing or wrong.
/// `findings` (may be null) is filled even when this fails.
[[nodiscard]] Expected<std::shared_ptr<AwsKinesis>, Error> open_aws_client(
    const detail::AwsKinesisSettings& settings, const aws::Environment& environment,
    const aws::RegionOfMachine& machine = {}, Findings* findings = nullptr);

}  // namespace lk::kinesis
