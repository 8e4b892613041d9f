#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "wire/document.hpp"

namespace lk::local {

/// Why a plan is refused. Thrown while one is read, and caught by read_fault_plan().
struct PlanProblem {
    std::string message;
};

/// One object of a plan: hands out its members, and throws a PlanProblem, which names the member
/// by its path, at the first that is not what it must be.
class PlanObject {
  public:
    /// `path` such as "rules[2].on"; empty for the plan itself.
    PlanObject(const wire::Document& object, std::string path);

    /// Refuses members other than these.
    void allow(std::initializer_list<std::string_view> names) const;
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

    // Each absent where the member is.
    [[nodiscard]] std::optional<std::int64_t> whole(std::string_view name, std::int64_t min,
                                                    std::int64_t max) const;
    [[nodiscard]] std::optional<double> fraction(std::string_view name) const;  ///< 0 to 1.
    [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> text(std::string_view name, std::size_t min_bytes,
                                                  std::size_t max_bytes) const;
    [[nodiscard]] std::optional<PlanObject> object(std::string_view name) const;
    /// The member whatever its type; null when absent.
    [[nodiscard]] const wire::Document* find(std::string_view name) const;

    [[nodiscard]] std::string path_to(std::string_view name) const;
    /// "rules[2].times is -1; it must be " and then `must_be`.
    [[noreturn]] void refuse(std::string_view name, std::string_view must_be) const;

  private:
    const wire::Document& object_;
    std::string path_;
};

}  // namespace lk::local
