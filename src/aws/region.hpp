#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/environment.hpp"
#include "aws/profile_files.hpp"

namespace lk::aws {

/// A region and what named it: "option region", "AWS_REGION", `region in [default] of …`.
/// Both are empty when nothing did.
struct FoundRegion {
    std::string name;
    std::string from;
};

/// Asks the machine for the region it is in; empty when it has none. May block.
using RegionOfMachine = std::function<std::string()>;

/// The region: the option's, else AWS_REGION's, else AWS_DEFAULT_REGION's, else that of the profile
/// in use, else the machine's when `machine` is given. Fails with `bad_option` when it could not be
/// part of a host name.
[[nodiscard]] Expected<FoundRegion, Error> find_region(std::string_view option,
                                                       const Environment& environment,
                                                       const ProfileFiles& files,
                                                       const RegionOfMachine& machine = {});

}  // namespace lk::aws
