#pragma once

#include <nlohmann/json.hpp>

#include <lk/json.hpp>

/// nlohmann::json as event data: dispatch("type", nlohmann::json{{"key", "value"}}).
/// Numbers are written as JavaScript writes them, so 1.0 is 1. Binary values, which JSON has not,
/// make the event's result a `not_json` error; so does text that is not UTF-8.
namespace nlohmann {

template <class AnyJson>
requires detail::is_basic_json<AnyJson>::value void to_event_data(lk::JsonWriter& out,
                                                                  const AnyJson& value) {
    using value_t = detail::value_t;
    switch (value.type()) {
        case value_t::object:
            out.begin_object();
            for (const auto& [name, member] : value.items()) {
                out.key(name);
                to_event_data(out, member);
            }
            out.end_object();
            return;
        case value_t::array:
            out.begin_array();
            for (const auto& element : value) to_event_data(out, element);
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

}  // namespace nlohmann
