#include "local/faults/plan_object.hpp"

#include <algorithm>

#include "local/concat.hpp"
#include "wire/printable.hpp"

namespace lk::local {

namespace {

constexpr std::size_t shown_bytes = 100;

std::string shown(const wire::Document& value) {
    return wire::printable_beginning(wire::serialize(wire::Encoding::json, value), shown_bytes);
}

}  // namespace

PlanObject::PlanObject(const wire::Document& object, std::string path)
    : object_(object), path_(std::move(path)) {
    if (object.is_object()) return;
    throw PlanProblem{concat(
        {path_.empty() ? "it" : path_, " is ", shown(object), "; it must be a JSON object"})};
}

void PlanObject::allow(std::initializer_list<std::string_view> names) const {
    for (const auto& [name, value] : object_.items()) {
        if (std::ranges::find(names, name) != names.end()) continue;
        std::string known;
        for (const std::string_view one : names) known += concat({known.empty() ? "" : ", ", one});
        throw PlanProblem{concat({path_to(wire::printable_beginning(name, shown_bytes)),
                                  " is not known; the members there are ", known})};
    }
}

std::optional<std::int64_t> PlanObject::whole(std::string_view name, std::int64_t min,
                                              std::int64_t max) const {
    const wire::Document* const value = find(name);
    if (value == nullptr) return std::nullopt;
    // Beyond int64 it is an unsigned or a float, which are out of bounds as well.
    const bool small = value->is_number_integer() &&
                       (!value->is_number_unsigned() ||
                        value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
    if (!small || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
        refuse(name,
               concat({"a whole number from ", std::to_string(min), " to ", std::to_string(max)}));
    }
    return value->get<std::int64_t>();
}

std::optional<double> PlanObject::fraction(std::string_view name) const {
    const wire::Document* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number() || !(value->get<double>() >= 0 && value->get<double>() <= 1)) {
        refuse(name, "a number from 0 to 1");
    }
    return value->get<double>();
}

std::optional<bool> PlanObject::flag(std::string_view name) const {
    const wire::Document* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) refuse(name, "true or false");
    return value->get<bool>();
}

std::optional<std::string> PlanObject::text(std::string_view name, std::size_t min_bytes,
                                            std::size_t max_bytes) const {
    const wire::Document* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string() || value->get_ref<const std::string&>().size() < min_bytes ||
        value->get_ref<const std::string&>().size() > max_bytes) {
        refuse(name, concat({"a text of ", std::to_string(min_bytes), " to ",
                             std::to_string(max_bytes), " bytes"}));
    }
    return value->get<std::string>();
}

std::optional<PlanObject> PlanObject::object(std::string_view name) const {
    const wire::Document* const value = find(name);
    if (value == nullptr) return std::nullopt;
    return PlanObject(*value, path_to(name));
}

const wire::Document* PlanObject::find(std::string_view name) const {
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
}

std::string PlanObject::path_to(std::string_view name) const {
    return path_.empty() ? std::string(name) : concat({path_, ".", name});
}

void PlanObject::refuse(std::string_view name, std::string_view must_be) const {
    const wire::Document* const value = find(name);
    throw PlanProblem{concat({path_to(name), " is ", value == nullptr ? "absent" : shown(*value),
                              "; it must be ", must_be})};
}

}  // namespace lk::local
