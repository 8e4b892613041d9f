#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "local/operations/refusal.hpp"
#include "wire/document.hpp"

namespace lk::local {

/// What is wrong with a request's members, gathered while they are read.
class Problems {
  public:
    /// A value outside its bounds: `Value 'x' at 'path' failed to satisfy constraint: …`.
    void invalid(std::string_view path, std::string_view value, std::string_view constraint);
    /// A value that is absent and must not be.
    void missing(std::string_view path);
    /// A value of the wrong type.
    void unreadable(std::string message);

    /// The SerializationException or ValidationException that they add up to, in AWS's words.
    [[nodiscard]] std::optional<Refusal> refusal() const;

  private:
    void add(const std::string& text);

    std::size_t invalid_count_ = 0;
    std::string invalid_;
    std::string unreadable_;
};

/// What a text must be like. Lengths are characters.
struct TextRule {
    bool required = false;
    std::size_t min_characters = 0;
    std::size_t max_characters = SIZE_MAX;
    /// How the messages name the pattern, and what decides it; empty and null: any.
    std::string_view pattern = {};
    bool (*matches)(std::string_view) = nullptr;
    /// Empty: any.
    std::span<const std::string_view> values = {};
};

/// Reads an object's members by name and type. An absent or null member is nothing, and a problem
/// only if it is required; unknown members are ignored, as Kinesis does. Views live as long as the
/// document.
class Members {
  public:
    /// `path` stands before the members' names in messages, such as "records.1.member.".
    Members(const wire::Document& object, wire::Encoding encoding, Problems& problems,
            std::string path = {});

    [[nodiscard]] std::optional<std::string_view> text(std::string_view name,
                                                       const TextRule& rule) const;
    /// A fraction is cut off.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name, std::int64_t min,
                                                     std::int64_t max) const;
    /// Milliseconds since the epoch.
    [[nodiscard]] std::optional<std::int64_t> timestamp(std::string_view name) const;
    /// Bytes; in JSON base64. Required.
    [[nodiscard]] std::optional<std::string> blob(std::string_view name,
                                                  std::size_t max_bytes) const;
    /// Null when absent.
    [[nodiscard]] const wire::Document* object(std::string_view name) const;
    /// Required; null when it is absent or out of bounds.
    [[nodiscard]] const wire::Document* list(std::string_view name, std::size_t min,
                                             std::size_t max) const;

    [[nodiscard]] Problems& problems() const noexcept { return problems_; }
    [[nodiscard]] wire::Encoding encoding() const noexcept { return encoding_; }
    /// How messages name the member: with a small first letter.
    [[nodiscard]] std::string path_to(std::string_view name) const;

  private:
    [[nodiscard]] const wire::Document* find(std::string_view name) const;
    void wrong_type(std::string_view name, std::string_view expected,
                    const wire::Document& found) const;

    const wire::Document& object_;
    wire::Encoding encoding_;
    Problems& problems_;
    std::string path_;
};

/// The number of characters (code points); nothing if the text is not UTF-8.
[[nodiscard]] std::optional<std::size_t> count_characters(std::string_view text) noexcept;

}  // namespace lk::local
