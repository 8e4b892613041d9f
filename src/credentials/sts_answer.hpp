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
    /// Of the role taken on: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION.
    WipedText arn;
    WipedText error_code;
    WipedText error_message;
};

/// Empty fields for what is no such XML. Refuses document types and trees of more than 32 levels.
[[nodiscard]] StsAnswer read_sts_answer(std::string_view xml);

/// The account of the role that was taken on; empty when the answer does not tell.
[[nodiscard]] std::string account_of(const StsAnswer& answer);

/// Whether a refusal with status 400 may be over in a moment: STS is busy, or it could not ask the
/// identity provider or does not know it yet
/// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).
[[nodiscard]] bool may_pass(const StsAnswer& answer);

/// Whether STS refused a signature because of the time it is dated by.
[[nodiscard]] bool blames_the_clock(const StsAnswer& answer);

}  // namespace lk::credentials
