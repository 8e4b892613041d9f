#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "aws/ini_file.hpp"

namespace lk::aws {

/// Reads the text of an IniFile, line by line, into its sections. Works in place: values of
/// several lines are drawn together within the text, so that no copy of a secret is left.
class IniParser {
  public:
    /// Fills `file`, which outlives this.
    explicit IniParser(IniFile& file) : file_(file) {}

    /// Reads all of it, once. The sections view the text from then on.
    [[nodiscard]] std::optional<Error> parse(char* text, std::size_t size_bytes);

  private:
    struct Line {
        char* begin;
        char* end;
        std::size_t indent;
    };

    [[nodiscard]] std::optional<Error> take(Line line);
    [[nodiscard]] std::optional<Error> go_on(Line line);
    void begin_section(std::string_view name);
    [[nodiscard]] std::optional<Error> begin_setting(Line line);
    [[nodiscard]] Error refused(std::string_view why) const;

    static constexpr std::size_t no_section = static_cast<std::size_t>(-1);
    static constexpr std::size_t default_section = static_cast<std::size_t>(-2);
    [[nodiscard]] IniSection& section();

    IniFile& file_;
    std::unordered_map<std::string_view, std::size_t> by_name_;
    std::size_t section_ = no_section;
    // The one that an indented line goes on with; null after a section's head.
    IniSetting* setting_ = nullptr;
    // Where its value ends in the text.
    char* value_end_ = nullptr;
    // That of the last section's head or key.
    std::size_t indent_ = 0;
    std::size_t blank_lines_ = 0;
    std::size_t line_ = 0;
};

}  // namespace lk::aws
