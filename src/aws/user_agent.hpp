#pragma once

#include <string>
#include <string_view>

#include "aws/environment.hpp"
#include "aws/profile_files.hpp"

namespace lk::aws {

/// The name under which AWS's logs show the user's application: the option's, else
/// AWS_SDK_UA_APP_ID's, else the profile's `sdk_ua_app_id`
/// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html). Empty when none is given.
[[nodiscard]] std::string find_application_id(std::string_view option,
                                              const Environment& environment,
                                              const ProfileFiles& files);

/// The User-Agent header in the form of AWS's SDKs: "lk-dispatch/1.2.3 ua/2.1 os/linux#6.1.0
/// lang/c++#20 app/shop". The last part only with an application id, of which 50 characters count,
/// as the SDKs have it; what could not stand in the header becomes a hyphen.
[[nodiscard]] std::string user_agent(std::string_view version, std::string_view application_id);

}  // namespace lk::aws
