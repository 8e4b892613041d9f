#pragma once

#include <string>
#include <string_view>

#include <lk/kinesis_client.hpp>

namespace lk::pipeline {

/// The failure's message, with the IAM action that is missing where one is: clients that are not
/// ours may not name it.
inline std::string with_action(const Failure& failure, std::string_view action) {
    std::string text = failure.message;
    if (failure.code == ErrorCode::access_denied && text.find(action) == std::string::npos) {
        text.append(" (IAM action ").append(action).append(")");
    }
    return text;
}

/// What is known of a stream, in a line.
inline std::string told_of(const std::string& stream, const StreamSummary& summary) {
    std::string text = "stream " + stream + " is " + summary.status;
    for (const std::string& fact : {summary.mode, summary.encryption}) {
        if (!fact.empty()) text += ", " + fact;
    }
    return text + ", takes records up to " + std::to_string(summary.max_record_bytes) + " bytes";
}

}  // namespace lk::pipeline
