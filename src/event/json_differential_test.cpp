#include <gtest/gtest.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "event/json_text.hpp"

namespace lk::event {
namespace {

using Random = std::mt19937_64;

std::optional<std::string> compacted(std::string_view text) {
    static JsonChecker checker;
    // In memory that ends where the text ends, so that a sanitizer sees every read beyond it.
    const std::vector<char> exact(text.begin(), text.end());
    const auto result = checker.compact({exact.data(), exact.size()});
    if (!result) return std::nullopt;
    return std::string(*result);
}

enum class Verdict { accepted, refused, cannot_tell };

/// nlohmann reads numbers and surrogate pairs, so it refuses some that the grammar allows; what
/// stands after those it does not see.
class VerdictOfNlohmann : public nlohmann::json_sax<nlohmann::json> {
  public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t, const std::string&,
                     const nlohmann::json::exception& error) override {
        constexpr int number_overflow = 406;
        const bool surrogate =
            std::string_view(error.what()).find("surrogate") != std::string::npos;
        if (error.id == number_overflow || surrogate) verdict = Verdict::cannot_tell;
        return false;
    }

    Verdict verdict = Verdict::refused;
};

Verdict verdict_of_nlohmann(std::string_view text) {
    // It skips a byte order mark, and takes a zero byte for the end of the text.
    if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != text.npos)
        return Verdict::cannot_tell;
    VerdictOfNlohmann reader;
    return nlohmann::json::sax_parse(text, &reader) ? Verdict::accepted : reader.verdict;
}

Verdict verdict_of_simdjson(std::string_view text) {
    static simdjson::dom::parser parser;
    switch (parser.parse(simdjson::padded_string(text)).error()) {
        case simdjson::SUCCESS: return Verdict::accepted;
        case simdjson::NUMBER_ERROR:
        case simdjson::STRING_ERROR:
        case simdjson::DEPTH_ERROR: return Verdict::cannot_tell;
        default: return Verdict::refused;
    }
}

struct Texts {
    std::string spaced;
    std::string compact;
};

/// A random value, with random white space and without.
class Generator {
  public:
    explicit Generator(Random& random) : random_(random) {}

    Texts text() {
        texts_ = {};
        space();
        value(0);
        space();
        return texts_;
    }

  private:
    void write(std::string_view text) {
        texts_.spaced += text;
        texts_.compact += text;
    }

    void space() {
        if (random_() % 3 != 0) return;
        const std::size_t most = random_() % 8 == 0 ? 40 : 3;
        for (std::size_t count = random_() % (most + 1); count != 0; --count) {
            texts_.spaced += " \t\r\n"[random_() % 4];
        }
    }

    void string() {
        constexpr std::string_view pieces[] = {
            "a",
            "key",
            " ",
            "  ",
            "12345678",
            R"(\")",
            R"(\\)",
            R"(\/)",
            R"(\n)",
            R"(\u0041)",
            R"(\uD83D\uDE00)",
            "\xC3\xA9",
            "\xE6\x97\xA5",
            "\xF0\x9F\x98\x80",
            "{",
            "]",
            ",",
            ":",
            "\x7F",
            "a longer piece of plain text, with no escape in it"};
        write("\"");
        for (std::size_t count = random_() % 6; count != 0; --count) {
            write(pieces[random_() % std::size(pieces)]);
        }
        write("\"");
    }

    void number() {
        constexpr std::string_view numbers[] = {"0",
                                                "-0",
                                                "1",
                                                "-17",
                                                "3.25",
                                                "1e5",
                                                "-1.5E+3",
                                                "2e-7",
                                                "18446744073709551616",
                                                "123456789012345678901234567890",
                                                "0.000",
                                                "1e300",
                                                "9007199254740993"};
        write(numbers[random_() % std::size(numbers)]);
    }

    void value(int depth) {
        const std::uint64_t kind = random_() % (depth < 6 ? 9 : 5);
        switch (kind) {
            case 0: return write("null");
            case 1: return write("true");
            case 2: return write("false");
            case 3: return number();
            case 4: return string();
            default: break;
        }
        const bool object = kind % 2 == 0;
        write(object ? "{" : "[");
        space();
        for (std::size_t left = random_() % 5; left != 0; --left) {
            if (object) {
                string();
                space();
                write(":");
                space();
            }
            value(depth + 1);
            space();
            if (left == 1) break;
            write(",");
            space();
        }
        write(object ? "}" : "]");
    }

    Random& random_;
    Texts texts_;
};

void spoil(std::string& text, Random& random) {
    constexpr std::string_view pieces[] = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           ",",
                                           ":",
                                           "\"",
                                           "\\",
                                           " ",
                                           "\n",
                                           "0",
                                           "-",
                                           ".",
                                           "e",
                                           "+",
                                           "true",
                                           "nul",
                                           "\\u12",
                                           "\\ud800",
                                           "\x01",
                                           "\x80",
                                           "\xC3",
                                           "\xED\xA0\x80",
                                           "\xF4\x90\x80\x80",
                                           "/",
                                           "1e999",
                                           "\xEF\xBB\xBF"};
    for (std::size_t changes = 1 + random() % 2; changes != 0; --changes) {
        const std::size_t at = random() % (text.size() + 1);
        switch (random() % 5) {
            case 0: text.erase(at, 1 + random() % 3); break;
            case 1: text.resize(at); break;
            case 2:
                text.insert(at, text.substr(random() % (text.size() + 1), random() % 12));
                break;
            case 3:
                if (at < text.size()) text[at] = static_cast<char>(random());
                break;
            default: text.insert(at, pieces[random() % std::size(pieces)]); break;
        }
    }
}

std::string soup(Random& random) {
    constexpr std::string_view tokens[] = {"{",    "}", "[",  "]",           ",",  ":",  "\"a\"",
                                           "\"\"", "1", "-",  "0",           ".5", "e1", "true",
                                           "null", " ", "\n", "\"\\u0041\"", "{}", "[]"};
    std::string text;
    for (std::size_t count = random() % 8; count != 0; --count) {
        text += tokens[random() % std::size(tokens)];
    }
    return text;
}

struct Counts {
    int accepted = 0;
    int refused = 0;
};

void expect_same_verdict(std::string_view text, Counts& counts) {
    const bool accepted = compacted(text).has_value();
    (accepted ? counts.accepted : counts.refused) += 1;
    const Verdict nlohmann = verdict_of_nlohmann(text);
    if (nlohmann != Verdict::cannot_tell) {
        ASSERT_EQ(accepted, nlohmann == Verdict::accepted) << testing::PrintToString(text);
    }
    const Verdict simdjson = verdict_of_simdjson(text);
    if (simdjson != Verdict::cannot_tell) {
        ASSERT_EQ(accepted, simdjson == Verdict::accepted) << testing::PrintToString(text);
    }
}

TEST(JsonDifferential, RandomJsonComesOutWithoutItsWhiteSpaceAndMeansTheSame) {
    Random random(9);
    Generator generator(random);
    for (int round = 0; round < 20'000; ++round) {
        const Texts texts = generator.text();
        const auto compact = compacted(texts.spaced);
        ASSERT_EQ(compact, texts.compact) << texts.spaced;
        ASSERT_EQ(compacted(*compact), texts.compact);
        ASSERT_EQ(nlohmann::json::parse(*compact), nlohmann::json::parse(texts.spaced));
    }
}

TEST(JsonDifferential, SpoiltJsonGetsTheVerdictOfOtherParsers) {
    Random random(10);
    Generator generator(random);
    Counts counts;
    for (int round = 0; round < 60'000 && !testing::Test::HasFatalFailure(); ++round) {
        std::string text = generator.text().spaced;
        spoil(text, random);
        expect_same_verdict(text, counts);
    }
    EXPECT_GT(counts.accepted, 1'000);
    EXPECT_GT(counts.refused, 1'000);
}

TEST(JsonDifferential, RandomTokensGetTheVerdictOfOtherParsers) {
    Random random(11);
    Counts counts;
    for (int round = 0; round < 100'000 && !testing::Test::HasFatalFailure(); ++round) {
        expect_same_verdict(soup(random), counts);
    }
    EXPECT_GT(counts.accepted, 1'000);
    EXPECT_GT(counts.refused, 1'000);
}

TEST(JsonDifferential, RandomBytesGetTheVerdictOfOtherParsers) {
    Random random(12);
    Counts counts;
    for (int round = 0; round < 50'000 && !testing::Test::HasFatalFailure(); ++round) {
        std::string text = "[\"";
        for (std::size_t count = random() % 6; count != 0; --count) {
            text += static_cast<char>(random() % 2 == 0 ? random() : 0x80 + random() % 0x80);
        }
        expect_same_verdict(text + "\"]", counts);
    }
    EXPECT_GT(counts.accepted, 1'000);
    EXPECT_GT(counts.refused, 1'000);
}

}  // namespace
}  // namespace lk::event
