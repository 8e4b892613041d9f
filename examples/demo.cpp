// demo FOLDER: dispatches every entry of Debian's iso-codes (countries, languages, scripts and
// currencies of the world) into an embedded stream, reads all of it back and compares.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <lk/dispatch.hpp>
#include <lk/local_kinesis.hpp>

namespace {

struct Entry {
    std::string standard;  // such as "639-3"
    std::string text;      // the entry, as JSON
};

// Each file holds one object with one list: {"639-3": [{…}, {…}, …]}.
std::vector<Entry> read_entries(const std::filesystem::path& folder) {
    std::vector<Entry> entries;
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        if (file.path().filename().string().starts_with("iso_")) files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        std::ifstream in(file);
        const auto lists = nlohmann::ordered_json::parse(in);
        for (const auto& [standard, list] : lists.items()) {
            for (const auto& entry : list) entries.push_back({standard, entry.dump()});
        }
    }
    return entries;
}

}  // namespace

int main(int argc, char** argv) {
    const std::filesystem::path folder = argc > 1 ? argv[1] : "/usr/share/iso-codes/json";
    if (!std::filesystem::is_directory(folder)) {
        std::cerr << "demo: there is no folder " << folder << "; install Debian's iso-codes\n";
        return 2;
    }
    const std::vector<Entry> entries = read_entries(folder);
    std::cout << "Read " << entries.size() << " JSON objects from " << folder.string() << "\n";

    auto kinesis = lk::local_kinesis({.streams = {{.name = "entrypoint", .shards = 4}}});
    std::cout << "Started an embedded Kinesis with a stream of 4 shards at " << kinesis->endpoint()
              << "\n";

    const auto start = std::chrono::steady_clock::now();
    std::vector<lk::Published> results;
    {
        auto dispatch = lk::get_dispatch({.kinesis_client = kinesis,
                                          .kinesis_stream = "entrypoint",
                                          .producer_id = "demo@localhost"});
        for (const Entry& entry : entries) {
            results.push_back(dispatch("entry of ISO " + entry.standard, lk::json(entry.text)));
        }
    }  // its destructor has seen everything through
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << "Dispatched and acknowledged in " << seconds.count()
              << " s: " << static_cast<long>(static_cast<double>(entries.size()) / seconds.count())
              << " events/s\n";

    // What each result says must be what stands at that place in the stream, and nothing else may.
    std::map<std::pair<std::string, std::string>, std::string> stored;
    for (lk::StoredRecord& record : kinesis->records("entrypoint").value()) {
        stored[{record.shard_id, record.sequence_number}] = std::move(record.data);
    }
    std::size_t same = 0;
    std::map<std::string, int> shards;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const lk::Event event = results[i].get();
        const auto found = stored.find({event.shard_id, event.sequence_number});
        ++shards[event.shard_id];
        if (found != stored.end() && found->second == event.json() &&
            event.data == entries[i].text) {
            ++same;
        }
    }
    std::cout << "Read " << stored.size() << " records back from " << shards.size() << " shards; "
              << same << " are byte for byte what was dispatched\n";
    const bool well = same == entries.size() && stored.size() == entries.size() && same > 0;
    std::cout << (well ? "All is there, once.\n" : "Something is missing or doubled!\n");
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
