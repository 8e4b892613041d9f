#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace lk::aws {

/// Text that is wiped from memory when its owner ends, and in no core dump. Not a std::string:
/// moving a short one leaves its characters behind, and growing one leaves them in freed memory.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view text) : Secret(text, {}) {}
    /// The two joined.
    Secret(std::string_view first, std::string_view second);
    ~Secret();
    Secret(Secret&& other) noexcept
        : text_(std::exchange(other.text_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    /// Lives as long as this object.
    [[nodiscard]] std::string_view reveal() const noexcept { return {text_, bytes_}; }
    [[nodiscard]] bool empty() const noexcept { return bytes_ == 0; }

  private:
    char* text_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace lk::aws
