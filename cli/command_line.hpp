#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace lk::cli {

/// The DIR of a bare --local.
inline constexpr const char* in_memory = ":memory:";

/// Names the whole command, its version and its help; subcommands are added afterwards.
void set_up(CLI::App& app, const std::string& version);

/// The subcommand of that name, or null.
[[nodiscard]] CLI::App* find_command(CLI::App& app, const std::string& name);

/// Reads the words behind the program's name into the options of the subcommand that they call,
/// and returns its App. Throws UsageError when the words are wrong: it names the option, what was
/// given and what is allowed, and what was probably meant. Throws CLI::Success when help or the
/// version was asked for.
[[nodiscard]] CLI::App& parse_command_line(CLI::App& app, const std::vector<std::string>& words);

// What an option's value may be. The message quotes the value and says what is allowed.
[[nodiscard]] CLI::Validator whole_number(std::int64_t least, std::int64_t most);
[[nodiscard]] CLI::Validator one_of(std::vector<std::string> words);
[[nodiscard]] CLI::Validator endpoint_url();
[[nodiscard]] CLI::Validator readable_file();
[[nodiscard]] CLI::Validator not_empty();
[[nodiscard]] CLI::Validator stream_name_or_arn();

/// 1 to 128 of a-z A-Z 0-9 _ . -
[[nodiscard]] bool is_stream_name(std::string_view text);

}  // namespace lk::cli
