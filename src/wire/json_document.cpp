#include "wire/json_document.hpp"

#include <iterator>
#include <vector>

#include "wire/base64.hpp"
#include "wire/json_string.hpp"
#include "wire/printable.hpp"
#include "wire/utf8.hpp"

namespace lk::wire {
namespace {

constexpr std::size_t max_depth = 32;

// Tells how far nlohmann's parser has read, which it does not say in its events.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, std::size_t& count) : at_(at), count_(&count) {}
    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        ++at_;
        ++*count_;
        return *this;
    }
    CountingIterator operator++(int) {
        const CountingIterator before = *this;
        ++*this;
        return before;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

  private:
    const char* at_;
    std::size_t* count_;
};

// Builds the tree from nlohmann's events, which its own builder would let nest without bound and
// repeat names. The events' names and signatures are nlohmann's.
class TreeBuilder {
  public:
    TreeBuilder(const std::size_t& read_bytes, std::size_t most_values)
        : read_bytes_(read_bytes), values_left_(most_values) {}

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(Document::number_integer_t value) { return add(value); }
    bool number_unsigned(Document::number_unsigned_t value) { return add(value); }
    bool number_float(Document::number_float_t value, const std::string&) { return add(value); }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(Document::binary_t& value) { return add(std::move(value)); }
    bool start_object(std::size_t) { return open(Document::object()); }
    bool start_array(std::size_t) { return open(Document::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string& name) {
        const auto [member, is_new] = open_.back()->emplace(std::move(name), nullptr);
        if (!is_new) return fail(read_bytes_, "a member name that occurred before");
        member_ = &*member;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const Document::exception& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …": the
        // byte says more of a message that is one line.
        std::string_view what = error.what();
        if (const auto column = what.find("column "); column != what.npos) {
            what.remove_prefix(what.find(": ", column) + 2);
        } else if (const auto prefix = what.find("] "); prefix != what.npos) {
            what.remove_prefix(prefix + 2);
        }
        // It quotes the token that it stumbled over, however long.
        return fail(position, printable_beginning(what, 200));
    }

    [[nodiscard]] Expected<Document, std::string> result() && {
        if (!problem_.empty()) return std::move(problem_);
        return std::move(root_);
    }

  private:
    bool add(Document value) {
        if (!may_add()) return false;
        place() = std::move(value);
        return true;
    }

    bool may_add() {
        if (values_left_ == 0) return fail(read_bytes_, "more values than such a message has");
        --values_left_;
        return true;
    }

    bool open(Document container) {
        if (open_.size() == max_depth) {
            return fail(read_bytes_, "arrays and objects nested more than 32 deep");
        }
        if (!may_add()) return false;
        Document& placed = place();
        placed = std::move(container);
        open_.push_back(&placed);
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    // Where the next value belongs. Pointers into an open container stay valid: nothing is added
    // to it while one of its items is open.
    Document& place() {
        if (open_.empty()) return root_;
        return open_.back()->is_array() ? open_.back()->emplace_back() : *member_;
    }

    bool fail(std::size_t at, std::string_view what) {
        problem_ = "JSON at byte " + std::to_string(at) + ": ";
        problem_ += what;
        return false;
    }

    const std::size_t& read_bytes_;
    std::size_t values_left_;
    Document root_;
    std::vector<Document*> open_;
    Document* member_ = nullptr;
    std::string problem_;
};

void append_string(std::string& out, const std::string& text) {
    out += '"';
    if (is_utf8(text)) {
        append_json_escaped(out, text);
    } else {
        append_json_escaped(out, replace_invalid_utf8(text));
    }
    out += '"';
}

void append_value(std::string& out, const Document& value) {
    char before = '\0';
    switch (value.type()) {
        case Document::value_t::object:
            before = '{';
            for (const auto& [name, member] : value.items()) {
                out += before;
                append_string(out, name);
                out += ':';
                append_value(out, member);
                before = ',';
            }
            out += value.empty() ? "{}" : "}";
            return;
        case Document::value_t::array:
            before = '[';
            for (const auto& item : value) {
                out += before;
                append_value(out, item);
                before = ',';
            }
            out += value.empty() ? "[]" : "]";
            return;
        case Document::value_t::string:
            return append_string(out, value.get_ref<const std::string&>());
        case Document::value_t::binary: {
            const auto& bytes = value.get_binary();
            out += '"';
            append_base64(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
            out += '"';
            return;
        }
        default: out += value.dump(); return;
    }
}

}  // namespace

Expected<Document, std::string> parse_json(std::string_view bytes, std::size_t most_values) {
    // JSON has none, but nlohmann's parser takes it for the end and reads no further.
    if (const auto at = bytes.find('\0'); at != bytes.npos) {
        return "JSON at byte " + std::to_string(at) + ": a byte 0";
    }
    std::size_t read_bytes = 0;
    TreeBuilder builder(read_bytes, most_values);
    const CountingIterator begin(bytes.data(), read_bytes);
    const CountingIterator end(bytes.data() + bytes.size(), read_bytes);
    // What it returns, the builder knows too.
    static_cast<void>(Document::sax_parse(begin, end, &builder));
    return std::move(builder).result();
}

std::string write_json(const Document& message) {
    std::string out;
    append_value(out, message);
    return out;
}

}  // namespace lk::wire
