#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace lk::peers {

/// Random text and JSON, made to be nasty: characters of all planes, everything that JSON escapes
/// and much that it need not, numbers at the edges of what a double can say, names that mean
/// something to JavaScript. The same seed gives the same sequence.
class RandomJson {
  public:
    explicit RandomJson(std::uint64_t seed) : engine_(seed) {}

    /// 0 to `bound` - 1.
    std::uint64_t below(std::uint64_t bound);
    bool one_in(std::uint64_t count) { return below(count) == 0; }

    /// Valid UTF-8 of at most `max_characters` Unicode characters.
    std::string text(std::size_t max_characters);
    /// A UUID v4, lower case.
    std::string uuid();
    /// JSON text, not as JSON.stringify would write it: escapes where none are needed, numbers in
    /// every spelling, white space, names twice, halves of surrogate pairs.
    std::string json();

  private:
    char32_t character();
    std::string string_literal(std::size_t max_characters);
    std::string number();
    std::string space();
    std::string name();
    std::string value(int depth);
    std::string nested(int depth);

    std::mt19937_64 engine_;
};

}  // namespace lk::peers
