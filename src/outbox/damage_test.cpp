// Files that were damaged in every way: nothing crashes, no wrong record comes back, and what is
// gone is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "outbox/test_outbox.hpp"
#include "sqlite/database.hpp"

namespace lk::outbox {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

/// What was told of a damaged file.
struct Told {
    std::mutex mutex;
    std::vector<std::string> lines;
    std::size_t records = 0;
    std::size_t pages = 0;
    std::size_t lost = 0;
    bool list_was_whole = true;
    int salvages = 0;

    void take(std::string_view line) {
        const std::lock_guard lock(mutex);
        lines.emplace_back(line);
        const auto at = line.find(": ");
        std::size_t numbers[3];
        if (std::sscanf(lines.back().c_str() + at + 2,
                        "%zu %*s in %zu %*s saved from the damaged file, %zu", &numbers[0],
                        &numbers[1], &numbers[2]) != 3) {
            return;
        }
        ++salvages;
        records = numbers[0];
        pages = numbers[1];
        lost += numbers[2];
        if (line.find("maybe more") != std::string_view::npos) list_was_whole = false;
    }
};

/// An outbox with pages of many sizes, some of them settled in part.
class Kept {
  public:
    explicit Kept(std::size_t pages) : random_(5) {
        const auto outbox = open_or_fail(options());
        for (std::size_t i = 0; i < pages; ++i) {
            Texts texts;
            const std::size_t records = 1 + random_() % 12;
            const std::size_t bytes = i % 3 == 0 ? 5000 : i % 3 == 1 ? 200 : 30'000;
            for (std::size_t r = 0; r < records; ++r) {
                const std::string name =
                    (r % 2 == 0 ? "key " : "page ") + std::to_string(i) + " " + std::to_string(r);
                texts.push_back(name + filler(random_() % bytes, random_()));
            }
            const PageId id = keep_page(*outbox, texts);
            all_[id] = texts;
            if (i % 4 == 0 && texts.size() > 1) {
                outbox->settle(id, {0});
                texts.erase(texts.begin());
            } else if (i % 4 == 1) {
                std::vector<std::uint32_t> every(texts.size());
                for (std::uint32_t r = 0; r < every.size(); ++r) every[r] = r;
                outbox->settle(id, every);
                texts.clear();
            }
            if (!texts.empty()) left_[id] = texts;
        }
        flush(*outbox);
        // As a process leaves it that is killed. First the log: what it says may be in the file,
        // too.
        fs::create_directory(killed());
        for (const char* const name : {"/outbox.db-wal", "/outbox.db"}) {
            fs::copy_file(directory_.path() + name, killed() + name);
        }
    }

    [[nodiscard]] Options options() const { return options_in(directory_.path()); }
    static Options options_in(const std::string& path) {
        return {.directory = path,
                .max_bytes = 1 << 30,
                .sync = Sync::os,
                .sync_interval = std::chrono::milliseconds(1000),
                .log = {},
                .vfs = {}};
    }
    [[nodiscard]] std::string killed() const { return directory_.path() + "/killed"; }
    [[nodiscard]] std::string closed() const { return directory_.path(); }

    [[nodiscard]] const std::map<PageId, Texts>& left() const { return left_; }
    /// What the last check() found.
    [[nodiscard]] const std::map<PageId, Texts>& saved() const { return saved_; }

    /// Opens it as it was left in `folder` and then damaged, and looks at everything.
    void check(const std::string& folder, const std::function<void(const std::string&)>& damage);

  private:
    void compare(const std::map<PageId, Texts>& found, const Told& told) const;

    TestDirectory directory_;
    std::mt19937_64 random_;
    std::map<PageId, Texts> all_;
    std::map<PageId, Texts> left_;
    std::map<PageId, Texts> saved_;
};

std::map<PageId, Texts> readable_in(StreamOutbox& outbox) {
    std::map<PageId, Texts> found;
    for (const LeftPage& left : left_in(outbox)) {
        const auto page = load_page(outbox, left.id);
        if (!page) continue;
        for (std::size_t i = 0; i < page->records.size(); ++i) {
            if (!page->settled[i]) found[left.id].emplace_back(page->records[i].cbor);
        }
    }
    return found;
}

void Kept::check(const std::string& folder, const std::function<void(const std::string&)>& damage) {
    const TestDirectory copy;
    for (const char* const name : {"/outbox.db", "/outbox.db-wal"}) {
        if (fs::exists(folder + name)) fs::copy_file(folder + name, copy.path() + name);
    }
    damage(copy.path());
    Told told;
    Options options = options_in(copy.path());
    options.log = [&](int, std::string_view line) { told.take(line); };
    std::map<PageId, Texts> found;
    {
        const auto outbox = open_or_fail(options);
        ASSERT_NE(outbox, nullptr);
        found = readable_in(*outbox);
        compare(found, told);
        saved_ = found;
        const PageId newer = keep_page(*outbox, {"newer"});
        if (!found.empty()) {
            EXPECT_LT(found.rbegin()->first, newer);
        }
        EXPECT_EQ(unsettled_in(*outbox, newer), Texts{"newer"});
        outbox->settle(newer, {0});
    }
    EXPECT_EQ(told.salvages > 0, !told.lines.empty());
    const std::size_t told_before = told.lines.size();
    EXPECT_EQ(readable_in(*open_or_fail(options)), found);
    EXPECT_EQ(told.lines.size(), told_before) << "what was mended is damaged again";
}

void Kept::compare(const std::map<PageId, Texts>& found, const Told& told) const {
    const std::string said = told.lines.empty() ? "nothing told" : told.lines.back();
    for (const auto& [id, texts] : found) {
        ASSERT_TRUE(all_.contains(id)) << id;
        const Texts& whole = all_.at(id);
        const auto left = left_.find(id);
        if (told.list_was_whole) {
            ASSERT_NE(left, left_.end()) << id;
            EXPECT_EQ(texts, left->second) << said;
        } else if (left == left_.end() || texts != left->second) {
            // What was settled of it could not be read.
            EXPECT_EQ(texts, whole) << said;
        }
    }
    if (told.salvages == 0) {
        EXPECT_EQ(found, left_);
    } else if (told.list_was_whole) {
        EXPECT_EQ(found.size() + told.lost, left_.size()) << said;
    } else {
        EXPECT_LE(told.lost, left_.size()) << said;
    }
    if (told.salvages > 0) {
        EXPECT_EQ(found.size(), told.pages) << said;
    }
}

std::string file_in(const std::string& directory, const char* name = "outbox.db") {
    return directory + "/" + name;
}

void overwrite(const std::string& path, std::uint64_t at, std::string_view bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void flip_bytes(const std::string& path, std::size_t count, std::mt19937_64& random) {
    const std::uint64_t size = fs::file_size(path);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::streamoff>(random() % size);
        file.seekg(at);
        const auto byte = static_cast<char>(file.get() ^ static_cast<int>(1 + random() % 255));
        file.seekp(at);
        file.put(byte);
    }
}

TEST(DamagedOutbox, IsWholeWhereItIsNotDamaged) {
    Kept kept(40);
    kept.check(kept.closed(), [](const std::string&) {});
    kept.check(kept.killed(), [](const std::string&) {});
}

TEST(DamagedOutbox, WithBytesFlippedGivesBackWhatIsWhole) {
    Kept kept(40);
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        kept.check(kept.closed(), [&](const std::string& copy) {
            flip_bytes(file_in(copy), 1 + random() % 20, random);
        });
    }
}

// The first bytes of each page of the file say what stands in it.
TEST(DamagedOutbox, WithBytesFlippedInWhatHoldsItTogetherGivesBackWhatIsWhole) {
    Kept kept(40);
    const std::uint64_t pages = fs::file_size(file_in(kept.closed())) / 65536;
    for (std::uint64_t page = 0; page < pages; ++page) {
        for (int round = 0; round < 2; ++round) {
            SCOPED_TRACE("page " + std::to_string(page) + " round " + std::to_string(round));
            std::mt19937_64 random(page * 100 + static_cast<std::uint64_t>(round));
            kept.check(kept.closed(), [&](const std::string& copy) {
                const char byte = static_cast<char>(random());
                overwrite(file_in(copy), page * 65536 + (page == 0 ? 100 : 0) + random() % 24,
                          {&byte, 1});
            });
        }
    }
}

// The file's first 100 bytes (https://www.sqlite.org/fileformat.html, 1.3); those that say whose it
// is, and of which version, make it another's (see Schema's tests).
TEST(DamagedOutbox, WithAnotherByteInItsHeaderGivesBackWhatIsWhole) {
    Kept kept(6);
    for (std::uint64_t at = 0; at < 100; ++at) {
        const bool tells_whose = (at >= 60 && at < 64) || (at >= 68 && at < 72);
        if (tells_whose) continue;
        for (const char byte : {'\0', '\x01', '\x03', '\xFF'}) {
            SCOPED_TRACE("byte " + std::to_string(at) + " is " + std::to_string(byte));
            kept.check(kept.closed(), [&](const std::string& copy) {
                overwrite(file_in(copy), at, {&byte, 1});
            });
        }
    }
}

TEST(DamagedOutbox, CutOffAnywhereGivesBackWhatIsWhole) {
    Kept kept(40);
    const std::uint64_t size = fs::file_size(file_in(kept.closed()));
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        kept.check(kept.closed(), [&](const std::string& copy) {
            fs::resize_file(file_in(copy), random() % size);
        });
    }
}

TEST(DamagedOutbox, WithZeroesWhereSomethingStoodGivesBackWhatIsWhole) {
    Kept kept(40);
    const std::uint64_t size = fs::file_size(file_in(kept.closed()));
    for (std::uint64_t at = 0; at < size; at += 65536) {
        SCOPED_TRACE(at);
        kept.check(kept.closed(), [&](const std::string& copy) {
            overwrite(file_in(copy), at, std::string(4096, '\0'));
        });
    }
}

// SQLite takes it for no file of its own then. Of the pages nothing is there: all are found, and
// what of them is settled. Large records go on in pages of their own.
TEST(DamagedOutbox, WhoseBeginningIsDestroyedGivesBackAllOfIt) {
    Kept kept(60);
    for (const std::string& folder : {kept.closed(), kept.killed()}) {
        for (const std::size_t bytes : {16U, 100U, 65536U}) {
            for (const char with : {'\0', 'x'}) {
                SCOPED_TRACE(folder + ", " + std::to_string(bytes) + " bytes");
                const auto destroy = [&](const std::string& copy) {
                    overwrite(file_in(copy), 0, std::string(bytes, with));
                };
                kept.check(folder, destroy);
                EXPECT_EQ(kept.saved(), kept.left());
            }
        }
    }
}

// The log says itself where it ends; what comes after damage in it was never committed, for all
// that can be told. So pages of the last commits may be missing, but nothing else.
TEST(DamagedOutbox, WithADamagedLogGivesBackNothingWrong) {
    Kept kept(12);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const TestDirectory copy;
        for (const char* const name : {"/outbox.db", "/outbox.db-wal"}) {
            fs::copy_file(kept.killed() + name, copy.path() + name);
        }
        flip_bytes(file_in(copy.path(), "outbox.db-wal"), 3, random);
        const auto outbox = open_or_fail(Kept::options_in(copy.path()));
        ASSERT_NE(outbox, nullptr);
        for (const LeftPage& left : left_in(*outbox)) EXPECT_TRUE(load_page(*outbox, left.id));
    }
}

TEST(DamagedOutbox, ThatIsNoDatabaseIsSetAside) {
    const TestDirectory directory;
    directory.write("outbox.db", std::string(200'000, 'x'));
    Told told;
    Options options = Kept::options_in(directory.path());
    options.log = [&](int level, std::string_view line) {
        EXPECT_EQ(level, 2);
        told.take(line);
    };
    keep_page(*open_or_fail(options), {"new"});
    EXPECT_EQ(told.salvages, 1);
    bool set_aside = false;
    for (const auto& entry : fs::directory_iterator(directory.path())) {
        if (!entry.path().filename().string().starts_with("damaged-")) continue;
        set_aside = fs::file_size(entry.path() / "outbox.db") == 200'000;
        EXPECT_THAT(told.lines, Contains(HasSubstr(entry.path().string())));
    }
    EXPECT_TRUE(set_aside);
}

TEST(DamagedOutbox, FoundWhileItIsUsedGoesOnWithWhatIsWhole) {
    const TestDirectory directory;
    Told told;
    Options options = Kept::options_in(directory.path());
    PageId first = 0;
    PageId second = 0;
    {
        const auto outbox = open_or_fail(options);
        first = keep_page(*outbox, {"first" + noise(40'000)});
        second = keep_page(*outbox, {"second" + noise(40'000, 2)});
    }
    const std::string file = directory.read("outbox.db");
    // Wherever it stands, also where it once stood.
    for (auto at = file.find("first"); at != std::string::npos; at = file.find("first", at + 1)) {
        overwrite(file_in(directory.path()), at + 100, "damage");
    }
    options.log = [&](int, std::string_view line) { told.take(line); };
    const auto outbox = open_or_fail(options);
    EXPECT_THAT(told.lines, IsEmpty());
    const auto left = left_in(*outbox);
    EXPECT_EQ(left.size(), 2U);
    EXPECT_FALSE(load_page(*outbox, first));
    EXPECT_EQ(told.lost, 1U);
    EXPECT_TRUE(load_page(*outbox, second));
    const PageId third = keep_page(*outbox, {"third"});
    EXPECT_LT(second, third);
    outbox->settle(first, {0});
    outbox->settle(second, {0});
    flush(*outbox);
    EXPECT_FALSE(load_page(*outbox, second));
    EXPECT_TRUE(load_page(*outbox, third));
}

// Through SQLite, and without it.
TEST(DamagedOutbox, StillKnowsWhatWasDiscarded) {
    for (const bool beginning : {false, true}) {
        const TestDirectory directory;
        const Options options = Kept::options_in(directory.path());
        PageId id = 0;
        {
            const auto outbox = open_or_fail(options);
            id = keep_page(*outbox, {"first" + noise(40'000)});
            std::promise<void> done;
            outbox->discard(5, id, [&](const auto& error) {
                EXPECT_FALSE(error);
                done.set_value();
            });
            done.get_future().get();
        }
        const std::string file = directory.read("outbox.db");
        for (auto at = file.find("first"); at != std::string::npos;
             at = file.find("first", at + 1)) {
            if (!beginning) overwrite(file_in(directory.path()), at + 100, "damage");
        }
        if (beginning) overwrite(file_in(directory.path()), 0, std::string(200, 'x'));
        const auto outbox = open_or_fail(options);
        EXPECT_EQ(load_page(*outbox, id).has_value(), beginning);
        EXPECT_EQ(*outbox->discarded(), (DiscardedKeys{{5, id}}));
    }
}

// It may have been interrupted anywhere: one whole file is always there.
TEST(DamagedOutbox, WhoseRescueWasInterruptedIsRescuedAllTheSame) {
    const TestDirectory directory;
    const Options options = Kept::options_in(directory.path());
    PageId id = 0;
    {
        const auto outbox = open_or_fail(options);
        id = keep_page(*outbox, {"kept"});
    }
    // After the damaged one went, and before the new one came.
    fs::rename(file_in(directory.path()), file_in(directory.path(), "outbox.db.saved"));
    EXPECT_EQ(unsettled_in(*open_or_fail(options), id), Texts{"kept"});
    // The same, with the damaged one's log still there: a whole log, of other events.
    fs::rename(file_in(directory.path()), file_in(directory.path(), "outbox.db.saved"));
    {
        const TestDirectory elsewhere;
        const auto other = open_or_fail(Kept::options_in(elsewhere.path()));
        keep_page(*other, {"stale", "stale too"});
        fs::copy_file(file_in(elsewhere.path(), "outbox.db-wal"),
                      file_in(directory.path(), "outbox.db-wal"));
    }
    EXPECT_EQ(unsettled_in(*open_or_fail(options), id), Texts{"kept"});
    // Before the new one was whole.
    directory.write("outbox.db.saved", "half of it");
    EXPECT_EQ(unsettled_in(*open_or_fail(options), id), Texts{"kept"});
    EXPECT_FALSE(fs::exists(file_in(directory.path(), "outbox.db.saved")));
}

}  // namespace
}  // namespace lk::outbox
