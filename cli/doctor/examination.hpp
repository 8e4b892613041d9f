#pragma once

#include <memory>
#include <string>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "doctor/finding.hpp"
#include "kinesis/aws_client.hpp"
#include "kinesis/findings.hpp"

namespace lk::doctor {

/// A client as a put would have it, or why there is none, and what was found on the way.
struct Opened {
    Expected<std::shared_ptr<kinesis::AwsKinesis>, Error> client;
    kinesis::Findings found;
};

/// Goes the way of a put to this stream, step by step, as far as it can be gone. Takes some seconds
/// for each service that does not answer.
[[nodiscard]] Findings examine(const Opened& opened, const std::string& stream);

}  // namespace lk::doctor
