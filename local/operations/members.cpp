#include "local/operations/members.hpp"

#include <algorithm>
#include <cmath>

#include "local/concat.hpp"
#include "wire/base64.hpp"
#include "wire/utf8.hpp"

namespace lk::local {

namespace {

constexpr std::size_t max_problems_told = 10;
constexpr std::size_t max_value_bytes_told = 512;

// The beginning of a value that may be megabytes, cut between characters.
std::string excerpt(std::string_view value) {
    if (value.size() <= max_value_bytes_told) return std::string(value);
    std::size_t end = max_value_bytes_told;
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
    return std::string(value.substr(0, end)) + "…";
}

}  // namespace

void Problems::add(const std::string& text) {
    if (++invalid_count_ > max_problems_told) return;
    if (!invalid_.empty()) invalid_ += "; ";
    invalid_ += text;
}

void Problems::invalid(std::string_view path, std::string_view value, std::string_view constraint) {
    add(concat({"Value '", excerpt(value), "' at '", path,
                "' failed to satisfy constraint: ", constraint}));
}

void Problems::missing(std::string_view path) {
    add(concat(
        {"Value null at '", path, "' failed to satisfy constraint: Member must not be null"}));
}

void Problems::unreadable(std::string message) {
    if (unreadable_.empty()) unreadable_ = std::move(message);
}

std::optional<Refusal> Problems::refusal() const {
    if (!unreadable_.empty()) return Refusal{"SerializationException", unreadable_};
    if (invalid_count_ == 0) return std::nullopt;
    return Refusal{"ValidationException", std::to_string(invalid_count_) + " validation error" +
                                              (invalid_count_ > 1 ? "s" : "") +
                                              " detected: " + invalid_};
}

std::optional<std::size_t> count_characters(std::string_view text) noexcept {
    if (wire::is_ascii(text)) return text.size();
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        const std::size_t bytes = wire::utf8_character_bytes(text);
        if (bytes == 0) return std::nullopt;
        text.remove_prefix(bytes);
    }
    return count;
}

Members::Members(const wire::Document& object, wire::Encoding encoding, Problems& problems,
                 std::string path)
    : object_(object), encoding_(encoding), problems_(problems), path_(std::move(path)) {
    if (!object.is_object()) {
        problems_.unreadable((path_.empty() ? "the request" : path_) +
                             " must be an object, but is " + object.type_name());
    }
}

std::string Members::path_to(std::string_view name) const {
    std::string path = path_ + std::string(name);
    // All of Kinesis's names begin with an ASCII capital.
    path[path_.size()] = static_cast<char>(path[path_.size()] | 0x20);
    return path;
}

const wire::Document* Members::find(std::string_view name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Members::wrong_type(std::string_view name, std::string_view expected,
                         const wire::Document& found) const {
    problems_.unreadable(
        concat({path_to(name), " must be ", expected, ", but is ", found.type_name()}));
}

std::optional<std::string_view> Members::text(std::string_view name, const TextRule& rule) const {
    const wire::Document* const found = find(name);
    if (found == nullptr) {
        if (rule.required) problems_.missing(path_to(name));
        return std::nullopt;
    }
    if (!found->is_string()) {
        wrong_type(name, "a string", *found);
        return std::nullopt;
    }
    const std::string_view value = found->get_ref<const std::string&>();
    const auto refuse = [&](std::string_view constraint) {
        problems_.invalid(path_to(name), value, concat({"Member must ", constraint}));
    };
    // The parser lets nothing through that is not UTF-8.
    const std::size_t characters = count_characters(value).value_or(value.size());
    if (rule.matches != nullptr && !rule.matches(value)) {
        refuse(concat({"satisfy regular expression pattern: ", rule.pattern}));
    }
    if (characters < rule.min_characters) {
        refuse("have length greater than or equal to " + std::to_string(rule.min_characters));
    }
    if (characters > rule.max_characters) {
        refuse("have length less than or equal to " + std::to_string(rule.max_characters));
    }
    if (!rule.values.empty() && std::ranges::find(rule.values, value) == rule.values.end()) {
        std::string all;
        for (const std::string_view one : rule.values) {
            if (!all.empty()) all += ", ";
            all += one;
        }
        refuse(concat({"satisfy enum value set: [", all, "]"}));
    }
    return value;
}

std::optional<std::int64_t> Members::number(std::string_view name, std::int64_t min,
                                            std::int64_t max) const {
    const wire::Document* const found = find(name);
    if (found == nullptr) return std::nullopt;
    if (!found->is_number()) {
        wrong_type(name, "a number", *found);
        return std::nullopt;
    }
    // As a double first: whatever is beyond 64 bits is beyond the bounds too.
    const double value = found->get<double>();
    const auto refuse = [&](std::string_view constraint) {
        problems_.invalid(path_to(name), found->dump(),
                          concat({"Member must have value ", constraint}));
    };
    if (value < static_cast<double>(min)) {
        refuse("greater than or equal to " + std::to_string(min));
    } else if (!(value < static_cast<double>(max) + 1)) {
        refuse("less than or equal to " + std::to_string(max));
    } else {
        return static_cast<std::int64_t>(value);
    }
    return std::nullopt;
}

std::optional<std::int64_t> Members::timestamp(std::string_view name) const {
    const wire::Document* const found = find(name);
    if (found == nullptr) return std::nullopt;
    constexpr double latest_second = 1e12;
    const double seconds = found->is_number() ? found->get<double>() : std::nan("");
    if (!(std::abs(seconds) < latest_second)) {
        wrong_type(name, "a number of seconds since the epoch", *found);
        return std::nullopt;
    }
    return std::llround(seconds * 1000);
}

std::optional<std::string> Members::blob(std::string_view name, std::size_t max_bytes) const {
    const wire::Document* const found = find(name);
    if (found == nullptr) {
        problems_.missing(path_to(name));
        return std::nullopt;
    }
    std::optional<std::string> bytes;
    if (found->is_binary() && encoding_ == wire::Encoding::cbor) {
        const auto& binary = found->get_binary();
        bytes.emplace(binary.begin(), binary.end());
    } else if (found->is_string() && encoding_ == wire::Encoding::json) {
        bytes = wire::decode_base64(found->get_ref<const std::string&>());
        if (!bytes) problems_.unreadable(path_to(name) + " must be base64, but is not");
    } else {
        wrong_type(name, encoding_ == wire::Encoding::json ? "base64 text" : "a byte string",
                   *found);
    }
    if (bytes && bytes->size() > max_bytes) {
        // AWS prints the Java object that holds them.
        const std::string size = std::to_string(bytes->size());
        problems_.invalid(
            path_to(name), concat({"java.nio.HeapByteBuffer[pos=0 lim=", size, " cap=", size, "]"}),
            "Member must have length less than or equal to " + std::to_string(max_bytes));
    }
    return bytes;
}

const wire::Document* Members::object(std::string_view name) const {
    const wire::Document* const found = find(name);
    if (found == nullptr || found->is_object()) return found;
    wrong_type(name, "an object", *found);
    return nullptr;
}

const wire::Document* Members::list(std::string_view name, std::size_t min, std::size_t max) const {
    const wire::Document* const found = find(name);
    if (found == nullptr) {
        problems_.missing(path_to(name));
        return nullptr;
    }
    if (!found->is_array()) {
        wrong_type(name, "a list", *found);
        return nullptr;
    }
    const std::string members = concat({"[", std::to_string(found->size()), " members]"});
    if (found->size() < min) {
        problems_.invalid(
            path_to(name), members,
            "Member must have length greater than or equal to " + std::to_string(min));
        return nullptr;
    }
    if (found->size() > max) {
        problems_.invalid(path_to(name), members,
                          "Member must have length less than or equal to " + std::to_string(max));
        return nullptr;
    }
    return found;
}

}  // namespace lk::local
