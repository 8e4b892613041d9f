#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <lk/expected.hpp>

#include "base/wiped_text.hpp"
#include "credentials/stop.hpp"

namespace lk::credentials {

struct ProgramLimits {
    std::chrono::milliseconds time = std::chrono::minutes(1);
    std::size_t output_bytes = 64 * std::size_t{1024};
};

/// Runs a program, found by PATH, without a shell, and gives what it wrote to stdout; or why that
/// is not to be had, in words that quote nothing of the command or the output. It gets
/// this process's environment and stderr, nothing on stdin, and its own process group, which is
/// killed when the time is over, the output too long or `stop` requested.
[[nodiscard]] Expected<WipedText, std::string> run_program(const std::vector<WipedText>& words,
                                                           const Stop& stop,
                                                           ProgramLimits limits = {});

}  // namespace lk::credentials
