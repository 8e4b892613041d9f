#pragma once

#include <nlohmann/json.hpp>

#include <lk/json.hpp>

namespace lk::detail {

// JSON of more levels than this is refused (as text is), so there is no need to look into it: one
// level more is written, empty, for the check to find. A value from outside could otherwise end
// the program by its depth alone.
inline constexpr int most_nlohmann_levels = 1024;

template <class AnyJson>
void write_nlohmann(JsonWriter& out, const AnyJson& value, int levels_around) {
    using value_t = typename AnyJson::value_t;
    switch (value.type()) {
        case value_t::object:
            out.begin_object();
            if (levels_around < most_nlohmann_levels) {
                for (const auto& [name, member] : value.items()) {
                    out.key(name);
                    write_nlohmann(out, member, levels_around + 1);
                }
            }
            out.end_object();
            return;
        case value_t::array:
            out.begin_array();
            if (levels_around < most_nlohmann_levels) {
                for (const auto& element : value) write_nlohmann(out, element, levels_around + 1);
            }
            out.end_array();
            return;
        case value_t::string:
            out.string(value.template get_ref<const typename AnyJson::string_t&>());
            return;
        case value_t::boolean: out.boolean(value.template get<bool>()); return;
        case value_t::number_integer: out.integer(value.template get<std::int64_t>()); return;
        case value_t::number_unsigned:
            out.unsigned_integer(value.template get<std::uint64_t>());
            return;
        case value_t::number_float: out.number(value.template get<double>()); return;
        case value_t::null: out.null(); return;
        case value_t::binary:
        case value_t::discarded: out.raw("<not JSON>"); return;
    }
}

}  // namespace lk::detail

/// nlohmann::json as event data: dispatch("type", nlohmann::json{{"key", "value"}}).
/// Numbers are written as JavaScript writes them, so 1.0 is 1. Binary values, which JSON has not,
/// make the event's result a `not_json` error; so does text that is not UTF-8, and nesting deeper
/// than 1,024.
namespace nlohmann {

template <class AnyJson>
requires detail::is_basic_json<AnyJson>::value void to_event_data(lk::JsonWriter& out,
                                                                  const AnyJson& value) {
    lk::detail::write_nlohmann(out, value, 0);
}

}  // namespace nlohmann
