// What `lk-dispatch send` and `redrive` read: a byte that says in what pieces it comes, and the
// file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "cli/event_line.hpp"
#include "cli/field_reader.hpp"
#include "cli/line_reader.hpp"
#include "event/json_text.hpp"
#include "must.hpp"

namespace {

using lk::fuzz::must;
using namespace lk::cli;

constexpr std::size_t longest_line = 1000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = 1 + data[0];
    std::string_view left(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t line_ends =
        static_cast<std::size_t>(std::count(left.begin(), left.end(), '\n'));
    LineReader lines(
        [&](std::span<char> buffer) -> std::ptrdiff_t {
            const std::size_t bytes = std::min({piece, left.size(), buffer.size()});
            std::memcpy(buffer.data(), left.data(), bytes);
            left.remove_prefix(bytes);
            return static_cast<std::ptrdiff_t>(bytes);
        },
        longest_line, 256);
    static FieldReader fields({"type", "key", "user"});
    static EventLineReader events;
    static lk::event::JsonChecker json;
    Line line;
    std::uint64_t last = 0;
    while (lines.next(line)) {
        must(line.number > last && line.number <= line_ends + 1, "lines are counted");
        last = line.number;
        must(line.text.find('\n') == std::string_view::npos, "a line is one");
        must(line.text.size() <= longest_line, "a line is no longer than it may be");
        const auto read = fields.read(line.text);
        must(read || !read.error().empty(), "a refusal says why");
        const auto event = events.read(line.text);
        if (event) {
            const std::string written = event_line(*event, "s");
            // Data that only looks like JSON goes no further: dispatch() refuses it.
            if (event->is_record || !event->event.data || json.compact(*event->event.data)) {
                must(events.read(written).has_value(), "an event is read again");
            }
        }
    }
    must(left.empty(), "all was read");
    return 0;
}
