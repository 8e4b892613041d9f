#pragma once

#include <optional>

#include "local/faults/fault_plan.hpp"
#include "local/service.hpp"
#include "wire/encoding.hpp"

namespace lk::local {

/// The answer to send in place of Kinesis's own; that one itself for faults of the connection.
[[nodiscard]] Reply faulty_answer(const AnswerFault& fault, wire::Encoding encoding, Reply reply);

}  // namespace lk::local
