#pragma once

#include <string>

#include "credentials/source.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// Where the credentials of the container that this runs in are told, as ECS, EKS Pod Identity and
/// Greengrass set it
/// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
struct ContainerPlace {
    /// Empty: this is no such container.
    std::string url;
    /// The variable that names it.
    std::string from;
};

/// From AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, else AWS_CONTAINER_CREDENTIALS_FULL_URI. Over
/// plain HTTP only this machine and the addresses of ECS and EKS are allowed, as whoever can set
/// the variable could else send the token anywhere.
[[nodiscard]] Expected<ContainerPlace, Error> container_place(const aws::Environment& environment);

class ContainerSource final : public Source {
  public:
    ContainerSource(ContainerPlace place, SharedSurroundings surroundings);
    [[nodiscard]] Expected<Fetched, Error> fetch() override;
    [[nodiscard]] std::string name() const override;

  private:
    ContainerPlace place_;
    SharedSurroundings surroundings_;
};

}  // namespace lk::credentials
