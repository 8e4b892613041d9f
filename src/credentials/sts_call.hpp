#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "credentials/source.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// The role to take on, as the shared files and the environment describe it.
struct Role {
    std::string arn;
    /// Empty: one is made up, of the time.
    std::string session_name = {};
    std::string external_id = {};
    /// Zero: STS decides (an hour). 15 minutes to 12 hours
    /// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
    std::chrono::seconds duration{};
};

/// AssumeRole, signed with `as`. `from` names the setting for errors. When STS says that this
/// machine's clock is wrong, it is asked once more with a signature dated by its own.
[[nodiscard]] Expected<Fetched, Error> assume_role(const Role& role, const aws::Credentials& as,
                                                   const Surroundings& surroundings,
                                                   std::string_view from);

/// AssumeRoleWithWebIdentity, which needs no signature: the token stands for one.
[[nodiscard]] Expected<Fetched, Error> assume_role_with_web_identity(
    const Role& role, std::string_view token, const Surroundings& surroundings,
    std::string_view from);

}  // namespace lk::credentials
