#include "aws/ini_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "aws/test_files.hpp"

namespace lk::aws {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::Not;

IniFile parsed(std::string_view text) {
    auto file = IniFile::parse(text, "/f");
    if (!file) ADD_FAILURE() << file.error().message;
    return file ? std::move(*file) : IniFile("/f");
}

const IniSection* section_of(const IniFile& file, std::string_view name) {
    for (const IniSection& section : file.sections()) {
        if (section.name == name) return &section;
    }
    return nullptr;
}

// The value, or "(none)".
std::string value_of(const IniFile& file, std::string_view section, std::string_view key) {
    const IniSection* found = section_of(file, section);
    const IniSetting* setting = found == nullptr ? nullptr : file.find(*found, key);
    return setting == nullptr ? "(none)" : std::string(setting->value);
}

std::string refusal_of(std::string_view text) {
    const auto file = IniFile::parse(text, "/f");
    if (file) return "accepted";
    EXPECT_EQ(file.error().code, ErrorCode::bad_option);
    return file.error().message;
}

TEST(IniFile, TrimsSpaceAndComparesKeysInLowerCase) {
    const IniFile file = parsed("[ default ] \n  Region\t=  eu-west-1 \t\n");
    EXPECT_EQ(value_of(file, "default", "region"), "eu-west-1");
    EXPECT_EQ(value_of(file, "default", "Region"), "(none)");
}

TEST(IniFile, LeavesCommentsOut) {
    const IniFile file = parsed(
        "# one\n; two\n[default] # three\n  # four\na = 1 # five\nb = 2\t#six\nc = x#y ; z\nd = # "
        "e\n");
    EXPECT_EQ(value_of(file, "default", "a"), "1");
    EXPECT_EQ(value_of(file, "default", "b"), "2");
    EXPECT_EQ(value_of(file, "default", "c"), "x#y ; z");
    EXPECT_EQ(value_of(file, "default", "d"), "");
}

TEST(IniFile, MergesSectionsAndLetsTheLastOfTwoValuesCount) {
    const IniFile file = parsed("[x]\na=1\nb=1\n[y]\na=3\n[x]\na=2\nc=1\nc=2\n");
    EXPECT_EQ(file.sections().size(), 2U);
    EXPECT_EQ(value_of(file, "x", "a"), "2");
    EXPECT_EQ(value_of(file, "x", "b"), "1");
    EXPECT_EQ(value_of(file, "x", "c"), "2");
    EXPECT_EQ(value_of(file, "y", "a"), "3");
}

TEST(IniFile, ReadsSettingsIndentedBelowAKey) {
    const IniFile file = parsed(
        "[services dev]\nkinesis =\n  endpoint_url = http://a\n\n  # not this\n"
        "  Other=b = c\ns3 =\n    endpoint_url = http://d\nregion = e\n");
    const IniSection* section = section_of(file, "services dev");
    ASSERT_NE(section, nullptr);
    const IniSetting* kinesis = file.find(*section, "kinesis");
    ASSERT_NE(kinesis, nullptr);
    EXPECT_THAT(kinesis->nested, ElementsAre(FieldsAre("endpoint_url", "http://a", 3U),
                                             FieldsAre("Other", "b = c", 6U)));
    EXPECT_EQ(kinesis->line, 2U);
    EXPECT_THAT(file.find(*section, "s3")->nested,
                ElementsAre(FieldsAre("endpoint_url", "http://d", 8U)));
    EXPECT_EQ(value_of(file, "services dev", "region"), "e");
}

TEST(IniFile, JoinsTheLinesOfALongValue) {
    const IniFile file = parsed(
        "[x]\r\ncommand = run  \r\n\r\n   --fast # really\r\n   # not this\r\n\t--safe\r\nb = "
        "1\r\n");
    EXPECT_EQ(value_of(file, "x", "command"), "run\n\n--fast\n--safe");
    EXPECT_EQ(value_of(file, "x", "b"), "1");
}

TEST(IniFile, TakesAnyEndOfLineAndAByteOrderMark) {
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        const IniFile file = parsed("\xEF\xBB\xBF[x]" + end + "a = 1" + end + end + "b = 2");
        EXPECT_EQ(value_of(file, "x", "a"), "1");
        EXPECT_EQ(value_of(file, "x", "b"), "2");
        EXPECT_EQ(section_of(file, "x")->settings.at("b").line, 4U);
    }
}

TEST(IniFile, LetsEachSectionHaveWhatDefaultHas) {
    const IniFile file = parsed("[x]\na = 1\n[DEFAULT]\na = 2\nb = 3\n");
    EXPECT_EQ(file.sections().size(), 1U);
    EXPECT_EQ(value_of(file, "x", "a"), "1");
    EXPECT_EQ(value_of(file, "x", "b"), "3");
}

TEST(IniFile, NamesTheLineThatIsMalformedAndNotWhatItHolds) {
    const std::pair<std::string, const char*> cases[] = {
        {"[x]\nhunter2\n", "line 2: is neither a section nor key = value"},
        {"[x]\r\n\r\nhunter2\r\n", "line 3: is neither"},
        {"[x]\n= hunter2\n", "line 2: has no key"},
        {"hunter2 = 1\n", "line 1: stands before the first section"},
        {"[x]\na = 1\n[hunter2\n", "line 3: begins a section but lacks its ]"},
        {"[x]\na =\n  hunter2\n", "line 3: lacks the = of an indented setting"},
        {"[x]\na = hunter2\xFF\n", "line 2: holds bytes that are not text"},
        {std::string("[x]\na = hunter2\0\n", 16), "line 2: holds bytes that are not text"},
        {"[x]\na = hunter2\xED\xA0\x80\n", "not text"},
        {"[x]\na = hunter2\xC0\xAF\n", "not text"},
        {"[x]\na = hunter2\xF4\x90\x80\x80\n", "not text"},
        {"[x]\na = hunter2\xE2\x82", "not text"},
    };
    for (const auto& [text, why] : cases) {
        EXPECT_THAT(refusal_of(text),
                    AllOf(HasSubstr("AWS file \"/f\""), HasSubstr(why), Not(HasSubstr("hunter2"))))
            << text;
    }
    EXPECT_EQ(value_of(parsed("[x]\na = ü€😀\n"), "x", "a"), "ü€😀");
}

TEST(IniFile, AMissingFileIsAnEmptyOne) {
    const TemporaryFolder folder;
    for (const std::string& path :
         {folder.path() + "/none", folder.path() + "/none/none", folder.path(),
          std::string("/dev/null"), folder.write("f", "") + "/below-a-file"}) {
        const auto file = IniFile::read(path);
        ASSERT_TRUE(file.has_value()) << path;
        EXPECT_FALSE(file->exists());
        EXPECT_EQ(file->path(), path);
    }
    const auto empty = IniFile::read(folder.path() + "/f");
    ASSERT_TRUE(empty.has_value());
    EXPECT_TRUE(empty->exists());
}

TEST(IniFile, DoesNotWaitForWhoeverWritesToAPipe) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/pipe";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_FALSE(IniFile::read(path)->exists());
}

TEST(IniFile, SaysWhichFileCanNotBeRead) {
    // Even root, whom permissions do not stop, can not read this one from its beginning.
    const auto file = IniFile::read("/proc/self/mem");
    ASSERT_FALSE(file.has_value());
    EXPECT_EQ(file.error().code, ErrorCode::bad_option);
    EXPECT_THAT(file.error().message, AllOf(HasSubstr("\"/proc/self/mem\" can not be read"),
                                            HasSubstr("AWS_CONFIG_FILE")));
}

TEST(IniFile, RefusesAFileOverTheLimit) {
    constexpr std::size_t most = 2 * 1024 * 1024;
    const TemporaryFolder folder;
    const std::string fits = "[x]\na = 1\n" + std::string(most - 10, '\n');
    const auto largest = IniFile::read(folder.write("fits", fits));
    ASSERT_TRUE(largest.has_value());
    EXPECT_EQ(value_of(*largest, "x", "a"), "1");
    for (const auto& file :
         {IniFile::read(folder.write("over", fits + "\n")), IniFile::parse(fits + "\n", "/over")}) {
        ASSERT_FALSE(file.has_value());
        EXPECT_THAT(file.error().message, AllOf(HasSubstr("over"), HasSubstr("2097152 bytes")));
    }
}

// Whatever the bytes, a file is refused with its line or read into settings with lower-case keys
// whose text can be looked at. (Under the address sanitizer this proves that nothing is read or
// written beyond the text.)
TEST(IniFile, StandsAnyBytes) {
    std::mt19937 random(20260401);
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    const std::string_view pieces[] = {"[",
                                       "]",
                                       "=",
                                       ":",
                                       "\n",
                                       "\r\n",
                                       "\r",
                                       " ",
                                       "\t",
                                       "#",
                                       ";",
                                       "[x]\n",
                                       "a",
                                       "Key",
                                       "  b",
                                       "\n  ",
                                       "= \n",
                                       "\"",
                                       "\xC3\xBC",
                                       "\xEF\xBB\xBF",
                                       "\v",
                                       "[DEFAULT]\n",
                                       "kinesis =\n  c = d\n"};
    std::size_t accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text = round % 2 == 0 ? "[x]\n" : "";
        for (std::size_t left = below(40); left > 0; --left) {
            if (round % 4 == 3) {
                text += static_cast<char>(below(256));
            } else {
                text += pieces[below(std::size(pieces))];
            }
        }
        const auto file = IniFile::parse(text, "/f");
        if (!file) {
            EXPECT_THAT(file.error().message, HasSubstr("\"/f\", line "));
            continue;
        }
        ++accepted;
        std::size_t bytes = 0;
        for (const IniSection& section : file->sections()) {
            bytes += section.name.size();
            for (const auto& [key, setting] : section.settings) {
                EXPECT_FALSE(key.empty());
                EXPECT_EQ(key.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ=:\n"), key.npos);
                EXPECT_EQ(file->find(section, key), &setting);
                bytes += key.size() + setting.value.size();
                for (const IniNested& nested : setting.nested) {
                    bytes += nested.key.size() + nested.value.size();
                }
            }
        }
        EXPECT_LE(bytes, text.size());
    }
    EXPECT_GT(accepted, 1000U);
}

}  // namespace
}  // namespace lk::aws
