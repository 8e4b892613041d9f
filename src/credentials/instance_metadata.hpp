#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "base/wiped_text.hpp"
#include "credentials/surroundings.hpp"
#include "http/waiting_call.hpp"

namespace lk::credentials {

/// The service that tells an EC2 machine about itself, in its second version
/// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html).
/// Thread-safe.
class InstanceMetadata {
  public:
    explicit InstanceMetadata(SharedSurroundings surroundings);

    /// Whether AWS_EC2_METADATA_DISABLED forbids it.
    [[nodiscard]] static bool disabled(const aws::Environment& environment);

    /// What it answers for "/latest/meta-data/…"; also a refusal. An error when it is not there or
    /// gives no token. Gets a new token when the last one is refused.
    [[nodiscard]] Expected<http::WipedAnswer, Error> get(std::string_view path);

  private:
    [[nodiscard]] Expected<WipedText, Error> token();
    [[nodiscard]] http::WaitingCall call(std::string_view path) const;
    [[nodiscard]] int attempts() const;

    SharedSurroundings surroundings_;
    std::string base_;
    std::mutex mutex_;
    WipedText token_;
};

/// The region that the machine is in; empty when it can not be learned.
[[nodiscard]] std::string region_of_instance(InstanceMetadata& metadata);

}  // namespace lk::credentials
