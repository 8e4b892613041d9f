// A whole file of the outbox, in which other bytes stand than were written: the input is a list of
// places (4 bytes each, in the file's length) and of the byte that is changed there by it.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/test_directory.hpp"
#include "base/test_noise.hpp"
#include "must.hpp"
#include "outbox/outbox.hpp"

namespace {

using lk::fuzz::must;
using namespace lk::outbox;
using Pages = std::map<PageId, std::vector<std::string>>;

Options options_in(const std::string& directory) {
    Options options;
    options.directory = directory;
    options.max_bytes = 1 << 30;
    options.sync = Sync::os;
    return options;
}

/// The file, before anything happened to it.
struct Original {
    Original() {
        const lk::TestDirectory directory;
        {
            const auto outbox = std::move(open(options_in(directory.path()), "events")).value();
            for (std::size_t i = 0; i < 6; ++i) keep(*outbox, i);
        }
        bytes = directory.read("outbox.db");
    }

    void keep(StreamOutbox& outbox, std::size_t number) {
        std::vector<std::string> texts;
        PageDraft draft;
        for (std::size_t i = 0; i < 4; ++i) {
            texts.push_back(
                std::to_string(number) + " " + std::to_string(i) +
                (i % 2 == 0 ? lk::noise(number * 3000, number) : std::string(number * 3000, 'x')));
        }
        for (const std::string& text : texts) draft.emplace_back().cbor = text;
        std::promise<PageId> kept;
        outbox.keep({draft}, [&](const auto& ids) { kept.set_value(ids.value().front()); });
        const PageId id = kept.get_future().get();
        all[id] = texts;
        if (number % 2 == 0) outbox.settle(id, {0});
    }

    std::string bytes;
    Pages all;
};

std::string changed(const std::string& original, const std::uint8_t* data, std::size_t size) {
    std::string bytes = original;
    for (; size >= 5; data += 5, size -= 5) {
        std::uint32_t place = 0;
        std::memcpy(&place, data, sizeof place);
        const std::size_t at = place % bytes.size();
        bytes[at] = static_cast<char>(bytes[at] ^ data[4]);
    }
    return bytes;
}

void look_at(StreamOutbox& outbox, const Original& original) {
    std::vector<PageId> left;
    const auto error = outbox.for_each_left([&](const LeftPage& page) { left.push_back(page.id); });
    must(!error, "what is left can be told");
    for (const PageId id : left) {
        std::promise<void> loaded;
        outbox.load(id, [&](const auto& read) {
            if (read && *read) {
                const KeptPage& page = **read;
                must(original.all.contains(id), "a page is one that was kept");
                const auto& texts = original.all.at(id);
                must(page.records.size() == texts.size(), "a page has its records");
                for (std::size_t i = 0; i < texts.size(); ++i) {
                    must(page.records[i].cbor == texts[i], "a record is as it was kept");
                }
            }
            loaded.set_value();
        });
        loaded.get_future().get();
    }
    std::promise<void> kept;
    const std::string text = "new";
    outbox.keep({PageDraft{{.cbor = text,
                            .data_bytes = 0,
                            .key_bytes = 0,
                            .hash_key_bytes = 0,
                            .is_envelope = true,
                            .fingerprint = 0}}},
                [&](const auto& ids) {
                    must(ids.has_value(), "it can be used again");
                    kept.set_value();
                });
    kept.get_future().get();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Original original;
    const lk::TestDirectory directory;
    directory.write("outbox.db", changed(original.bytes, data, size));
    const auto opened = open(options_in(directory.path()), "events");
    // Another program's file, or a newer version's, is refused.
    if (opened) look_at(**opened, original);
    return 0;
}
