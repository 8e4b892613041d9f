#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/test_directory.hpp"
#include "base/test_noise.hpp"
#include "outbox/outbox.hpp"

namespace lk::outbox {

/// For tests: records that are told from each other, and what they live in.
class TestRecords {
  public:
    explicit TestRecords(std::vector<std::string> texts) : texts_(std::move(texts)) {}

    [[nodiscard]] PageDraft draft() const {
        PageDraft draft;
        for (const std::string& text : texts_) {
            draft.push_back({.cbor = text,
                             .data_bytes = static_cast<std::uint32_t>(text.size()),
                             .key_bytes = 3,
                             .hash_key_bytes = 2,
                             .is_envelope = text.size() % 2 == 0,
                             .fingerprint = fingerprint_of(text)});
        }
        return draft;
    }

    static std::uint64_t fingerprint_of(const std::string& text) {
        return text.starts_with("key") ? text.size() * 1000 + 7 : 0;
    }

  private:
    std::vector<std::string> texts_;
};

/// Text that is packed into nearly nothing, or that cannot be packed.
inline std::string filler(std::size_t bytes, std::uint64_t random) {
    return random % 2 == 0 ? std::string(bytes, 'x') : noise(bytes, random);
}

inline std::shared_ptr<StreamOutbox> open_or_fail(const Options& options,
                                                  std::string_view stream = "events") {
    auto opened = open(options, stream);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? std::move(opened).value() : nullptr;
}

using Ids = Expected<std::vector<PageId>, Error>;

inline Ids keep_pages(StreamOutbox& outbox, const std::vector<std::vector<std::string>>& pages) {
    std::vector<TestRecords> records;
    std::vector<PageDraft> drafts;
    records.reserve(pages.size());
    for (const auto& texts : pages) records.emplace_back(texts);
    for (const TestRecords& one : records) drafts.push_back(one.draft());
    std::promise<Ids> kept;
    outbox.keep(std::move(drafts), [&](Ids ids) { kept.set_value(std::move(ids)); });
    return kept.get_future().get();
}

inline PageId keep_page(StreamOutbox& outbox, const std::vector<std::string>& texts) {
    const Ids ids = keep_pages(outbox, {texts});
    EXPECT_TRUE(ids) << (ids ? "" : ids.error().message);
    return ids ? ids->front() : 0;
}

inline Expected<KeptPage, Error> load_page(StreamOutbox& outbox, PageId id) {
    std::promise<Expected<ReadPage, Error>> loaded;
    outbox.load(id, [&](Expected<ReadPage, Error> page) { loaded.set_value(std::move(page)); });
    auto page = loaded.get_future().get();
    if (!page) return std::move(page).error();
    if (!*page) return Error{ErrorCode::outbox, "there is no such page", false, 0};
    return std::move(**page);
}

inline void flush(StreamOutbox& outbox) {
    std::promise<void> flushed;
    outbox.flush([&] { flushed.set_value(); });
    flushed.get_future().get();
}

inline std::vector<LeftPage> left_in(StreamOutbox& outbox) {
    std::vector<LeftPage> pages;
    const auto error = outbox.for_each_left([&](const LeftPage& page) { pages.push_back(page); });
    EXPECT_FALSE(error) << error->message;
    return pages;
}

/// The records that are not settled.
inline std::vector<std::string> unsettled_in(StreamOutbox& outbox, PageId id) {
    const auto page = load_page(outbox, id);
    EXPECT_TRUE(page) << (page ? "" : page.error().message);
    std::vector<std::string> texts;
    if (!page) return texts;
    EXPECT_EQ(page->records.size(), page->settled.size());
    for (std::size_t i = 0; i < page->records.size(); ++i) {
        if (!page->settled[i]) texts.emplace_back(page->records[i].cbor);
    }
    return texts;
}

/// What an earlier run left, as the next run finds it.
inline std::map<PageId, std::vector<std::string>> left_by_page(StreamOutbox& outbox) {
    std::map<PageId, std::vector<std::string>> all;
    for (const LeftPage& page : left_in(outbox)) all[page.id] = unsettled_in(outbox, page.id);
    return all;
}

}  // namespace lk::outbox
