#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <lk/expected.hpp>

namespace lk::cli {

/// Which members of a line say what about its event. Empty: none does.
struct FieldNames {
    std::string type;
    std::string partition_key;
    std::string source_user_id;
};

/// What those members say. Empty where a member is missing, null or empty.
struct Fields {
    std::string_view type;
    std::string_view partition_key;
    std::string_view source_user_id;
};

/// Reads a few top-level members out of lines of JSON. It checks no more of a line than it needs:
/// the rest is checked when the line is dispatched. A string stands for its text, a number or a
/// boolean for its JSON text; of members with the same name the last counts, as in JavaScript.
/// Holds memory to work with, so one a thread.
class FieldReader {
  public:
    explicit FieldReader(FieldNames names);
    ~FieldReader();
    FieldReader(const FieldReader&) = delete;
    FieldReader& operator=(const FieldReader&) = delete;

    /// True when there is a member to look for at all.
    [[nodiscard]] bool wanted() const noexcept { return wanted_; }

    /// The members of one line, or for people why they could not be read. `line` must allow reading
    /// of LineReader::readable_past_text bytes behind it. The fields live until the next call, and
    /// no longer than the line.
    [[nodiscard]] Expected<Fields, std::string> read(std::string_view line);

  private:
    struct Work;

    const FieldNames names_;
    const bool wanted_;
    std::unique_ptr<Work> work_;
};

}  // namespace lk::cli
