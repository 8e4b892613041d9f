#pragma once

#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/environment.hpp"
#include "aws/profile_files.hpp"

namespace lk::aws {

/// A file and what named it: "option ca_bundle", "AWS_CA_BUNDLE", `ca_bundle in [default] of …`.
/// Both are empty when nothing did.
struct FoundBundle {
    std::string path;
    std::string from;
};

/// The file of certificates to trust in place of the system's: the option's, else AWS_CA_BUNDLE's,
/// else the profile's `ca_bundle`. Fails with `bad_option` when it can not be read or is empty;
/// whether it holds certificates shows at the first connection.
[[nodiscard]] Expected<FoundBundle, Error> find_ca_bundle(std::string_view option,
                                                          const Environment& environment,
                                                          const ProfileFiles& files);

}  // namespace lk::aws
