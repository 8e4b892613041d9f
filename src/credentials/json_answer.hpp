#pragma once

#include <string_view>

#include "credentials/json_fields.hpp"
#include "credentials/source.hpp"

namespace lk::credentials {

/// The names that containers, EC2 and credential_process give their fields.
struct FieldNames {
    std::string_view access_key_id = "AccessKeyId";
    std::string_view secret_access_key = "SecretAccessKey";
    std::string_view session_token = "SessionToken";
    std::string_view expiration = "Expiration";
    std::string_view account_id = "AccountId";
};

/// Credentials as a JSON object holds them. An expiration that is there but is no time is an
/// error; one that is not there means that they last.
[[nodiscard]] Expected<Fetched, Error> credentials_in(const JsonFields& fields,
                                                      const FieldNames& names,
                                                      std::string_view from);

}  // namespace lk::credentials
