#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace lk {

/// JSON text as an event's data. A default-made one is 'no data': the event then has no data
/// member. Made with lk::json().
class Json {
  public:
    Json() = default;

    [[nodiscard]] bool present() const noexcept { return present_; }
    [[nodiscard]] std::string_view text() const noexcept { return owned_.empty() ? view_ : owned_; }

  private:
    friend Json json(std::string_view text);
    friend Json json(std::string&& text);

    std::string owned_;
    std::string_view view_;
    bool present_ = false;
};

/// JSON text (RFC 8259, UTF-8) as data. It is checked when it is dispatched, and white space
/// outside strings removed; nothing else is changed. The text must live until dispatch() returns.
[[nodiscard]] inline Json json(std::string_view text) {
    Json made;
    made.view_ = text;
    made.present_ = true;
    return made;
}

[[nodiscard]] inline Json json(std::string&& text) {
    Json made;
    made.owned_ = std::move(text);
    made.present_ = true;
    return made;
}

[[nodiscard]] inline Json json(const char* text) {
    return json(std::string_view(text));
}

/// Writes JSON the way JavaScript's JSON.stringify does, at the end of a string. For types of
/// your own: give them a function, found by argument-dependent look-up,
///
///     void to_event_data(lk::JsonWriter& out, const Post& post) {
///         out.begin_object();
///         out.key("title").string(post.title);
///         out.key("votes").integer(post.votes);
///         out.end_object();
///     }
///
/// and dispatch("post added", post) takes them as they are. Commas and colons come by themselves.
/// What it makes is checked like any other text, so a forgotten end_object() is a failed result.
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);
    JsonWriter& string(std::string_view utf8);
    JsonWriter& integer(std::int64_t value);
    JsonWriter& unsigned_integer(std::uint64_t value);
    /// Shortest digits that read back the same, in JavaScript's form (ECMA-262,
    /// Number::toString); NaN and the infinities become null.
    JsonWriter& number(double value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    /// JSON text, as it is.
    JsonWriter& raw(std::string_view json_text);

  private:
    void separate();

    std::string& out_;
    bool comma_due_ = false;
};

/// Types with a to_event_data(JsonWriter&, const T&).
template <class T>
concept EventData = requires(JsonWriter& out, const T& value) {
    to_event_data(out, value);
};

}  // namespace lk
