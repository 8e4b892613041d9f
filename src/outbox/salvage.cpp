#include "outbox/salvage.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "outbox/damaged_file.hpp"
#include "outbox/page_body.hpp"
#include "outbox/raw_file.hpp"

namespace lk::outbox {

namespace {

namespace fs = std::filesystem;
using sqlite::DatabaseError;

constexpr std::size_t pages_a_commit = 100;
constexpr std::array file_endings{"", "-wal", "-journal", "-shm"};

std::string saved_path(const std::string& path) {
    return path + ".saved";
}

[[noreturn]] void failed(const std::string& what, const std::error_code& error) {
    throw DatabaseError(what + ": " + error.message());
}

// That a name in it stands after the machine fails. Where that cannot be had, it is no worse.
void synchronize_folder(const fs::path& folder) {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return;
    ::fsync(file);
    ::close(file);
}

void remove_file(const std::string& path) {
    std::error_code error;
    for (const char* const ending : file_endings) {
        fs::remove(path + ending, error);
        if (error) failed("cannot remove " + path + ending, error);
    }
}

// damaged-20261125T190000Z, or damaged-20261125T190000Z-2 when that is taken.
std::string make_folder(const fs::path& beside) {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char name[40];
    std::strftime(name, sizeof name, "damaged-%Y%m%dT%H%M%SZ", &utc);
    for (int number = 1;; ++number) {
        const std::string ending = number == 1 ? "" : "-" + std::to_string(number);
        const fs::path folder = beside.parent_path() / (name + ending);
        std::error_code error;
        if (fs::create_directory(folder, error)) {
            fs::permissions(folder, fs::perms::owner_all, error);
            return folder.string();
        }
        if (error) failed("cannot make " + folder.string(), error);
    }
}

void move_file(const std::string& from, const std::string& to) {
    std::error_code error;
    for (const char* const ending : file_endings) {
        const std::string source = from + ending;
        const std::string target = to + ending;
        if (!fs::exists(source, error)) continue;
        fs::rename(source, target, error);
        if (error)
            failed(std::string("cannot move ").append(source).append(" to ").append(target), error);
    }
}

// What the damaged file left beside it, when that was interrupted after the file itself went: a log
// that is not the new file's would be taken for it.
void set_aside_leftovers(const std::string& path) {
    std::error_code error;
    const auto is_there = [&](const char* ending) { return fs::exists(path + ending, error); };
    if (std::none_of(file_endings.begin(), file_endings.end(), is_there)) return;
    const std::string folder = make_folder(path);
    move_file(path, folder + "/" + fs::path(path).filename().string());
    synchronize_folder(folder);
}

/// The new file's streams, under the numbers that they had.
class Streams {
  public:
    Streams(File& file, const std::vector<FileStream>& known, const std::vector<FileStream>& read)
        : file_(file) {
        for (const FileStream& one : known) add(one);
        for (const FileStream& one : read) add(one);
    }

    /// One that no list has any more is known from its page alone.
    const FileStream& of(const PageFacts& facts) {
        const auto found = by_name_.find(facts.stream);
        if (found != by_name_.end()) return found->second;
        const std::int64_t free = numbers_.empty() ? 1 : *numbers_.rbegin() + 1;
        add({.number = free,
             .name = std::string(facts.stream),
             .fingerprint_seed = facts.fingerprint_seed});
        return by_name_.find(facts.stream)->second;
    }

  private:
    void add(const FileStream& stream) {
        constexpr std::int64_t most = std::int64_t{1} << 40;
        if (stream.number < 1 || stream.number > most || stream.name.empty()) return;
        if (by_name_.contains(stream.name) || !numbers_.insert(stream.number).second) return;
        file_.add_stream(stream);
        by_name_.emplace(stream.name, stream);
    }

    File& file_;
    std::map<std::string, FileStream, std::less<>> by_name_;
    std::set<std::int64_t> numbers_;
};

bool adds_up(const std::map<PageId, PageState>& states, const std::optional<Tally>& tally) {
    if (!tally) return false;
    Tally found;
    found.next_id = tally->next_id;
    for (const auto& [id, state] : states) found.add(id, state.body_bytes());
    return found == *tally;
}

Salvaged copy(SalvageSource& from, File& to, const std::vector<FileStream>& known) {
    Salvaged salvaged;
    const std::map<PageId, PageState> states = from.states();
    const std::optional<Tally> tally = from.tally();
    salvaged.list_was_whole = adds_up(states, tally);

    std::set<PageId> ids;
    for (const auto& [id, state] : states) ids.insert(id);
    // What no list has is only taken for unsettled when the list is not to be relied on.
    if (!salvaged.list_was_whole) {
        for (const PageId id : from.page_ids()) ids.insert(id);
    }
    Streams streams(to, known, from.streams());
    std::optional<File::Change> change;
    std::size_t in_change = 0;
    for (const PageId id : ids) {
        const std::string bytes = from.body(id);
        const auto body = read_page_body(bytes);
        const auto state = states.find(id);
        const bool is_listed = state != states.end();
        if (!body || id < 1 || (is_listed && state->second.records() != body->records.size())) {
            if (is_listed) ++salvaged.lost_pages;
            continue;
        }
        if (!change) change.emplace(to);
        const PageState now = is_listed
                                  ? state->second
                                  : PageState(body->records, body->facts.kept_at_ms, bytes.size());
        change->copy(streams.of(body->facts), id, bytes, now);
        ++salvaged.pages;
        salvaged.records += now.unsettled();
        if (++in_change % pages_a_commit == 0) {
            change->commit();
            change.reset();
        }
    }
    if (!change) change.emplace(to);
    if (tally) change->use_ids_below(tally->next_id);
    if (!ids.empty()) change->use_ids_below(*ids.rbegin() + 1);
    for (const DiscardedKey& key : from.discarded()) change->discard(key);
    change->commit();
    return salvaged;
}

}  // namespace

bool is_salvage_to_finish(const std::string& path) {
    std::error_code error;
    return fs::exists(saved_path(path), error);
}

void finish_salvage(const std::string& path) {
    if (!is_salvage_to_finish(path)) return;
    std::error_code error;
    if (fs::exists(path, error)) {
        remove_file(saved_path(path));
    } else {
        set_aside_leftovers(path);
        move_file(saved_path(path), path);
        synchronize_folder(fs::path(path).parent_path());
    }
}

// The new file is whole, and on the disk, before the damaged one goes: whenever this is
// interrupted, one of them is there.
Salvaged salvage(const FileOptions& options, const std::vector<FileStream>& known) {
    FileOptions saved = options;
    saved.path = saved_path(options.path);
    saved.sync = Sync::every_commit;
    remove_file(saved.path);
    Salvaged salvaged;
    {
        DamagedFile from(options);
        File to(saved);
        if (from.has_tables()) {
            salvaged = copy(from, to, known);
        } else {
            RawFile raw(options.path);
            salvaged = copy(raw, to, known);
        }
        to.log().copy_and_truncate();
    }
    salvaged.folder = make_folder(options.path);
    move_file(options.path, salvaged.folder + "/" + fs::path(options.path).filename().string());
    synchronize_folder(salvaged.folder);
    finish_salvage(options.path);
    return salvaged;
}

}  // namespace lk::outbox
