#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk::aws {

/// A setting indented below another.
struct IniNested {
    std::string_view key;
    std::string_view value;
    std::size_t line = 0;
};

/// `key = value`, or `key =` and indented `key = value` lines below it.
struct IniSetting {
    std::string_view value;
    /// In the order of the file; of two with one key the later one counts.
    std::vector<IniNested> nested = {};
    std::size_t line = 0;
};

struct IniSection {
    /// What stands between the brackets, without the space around it.
    std::string_view name;
    /// By name in lower case.
    std::map<std::string_view, IniSetting> settings = {};
};

/// One of AWS's shared files, read as Python's configparser reads it for botocore and the AWS CLI
/// (https://docs.python.org/3/library/configparser.html#supported-ini-file-structure): `=` or `:`
/// after a key, a line indented deeper than its key goes on with that key's value, lines that
/// begin with # or ; are comments, keys are compared in lower case. Where botocore refuses, this
/// is as tolerant as AWS's SDKs: sections and keys may repeat (the last value counts) and a byte
/// order mark may come first; and as in the SDKs, but not botocore, a # after a space begins a
/// comment. (A ; there does not: `credential_process` may well hold one.)
///
/// Owns the text, which may hold secrets, and wipes it at the end; views into it live as long.
class IniFile {
  public:
    /// One that does not exist.
    explicit IniFile(std::string path) : path_(std::move(path)) {}

    /// Fails with `bad_option`, naming `path` and the line, never what stands there: it may be a
    /// secret. `text` is UTF-8, lines end in LF, CR LF or CR.
    [[nodiscard]] static Expected<IniFile, Error> parse(std::string_view text, std::string path);

    /// Fails too when the file can not be read or is over 2 MiB. What is not a file, or not
    /// there, has no sections, as botocore has it (`AWS_CONFIG_FILE=/dev/null`).
    [[nodiscard]] static Expected<IniFile, Error> read(std::string path);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Whether read() found a file.
    [[nodiscard]] bool exists() const noexcept { return text_ != nullptr; }

    /// Without [DEFAULT]. In the order of the file, each name once.
    [[nodiscard]] const std::vector<IniSection>& sections() const noexcept { return sections_; }

    /// The setting, which the section has or else [DEFAULT], as configparser has it; null when
    /// neither has.
    [[nodiscard]] const IniSetting* find(const IniSection& section, std::string_view key) const;

  private:
    friend class IniParser;
    class Text;

    std::string path_;
    // Shared, so that copies of this see the same text.
    std::shared_ptr<Text> text_;
    std::vector<IniSection> sections_;
    IniSection defaults_;
};

}  // namespace lk::aws
