#include "cli/field_reader.hpp"

#include <simdjson.h>

#include <utility>

#include "cli/line_reader.hpp"

namespace lk::cli {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(LineReader::readable_past_text >= simdjson::SIMDJSON_PADDING);

std::string_view without_trailing_space(std::string_view token) {
    return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

std::string not_json(simdjson::error_code code) {
    return std::string("this line is not JSON: ") + simdjson::error_message(code);
}

std::string not_text(const std::string& name, std::string_view kind) {
    return "the field \"" + name + "\" is " + std::string(kind) +
           "; it must be a string, a number or a boolean";
}

// The name without a copy where it holds no escape, which is nearly always.
simdjson::error_code name_of_field(ondemand::field& field, std::string_view& name) {
    const char* const begin = field.key().raw();
    const char* end = begin;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '"') {
        name = std::string_view(begin, static_cast<std::size_t>(end - begin));
        return simdjson::SUCCESS;
    }
    return field.unescaped_key().get(name);
}

// The text of one value, or in `problem` why there is none.
std::string_view text_of(ondemand::value& value, const std::string& name, std::string& problem) {
    ondemand::json_type type{};
    if (const auto failed = value.type().get(type)) {
        problem = not_json(failed);
        return {};
    }
    switch (type) {
        case ondemand::json_type::string: {
            std::string_view text;
            if (value.get_string().get(text)) {
                problem = "the field \"" + name +
                          "\" holds an escape that stands for no character, so it can not be used";
            }
            return text;
        }
        case ondemand::json_type::number:
        case ondemand::json_type::boolean: return without_trailing_space(value.raw_json_token());
        case ondemand::json_type::null: return {};
        case ondemand::json_type::object: problem = not_text(name, "an object"); return {};
        case ondemand::json_type::array: problem = not_text(name, "an array"); return {};
    }
    return {};
}

}  // namespace

struct FieldReader::Work {
    ondemand::parser parser;
};

FieldReader::FieldReader(FieldNames names)
    : names_(std::move(names)),
      wanted_(!names_.type.empty() || !names_.partition_key.empty() ||
              !names_.source_user_id.empty()),
      work_(std::make_unique<Work>()) {}

FieldReader::~FieldReader() = default;

Expected<Fields, std::string> FieldReader::read(std::string_view line) {
    struct Wanted {
        const std::string& name;
        std::string_view Fields::*text;
    };
    const Wanted wanted[] = {{names_.type, &Fields::type},
                             {names_.partition_key, &Fields::partition_key},
                             {names_.source_user_id, &Fields::source_user_id}};

    Fields fields;
    ondemand::document document;
    const simdjson::padded_string_view padded(line.data(), line.size(),
                                              line.size() + LineReader::readable_past_text);
    if (const auto failed = work_->parser.iterate(padded).get(document)) return not_json(failed);
    ondemand::object object;
    if (const auto failed = document.get_object().get(object)) {
        if (failed != simdjson::INCORRECT_TYPE) return not_json(failed);
        return std::string("this line is no JSON object, so it has no fields");
    }
    for (auto member : object) {
        ondemand::field field;
        std::string_view name;
        if (const auto failed = std::move(member).get(field)) return not_json(failed);
        if (name_of_field(field, name)) continue;
        std::string_view text;
        bool read = false;
        for (const Wanted& one : wanted) {
            if (one.name.empty() || one.name != name) continue;
            if (!read) {
                std::string problem;
                text = text_of(field.value(), one.name, problem);
                if (!problem.empty()) return problem;
                read = true;
            }
            fields.*one.text = text;
        }
    }
    if (!names_.type.empty() && fields.type.empty()) {
        return "the field \"" + names_.type + "\", which --type-field names, is missing or empty";
    }
    return fields;
}

}  // namespace lk::cli
