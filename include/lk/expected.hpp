#pragma once

#include <utility>
#include <variant>

namespace lk {

/// Either a value or the error that took its place. What C++23 calls std::expected, as far as
/// lk-dispatch needs it. value() and error() must only be called when has_value() says so.
template <class T, class E>
class Expected {
  public:
    Expected(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Expected(E error) : held_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] T& value() & { return std::get<0>(held_); }
    [[nodiscard]] const T& value() const& { return std::get<0>(held_); }
    // By value, so that `for (auto& one : list().value())` loops over something that lives.
    [[nodiscard]] T value() && { return std::get<0>(std::move(held_)); }

    [[nodiscard]] E& error() & { return std::get<1>(held_); }
    [[nodiscard]] const E& error() const& { return std::get<1>(held_); }
    [[nodiscard]] E error() && { return std::get<1>(std::move(held_)); }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

  private:
    std::variant<T, E> held_;
};

}  // namespace lk
