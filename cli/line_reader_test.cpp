#include "cli/line_reader.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace lk::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Hands out a text in pieces that end where it is told.
class Pieces {
  public:
    Pieces(std::string text, std::vector<std::size_t> ends)
        : text_(std::move(text)), ends_(std::move(ends)) {}

    std::ptrdiff_t operator()(std::span<char> buffer) {
        std::size_t end = text_.size();
        for (const std::size_t one : ends_) {
            if (one > at_ && one < end) end = one;
        }
        const std::size_t bytes = std::min(end - at_, buffer.size());
        std::memcpy(buffer.data(), text_.data() + at_, bytes);
        at_ += bytes;
        return static_cast<std::ptrdiff_t>(bytes);
    }

  private:
    const std::string text_;
    const std::vector<std::size_t> ends_;
    std::size_t at_ = 0;
};

std::vector<std::string> all_lines(LineReader& reader) {
    std::vector<std::string> lines;
    Line line;
    while (reader.next(line)) {
        lines.push_back(
            std::to_string(line.number) + ":" +
            (line.too_long() ? "too long " + std::to_string(line.bytes) : std::string(line.text)));
    }
    return lines;
}

std::vector<std::string> lines_of(const std::string& text, std::vector<std::size_t> ends = {},
                                  std::size_t max_line_bytes = 1000,
                                  std::size_t block_bytes = 4096) {
    LineReader reader(Pieces(text, std::move(ends)), max_line_bytes, block_bytes);
    return all_lines(reader);
}

TEST(LineReader, NumbersTheLinesAndLeavesTheirEndsOut) {
    EXPECT_THAT(lines_of("a\nbb\nccc\n"), ElementsAre("1:a", "2:bb", "3:ccc"));
}

TEST(LineReader, ALastLineNeedsNoNewline) {
    EXPECT_THAT(lines_of("a\nb"), ElementsAre("1:a", "2:b"));
}

TEST(LineReader, AnEmptyInputHasNoLines) {
    EXPECT_THAT(lines_of(""), IsEmpty());
}

TEST(LineReader, BlankLinesArePassedOverButCounted) {
    EXPECT_THAT(lines_of("\n \t\r\na\n\n\n  b\n \n"), ElementsAre("3:a", "6:  b"));
}

TEST(LineReader, ALineMayEndWithCarriageReturnAndLineFeed) {
    EXPECT_THAT(lines_of("a\r\nb\rb\r\n\r\nc\r"), ElementsAre("1:a", "2:b\rb", "4:c"));
}

TEST(LineReader, AByteOrderMarkBeforeTheFirstLineIsDropped) {
    EXPECT_THAT(lines_of("\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}\n"),
                ElementsAre("1:{}", "2:\xEF\xBB\xBF{}"));
    EXPECT_THAT(lines_of("\xEF\xBB\xBF"), IsEmpty());
}

TEST(LineReader, WhereABlockEndsMakesNoDifference) {
    const std::string text =
        "\xEF\xBB\xBF{\"a\":1}\r\n\r\n{\"bb\":22}\n\n" + std::string(30, 'x') + "\nlast";
    const auto whole = lines_of(text, {}, 20);
    EXPECT_THAT(whole, ElementsAre("1:{\"a\":1}", "3:{\"bb\":22}", "5:too long 30", "6:last"));
    for (std::size_t first = 1; first < text.size(); ++first) {
        for (std::size_t second = first; second < text.size(); ++second) {
            ASSERT_EQ(lines_of(text, {first, second}, 20), whole) << first << ' ' << second;
        }
    }
    for (std::size_t block = 1; block <= text.size(); ++block) {
        ASSERT_EQ(lines_of(text, {}, 20, block), whole) << block;
    }
}

TEST(LineReader, ALineOfTheLimitsSizePassesAndOneByteMoreDoesNot) {
    for (const std::string end : {"\n", "\r\n", ""}) {
        EXPECT_THAT(lines_of(std::string(20, 'x') + end, {}, 20, 4),
                    ElementsAre("1:" + std::string(20, 'x')));
    }
    EXPECT_THAT(lines_of(std::string(21, 'x') + "\ny\n", {}, 20, 4),
                ElementsAre("1:too long 21", "2:y"));
    EXPECT_THAT(lines_of(std::string(21, 'x'), {}, 20, 4), ElementsAre("1:too long 21"));
}

TEST(LineReader, AHugeLineIsPassedOverWithoutBeingHeld) {
    constexpr std::size_t limit = 1024;
    constexpr std::size_t blocks = 10'000;
    std::size_t given = 0;
    std::size_t largest_buffer = 0;
    LineReader reader(
        [&](std::span<char> buffer) -> std::ptrdiff_t {
            largest_buffer = std::max(largest_buffer, buffer.size());
            if (given == blocks) return 0;
            std::fill_n(buffer.begin(), 100, 'x');
            if (++given == blocks) buffer[98] = '\n';
            return 100;
        },
        limit, 256);
    EXPECT_THAT(all_lines(reader), ElementsAre("1:too long 999998", "2:x"));
    EXPECT_LE(largest_buffer, 4 * limit);
}

TEST(LineReader, ALongLineOfManyBlocksComesWhole) {
    const std::string text(100'000, 'x');
    EXPECT_THAT(lines_of("a\n" + text + "\nb", {}, 100'000, 64),
                ElementsAre("1:a", "2:" + text, "3:b"));
}

TEST(LineReader, ALineThatWasNotReadToItsEndIsNone) {
    int reads = 0;
    LineReader reader([&](std::span<char> buffer) -> std::ptrdiff_t {
        if (++reads > 1) return -1;
        std::memcpy(buffer.data(), "whole\nhal", 9);
        return 9;
    });
    EXPECT_THAT(all_lines(reader), ElementsAre("1:whole"));
    Line line;
    EXPECT_FALSE(reader.next(line));
    EXPECT_EQ(reads, 2);
}

}  // namespace
}  // namespace lk::cli
