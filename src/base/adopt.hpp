#pragma once

#include <cstring>
#include <optional>
#include <type_traits>

namespace lk {

/// A structure that crossed the binary boundary, which begins with its own size. A caller that was
/// compiled with an older header knows a shorter one: what it lacks keeps its default, and what
/// stands behind it in memory is not read.
template <class Fields>
requires std::is_trivially_copyable_v<Fields> Fields adopt(const Fields& given) {
    if (given.size >= sizeof(Fields)) return given;
    Fields own;
    std::memcpy(&own, &given, given.size);
    return own;
}

/// The same, and the given one itself where it lacks nothing.
template <class Fields>
class Adopted {
  public:
    explicit Adopted(const Fields& given) : given_(given) {
        if (given.size < sizeof(Fields)) own_ = adopt(given);
    }
    [[nodiscard]] const Fields& get() const noexcept { return own_ ? *own_ : given_; }

  private:
    const Fields& given_;
    std::optional<Fields> own_;
};

}  // namespace lk
