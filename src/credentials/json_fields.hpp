#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/wiped_text.hpp"

namespace lk::credentials {

/// A JSON object that may hold secrets; wiped when it ends. At most 64 levels deep.
class JsonFields {
  public:
    /// Nothing when the text is not one JSON object.
    [[nodiscard]] static std::optional<JsonFields> read(std::string_view text);

    JsonFields();
    ~JsonFields();
    JsonFields(JsonFields&&) noexcept;
    JsonFields& operator=(JsonFields&&) noexcept;

    /// Empty when absent or no string. Lives as long as this object.
    [[nodiscard]] std::string_view text(std::string_view name) const;
    /// Nothing when absent or no whole number that fits.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
    /// An object within; nothing when absent or no object.
    [[nodiscard]] std::optional<JsonFields> object(std::string_view name) const;

    /// Replaces or adds a string.
    void set(std::string_view name, std::string_view text);
    [[nodiscard]] WipedText write() const;

  private:
    struct Tree;
    explicit JsonFields(std::unique_ptr<Tree> tree);
    std::unique_ptr<Tree> tree_;
};

}  // namespace lk::credentials
