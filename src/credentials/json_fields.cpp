#include "credentials/json_fields.hpp"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace lk::credentials {
namespace {

// Its strings wipe themselves, also those in which the parser collects a token.
using Json = nlohmann::basic_json<std::map, std::vector, WipedText>;

// The parser keeps no stack of its own, but a tree that deep is copied and ended recursively.
bool too_deep(std::string_view text) {
    constexpr int most = 64;
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '{' || c == '[')) {
            if (++depth > most) return true;
        } else if (!quoted && (c == '}' || c == ']')) {
            --depth;
        }
    }
    return false;
}

}  // namespace

struct JsonFields::Tree {
    Json json = Json::object();

    [[nodiscard]] const Json* find(std::string_view name) const {
        const auto found = json.find(WipedText(name));
        return found == json.end() ? nullptr : &*found;
    }
};

JsonFields::JsonFields() : tree_(std::make_unique<Tree>()) {}
JsonFields::JsonFields(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
JsonFields::~JsonFields() = default;
JsonFields::JsonFields(JsonFields&&) noexcept = default;
JsonFields& JsonFields::operator=(JsonFields&&) noexcept = default;

std::optional<JsonFields> JsonFields::read(std::string_view text) {
    if (too_deep(text)) return std::nullopt;
    Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return std::nullopt;
    return JsonFields(std::make_unique<Tree>(Tree{std::move(json)}));
}

std::string_view JsonFields::text(std::string_view name) const {
    const Json* const found = tree_->find(name);
    if (found == nullptr || !found->is_string()) return {};
    return found->get_ref<const WipedText&>();
}

std::optional<std::int64_t> JsonFields::number(std::string_view name) const {
    const Json* const found = tree_->find(name);
    if (found == nullptr || !found->is_number_integer()) return std::nullopt;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX) {
        return std::nullopt;
    }
    return found->get<std::int64_t>();
}

std::optional<JsonFields> JsonFields::object(std::string_view name) const {
    const Json* const found = tree_->find(name);
    if (found == nullptr || !found->is_object()) return std::nullopt;
    return JsonFields(std::make_unique<Tree>(Tree{*found}));
}

void JsonFields::set(std::string_view name, std::string_view text) {
    tree_->json[WipedText(name)] = WipedText(text);
}

WipedText JsonFields::write() const {
    return tree_->json.dump();
}

}  // namespace lk::credentials
