#include "wire/cbor_reader.hpp"

#include <gtest/gtest.h>

#include "wire/test_messages.hpp"

namespace lk::wire {
namespace {

bool skips_all(std::string_view bytes) {
    const ExactCopy copy(bytes);
    CborReader reader{copy};
    return reader.skip() && reader.end();
}

std::string nested(std::string_view open, std::size_t times, std::string_view innermost) {
    std::string out;
    for (std::size_t at = 0; at < times; ++at) out += open;
    return out.append(innermost);
}

TEST(CborReader, SkipsOneWholeItemWhateverItIs) {
    for (const std::string_view hex :
         {"00", "1bffffffffffffffff", "3bffffffffffffffff", "f97e00", "f0", "f8ff", "f7",
          "c249010000000000000000", "d9d9f7a0", "4401020304", "5f42010243030405ff", "7fff",
          "7f657374726561646d696e67ff", "9f018202039f0405ffff", "a201020304",
          "bf61610161629f0203ffff"}) {
        EXPECT_TRUE(skips_all(from_hex(hex))) << hex;
    }
}

// RFC 8949, appendix F: "Well-Formedness Errors and Examples".
TEST(CborReader, RefusesWhatIsNotWellFormed) {
    for (const std::string_view hex :
         {// The message ends within a head,
          "", "18", "19", "1a", "1b", "1901", "1a0102", "1b01020304050607", "38", "58", "78", "98",
          "9a01ff00", "b8", "d8", "f8", "f900", "fa0000", "fb000000",
          // within a string,
          "41", "61", "5affffffff00", "5bffffffffffffffff010203", "7affffffff00",
          "7b7fffffffffffffff010203",
          // within a container,
          "81", "818181818181818181", "8200", "a1", "a20102", "a100", "a2000000", "c0", "5f4100",
          "7f6100", "9f", "9f0102", "bf", "bf01020102", "819f", "9f8000", "9f9f9f9f9fffffffff",
          "9f819f819f9fffffff",
          // Reserved heads,
          "1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e", "9c", "9d", "9e",
          "bc", "bd", "be", "dc", "dd", "de", "fc", "fd", "fe", "f800", "f801", "f818", "f81f",
          // Pieces of another kind,
          "5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff", "7f4100ff",
          "5f5f4100ffff", "7f7f6100ffff",
          // An end where none may be,
          "ff", "81ff", "8200ff", "a1ff", "a1ff00", "a100ff", "a20000ff", "9f81ff",
          "9f829f819f9fffffffff", "bf00ff", "bf000000ff", "c1ff",
          // No end where one must be.
          "1f", "3f", "df"}) {
        const std::string bytes = from_hex(hex);
        const ExactCopy copy(bytes);
        CborReader reader{copy};
        EXPECT_FALSE(reader.skip()) << hex;
        EXPECT_TRUE(reader.failed()) << hex;
        EXPECT_LE(reader.problem_at(), bytes.size()) << hex;
    }
}

TEST(CborReader, FollowsThirtyTwoContainersIntoEachOtherAndNoMore) {
    for (const std::string_view open : {"\x81", "\x9F", "\xA1\x61k", "\xBF\x61k"}) {
        const bool indefinite = open[0] == '\x9F' || open[0] == '\xBF';
        const auto closed = [&](std::size_t times) {
            return nested(open, times, "\x01") + std::string(indefinite ? times : 0, '\xFF');
        };
        EXPECT_TRUE(skips_all(closed(32)));
        EXPECT_FALSE(skips_all(closed(33)));
        EXPECT_FALSE(skips_all(nested(open, 1'000'000, "\x01")));
    }
}

TEST(CborReader, ContainersBesideEachOtherDoNotCountAsNested) {
    std::string bytes = "\x98\x64";
    for (int at = 0; at < 100; ++at) bytes += "\x81\xA0";
    EXPECT_TRUE(skips_all(bytes));
}

TEST(CborReader, AMillionTagsAreSkippedWithoutAMillionCalls) {
    EXPECT_TRUE(skips_all(nested("\xC6", 1'000'000, "\x01")));
}

bool enters(std::string_view hex) {
    const std::string bytes = from_hex(hex);
    CborReader reader(bytes);
    CborHead head;
    CborItems items;
    return reader.head(head) && reader.enter(head, items);
}

TEST(CborReader, AContainerThatPromisesMoreThanIsLeftIsRefusedAtOnce) {
    EXPECT_TRUE(enters("83 00 00 00"));
    EXPECT_FALSE(enters("84 00 00 00"));
    EXPECT_FALSE(enters("9a ffffffff 00 00 00"));
    EXPECT_FALSE(enters("9b ffffffffffffffff 00 00 00"));
    EXPECT_TRUE(enters("a2 60 00 60 00"));
    EXPECT_FALSE(enters("a2 60 00 60"));
    // Twice this many pairs do not fit into 64 bits.
    EXPECT_FALSE(enters("bb 8000000000000000 60 00"));
}

TEST(CborReader, KeepsTheFirstProblemAndFailsEveryStepAfterIt) {
    const std::string bytes = from_hex("01 1c 02");
    CborReader reader(bytes);
    CborHead head;
    ASSERT_TRUE(reader.head(head));
    ASSERT_FALSE(reader.head(head));
    EXPECT_EQ(reader.problem_text(), "CBOR at byte 1 of 3: a reserved form of length");
    EXPECT_FALSE(reader.head(head));
    EXPECT_FALSE(reader.skip());
    EXPECT_EQ(reader.problem_at(), 1U);
}

TEST(CborReader, JoinsThePiecesOfAString) {
    const std::string bytes = from_hex("7f657374726561646d696e67ff 00");
    CborReader reader(bytes);
    CborHead head;
    std::string joined;
    std::string_view text;
    ASSERT_TRUE(reader.head(CborKind::text, head));
    ASSERT_TRUE(reader.string(head, joined, text));
    EXPECT_EQ(text, "streaming");
    EXPECT_EQ(reader.position(), bytes.size() - 1);
}

// RFC 8949, section 3.2.3: no character may be spread over two pieces.
TEST(CborReader, EachPieceOfATextMustBeUtf8ByItself) {
    const std::string bytes = from_hex("7f61c361a9ff");
    CborReader reader(bytes);
    CborHead head;
    std::string joined;
    std::string_view text;
    ASSERT_TRUE(reader.head(head));
    EXPECT_FALSE(reader.string(head, joined, text));
}

TEST(CborReader, AViewPointsIntoTheBytesGiven) {
    const std::string bytes = from_hex("6449455446");
    CborReader reader(bytes);
    CborHead head;
    std::string_view text;
    ASSERT_TRUE(reader.head(head));
    ASSERT_TRUE(reader.text(head, text));
    EXPECT_EQ(text.data(), bytes.data() + 1);
}

}  // namespace
}  // namespace lk::wire
