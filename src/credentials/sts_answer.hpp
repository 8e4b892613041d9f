#pragma once

#include <string>
#include <string_view>

#include "base/wiped_text.hpp"

namespace lk::credentials {

/// What AWS STS says, in XML; what it does not say is empty
/// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
struct StsAnswer {
    WipedText access_key_id;
    WipedText secret_access_key;
    WipedText session_token;
    WipedText expiration;
    WipedText error_code;
    WipedText error_message;
};

/// Empty fields for what is no such XML. Refuses document types and trees of more than 32 levels.
[[nodiscard]] StsAnswer read_sts_answer(std::string_view xml);

}  // namespace lk::credentials
