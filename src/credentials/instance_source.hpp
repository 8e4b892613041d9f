#pragma once

#include "credentials/instance_metadata.hpp"
#include "credentials/source.hpp"

namespace lk::credentials {

/// The credentials of the role that an EC2 machine has. When the service gives ones that have
/// expired, because it can not reach IAM itself, they are used for some ten minutes more before it
/// is asked again: AWS goes on to accept them (static stability, as in the SDKs:
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html).
class InstanceSource final : public Source {
  public:
    InstanceSource(std::shared_ptr<InstanceMetadata> metadata, SharedSurroundings surroundings);
    [[nodiscard]] Expected<Fetched, Error> fetch() override;
    [[nodiscard]] std::string name() const override { return "EC2 instance metadata"; }

  private:
    [[nodiscard]] Expected<std::string, Error> role();

    std::shared_ptr<InstanceMetadata> metadata_;
    SharedSurroundings surroundings_;
};

}  // namespace lk::credentials
