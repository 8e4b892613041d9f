#pragma once

#include <memory>
#include <string>
#include <vector>

#include "credentials/instance_metadata.hpp"
#include "credentials/source.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// One place where credentials were looked for.
struct Step {
    std::string place;
    /// What was found there, for people; no secret.
    std::string finding;
    bool chosen = false;
};

struct Choice {
    /// In the order they were looked at, up to the one that was chosen or failed.
    std::vector<Step> steps;
    /// Null when no place has any, or when the one that has some says less than it must.
    std::unique_ptr<Source> source;
    /// It gives the same for as long as the process lives.
    bool unchanging = false;
    /// The source was not found but is asked because nothing else was: a refusal of it alone would
    /// mislead whoever has no credentials at all.
    bool last_resort = false;
    /// When there is no source.
    Error error;
};

/// The first place that has credentials, in the order of AWS's SDKs: environment, web identity,
/// the profile in use, container, EC2 instance metadata
/// (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html). A profile that
/// was given by option comes before the environment, as in botocore. Asks nobody yet, so that the
/// last place is chosen where no other has any.
[[nodiscard]] Choice choose_source(const SharedSurroundings& surroundings,
                                   const std::shared_ptr<InstanceMetadata>& metadata);

/// The error of who has looked in all these places: it names each, and the mend.
[[nodiscard]] Error none_anywhere(const std::vector<Step>& steps);

}  // namespace lk::credentials
