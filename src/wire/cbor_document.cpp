#include "wire/cbor_document.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "wire/cbor_reader.hpp"
#include "wire/cbor_writer.hpp"
#include "wire/utf8.hpp"

namespace lk::wire {
namespace {

constexpr std::uint64_t timestamp_tag = 1;

// Builds the tree. The containers grow as items arrive, never by what a head promises: nested
// heads may each promise as many items as there are bytes left.
class TreeReader {
  public:
    TreeReader(std::string_view bytes, std::size_t most_values)
        : reader_(bytes), values_left_(most_values) {}

    Expected<Document, std::string> read() {
        Document message;
        CborHead head;
        if (!reader_.head(head) || !value(head, message) || !reader_.end()) {
            return reader_.problem_text();
        }
        return message;
    }

  private:
    bool value(const CborHead& head, Document& out) {
        if (values_left_ == 0) return reader_.fail("more values than such a message has");
        --values_left_;
        switch (head.kind) {
            case CborKind::unsigned_integer: out = head.argument; return true;
            case CborKind::negative_integer: return negative(head, out);
            case CborKind::bytes: return bytes(head, out);
            case CborKind::text: return text(head, out);
            case CborKind::array: return array(head, out);
            case CborKind::map: return map(head, out);
            case CborKind::tag: return tagged(head, out);
            case CborKind::simple: break;
        }
        return simple(head, out);
    }

    bool negative(const CborHead& head, Document& out) {
        constexpr auto lowest = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
        if (head.argument > lowest) return reader_.fail("an integer below -2^63");
        out = -1 - static_cast<std::int64_t>(head.argument);
        return true;
    }

    bool bytes(const CborHead& head, Document& out) {
        std::string_view view;
        if (!reader_.string(head, joined_, view)) return false;
        out = Document::binary({view.begin(), view.end()});
        return true;
    }

    bool text(const CborHead& head, Document& out) {
        std::string_view view;
        if (!reader_.string(head, joined_, view)) return false;
        out = view;
        return true;
    }

    bool array(const CborHead& head, Document& out) {
        out = Document::array();
        CborItems items;
        CborHead item;
        if (!reader_.enter(head, items)) return false;
        while (reader_.next(items)) {
            if (!reader_.head(item) || !value(item, out.emplace_back())) return false;
        }
        return !reader_.failed();
    }

    bool map(const CborHead& head, Document& out) {
        out = Document::object();
        CborItems items;
        CborHead item;
        std::string_view name;
        if (!reader_.enter(head, items)) return false;
        while (reader_.next(items)) {
            if (!reader_.head(CborKind::text, item) || !reader_.string(item, joined_, name)) {
                return false;
            }
            const auto [member, is_new] = out.emplace(std::string(name), nullptr);
            if (!is_new) return reader_.fail("a member name that occurred before");
            if (!reader_.head(item) || !value(item, *member)) return false;
        }
        return !reader_.failed();
    }

    // Kinesis writes tag 1 alone, and (other than RFC 8949 has it) counts in milliseconds. Any
    // other tag changes what its item means: tag 2 makes a number of bytes. Refusing it is safer
    // than handing over the item as if the tag were not there.
    bool tagged(const CborHead& head, Document& out) {
        if (head.argument != timestamp_tag) return reader_.fail("a tag other than 1, a timestamp");
        CborHead number;
        if (!reader_.head(number)) return false;
        if (number.kind == CborKind::unsigned_integer) {
            out = static_cast<double>(number.argument) / 1000;
            return true;
        }
        if (number.kind == CborKind::negative_integer) {
            out = (-1 - static_cast<double>(number.argument)) / 1000;
            return true;
        }
        return reader_.fail("a timestamp that is not an integer of milliseconds");
    }

    bool simple(const CborHead& head, Document& out) {
        switch (head.info) {
            case 20: out = false; return true;
            case 21: out = true; return true;
            // JavaScript's encoders write undefined where others write null.
            case 22:
            case 23: out = nullptr; return true;
            case 25:
            case 26:
            case 27: out = CborReader::float_value(head); return true;
            case CborHead::indefinite: return reader_.fail("an end where an item should be");
            default: return reader_.fail("a simple value that JSON does not have");
        }
    }

    CborReader reader_;
    std::size_t values_left_;
    std::string joined_;
};

void append_float(std::string& out, double value) {
    char item[max_cbor_head_bytes];
    *item = '\xFB';
    write_big_endian(item + 1, std::bit_cast<std::uint64_t>(value), 8);
    out.append(item, sizeof item);
}

void append_integer(std::string& out, std::int64_t value) {
    if (value < 0) {
        append_cbor_head(out, CborKind::negative_integer, static_cast<std::uint64_t>(-1 - value));
    } else {
        append_cbor_head(out, CborKind::unsigned_integer, static_cast<std::uint64_t>(value));
    }
}

void append_text(std::string& out, const std::string& text) {
    append_cbor_text(out, is_utf8(text) ? text : replace_invalid_utf8(text));
}

void append_timestamp(std::string& out, double seconds) {
    const double milliseconds = std::round(seconds * 1000);
    // Beyond it (the year 73,000) a number of seconds no longer tells each millisecond.
    constexpr double exact = 0x1p51;
    if (!(std::abs(milliseconds) < exact)) return append_float(out, seconds);
    append_cbor_head(out, CborKind::tag, timestamp_tag);
    append_integer(out, static_cast<std::int64_t>(milliseconds));
}

void append_value(std::string& out, const Document& value) {
    switch (value.type()) {
        case Document::value_t::object:
            append_cbor_head(out, CborKind::map, value.size());
            for (const auto& [name, member] : value.items()) {
                append_text(out, name);
                if (member.is_number() && name.ends_with("Timestamp")) {
                    append_timestamp(out, member.get<double>());
                } else {
                    append_value(out, member);
                }
            }
            return;
        case Document::value_t::array:
            append_cbor_head(out, CborKind::array, value.size());
            for (const auto& item : value) append_value(out, item);
            return;
        case Document::value_t::string:
            return append_text(out, value.get_ref<const std::string&>());
        case Document::value_t::binary: {
            const auto& bytes = value.get_binary();
            append_cbor_head(out, CborKind::bytes, bytes.size());
            out.append(bytes.begin(), bytes.end());
            return;
        }
        case Document::value_t::boolean: out += value.get<bool>() ? '\xF5' : '\xF4'; return;
        case Document::value_t::number_integer:
            return append_integer(out, value.get<std::int64_t>());
        case Document::value_t::number_unsigned:
            return append_cbor_head(out, CborKind::unsigned_integer, value.get<std::uint64_t>());
        case Document::value_t::number_float: return append_float(out, value.get<double>());
        case Document::value_t::null:
        case Document::value_t::discarded: out += '\xF6'; return;
    }
}

}  // namespace

Expected<Document, std::string> parse_cbor(std::string_view bytes, std::size_t most_values) {
    return TreeReader(bytes, most_values).read();
}

std::string write_cbor(const Document& message) {
    std::string out;
    append_value(out, message);
    return out;
}

}  // namespace lk::wire
