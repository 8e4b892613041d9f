#pragma once

#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk::aws {

/// arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME, taken apart. Views into the ARN.
struct StreamArn {
    std::string_view partition;
    std::string_view region;
    std::string_view account;
    std::string_view name;
};

/// Whether a stream is given by ARN rather than by name.
[[nodiscard]] inline bool is_arn(std::string_view stream) noexcept {
    return stream.starts_with("arn:");
}

/// Fails with `bad_option`, naming the ARN and what is wrong with it.
[[nodiscard]] Expected<StreamArn, Error> parse_stream_arn(std::string_view arn);

}  // namespace lk::aws
