#include "local/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "local/concat.hpp"
#include "local/store/database_file.hpp"
#include "local/store/run.hpp"
#include "local/store/schema.hpp"
#include "local/store/statements.hpp"
#include "local/store/store_errors.hpp"

namespace lk::local {

/// Records of one request for one shard.
struct Store::Run {
    Shard* shard = nullptr;
    std::size_t record_count = 0;
    std::string_view bytes;
    std::int64_t first_position = 0;
};

namespace {

constexpr DirectoryUse data_directory{
    .name = "data directory",
    .mend = "stop that, talk to it over its endpoint, or use another directory"};

std::string database_path(const std::string& directory) {
    return directory.empty() ? ":memory:" : database_file(directory);
}

// What SQLite says does not name the file.
std::string told(const sqlite::DatabaseError& error, const std::string& file) {
    const std::string_view what = error.what();
    return what.find(file) != std::string_view::npos ? std::string(what)
                                                     : concat({file, ": ", what});
}

// Where a shard goes on in a discarding run: above all that earlier runs gave out and forgot, as
// long as none of them acknowledged 2^20 records a millisecond.
std::int64_t position_of_this_moment() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count() << 20;
}

// The records of each shard side by side, in the order they came in.
std::vector<NewRecord*> by_shard(std::span<NewRecord> records) {
    std::vector<NewRecord*> ordered(records.size());
    std::ranges::transform(records, ordered.begin(), [](NewRecord& record) { return &record; });
    std::ranges::stable_sort(ordered, {}, [](const NewRecord* one) { return one->shard->number; });
    return ordered;
}

}  // namespace

Expected<std::unique_ptr<Store>, Error> Store::open(const StoreOptions& options) {
    std::optional<DirectoryLock> lock;
    if (!options.directory.empty()) {
        auto claimed = DirectoryLock::claim(options.directory, data_directory);
        if (!claimed) return std::move(claimed).error();
        lock.emplace(std::move(claimed).value());
    }
    const std::string file = database_path(options.directory);
    try {
        // What was published may be nobody else's business.
        if (lock) sqlite::make_for_owner_alone(file);
        return std::unique_ptr<Store>(new Store(options, std::move(lock)));
    } catch (const sqlite::DatabaseError& error) {
        return Error{.code = ErrorCode::bad_option,
                     .message = concat({"cannot use the data directory ", options.directory, ": ",
                                        told(error, file), "; use another directory"})};
    }
}

Store::Store(const StoreOptions& options, std::optional<DirectoryLock> lock)
    : discard_(options.discard),
      directory_lock_(std::move(lock)),
      database_(database_path(options.directory)) {
    prepare_schema(database_, database_path(options.directory));
    statements_ = std::make_unique<Statements>(database_);
    load_streams();
}

Store::~Store() = default;

void Store::load_streams() {
    sqlite::Statement& statement = statements_->all_streams;
    const sqlite::Rows rows(statement);
    while (statement.step()) {
        StreamFacts facts;
        facts.row = statement.number(0);
        facts.name = statement.bytes(1);
        facts.created_ms = statement.number(2);
        facts.shards = static_cast<int>(statement.number(3));
        facts.on_demand = statement.number(4) != 0;
        facts.max_record_bytes = static_cast<std::size_t>(statement.number(5));
        if (facts.shards < 1 || facts.shards > max_shards) {
            throw sqlite::DatabaseError("the stream " + facts.name + " has " +
                                        std::to_string(facts.shards) +
                                        " shards; the file is damaged");
        }
        last_created_ms_ = std::max(last_created_ms_, facts.created_ms);
        auto stream = std::make_shared<Stream>(std::move(facts));
        load_children(*stream);
        load_positions(*stream);
        catalogue_.emplace(stream->name(), std::move(stream));
    }
}

void Store::load_positions(const Stream& stream) {
    sqlite::Statement& statement = statements_->last_run;
    for (const auto& shard : stream.shards()) {
        const sqlite::Rows rows(statement);
        statement.bind(1, stream.facts().row).bind(2, shard->number);
        if (statement.step()) {
            shard->next_position = statement.number(0);
            shard->last_arrival_ms = statement.number(1);
        }
        if (discard_) {
            shard->next_position = std::max(shard->next_position.load(), position_of_this_moment());
        }
    }
}

Expected<std::shared_ptr<Stream>, StoreError> Store::create(StreamFacts facts,
                                                            std::int64_t now_ms) {
    const std::lock_guard lock(database_mutex_);
    int shards = facts.shards;
    for (const auto& stream : streams()) {
        shards += static_cast<int>(stream->shards().size());
        if (stream->name() == facts.name) {
            return StoreError{StoreProblem::stream_exists, "the stream exists already"};
        }
    }
    if (shards > max_shards) return too_many_shards(shards);
    // Sequence numbers begin with this time: no two streams may share it.
    facts.created_ms = std::max(now_ms, last_created_ms_ + 1);
    try {
        statements_->add_stream.bind_text(1, facts.name)
            .bind(2, facts.created_ms)
            .bind(3, facts.shards)
            .bind(4, facts.on_demand ? 1 : 0)
            .bind(5, static_cast<std::int64_t>(facts.max_record_bytes))
            .run();
    } catch (const sqlite::DatabaseError& error) {
        return failed(error);
    }
    facts.row = database_.last_row();
    last_created_ms_ = facts.created_ms;
    auto stream = std::make_shared<Stream>(std::move(facts));
    const std::lock_guard catalogue_lock(catalogue_mutex_);
    catalogue_.emplace(stream->name(), stream);
    return stream;
}

std::optional<StoreError> Store::remove(std::string_view name) {
    const std::lock_guard lock(database_mutex_);
    const auto stream = find(name);
    if (stream == nullptr) return no_such_stream(name);
    try {
        sqlite::Transaction transaction(database_);
        statements_->remove_runs.bind(1, stream->facts().row).run();
        statements_->remove_children.bind(1, stream->facts().row).run();
        statements_->remove_stream.bind(1, stream->facts().row).run();
        transaction.commit();
    } catch (const sqlite::DatabaseError& error) {
        return failed(error);
    }
    const std::lock_guard catalogue_lock(catalogue_mutex_);
    catalogue_.erase(stream->name());
    return std::nullopt;
}

std::shared_ptr<Stream> Store::find(std::string_view name) const {
    const std::shared_lock lock(catalogue_mutex_);
    const auto found = catalogue_.find(name);
    return found == catalogue_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Stream>> Store::streams() const {
    const std::shared_lock lock(catalogue_mutex_);
    std::vector<std::shared_ptr<Stream>> all;
    all.reserve(catalogue_.size());
    for (const auto& [name, stream] : catalogue_) all.push_back(stream);
    return all;
}

std::optional<StoreError> Store::append(Stream& stream, std::span<NewRecord> records,
                                        std::int64_t now_ms) {
    if (discard_) {
        for (NewRecord& record : records) {
            if (!record.shard->open()) return shard_closed(*record.shard);
            record.position = record.shard->next_position.fetch_add(1, std::memory_order_relaxed);
        }
        return std::nullopt;
    }
    const std::vector<NewRecord*> ordered = by_shard(records);
    std::string bytes;
    bytes.reserve(std::transform_reduce(
        records.begin(), records.end(), std::size_t{0}, std::plus<>(),
        [](const NewRecord& one) { return run_bytes(one.partition_key.size(), one.data.size()); }));
    std::vector<Run> runs;
    for (const NewRecord* record : ordered) {
        if (runs.empty() || runs.back().shard != record->shard) {
            runs.push_back(
                {.shard = record->shard, .bytes = std::string_view(bytes).substr(bytes.size())});
        }
        append_to_run(bytes, record->partition_key, record->data);
        Run& run = runs.back();
        run.bytes = {run.bytes.data(), bytes.data() + bytes.size()};
        ++run.record_count;
    }

    const std::lock_guard lock(database_mutex_);
    // A stream that was removed, or removed and made anew, since the caller found it.
    if (find(stream.name()).get() != &stream) return no_such_stream(stream.name());
    for (const Run& run : runs) {
        if (!run.shard->open()) return shard_closed(*run.shard);
    }
    try {
        write_runs(stream, runs, now_ms);
    } catch (const sqlite::DatabaseError& error) {
        return failed(error);
    }
    std::size_t next = 0;
    for (const Run& run : runs) {
        for (std::size_t index = 0; index < run.record_count; ++index) {
            ordered[next++]->position = run.first_position + static_cast<std::int64_t>(index);
        }
    }
    return std::nullopt;
}

void Store::write_runs(const Stream& stream, std::span<Run> runs, std::int64_t now_ms) {
    sqlite::Transaction transaction(database_);
    for (Run& run : runs) {
        run.first_position = run.shard->next_position;
        statements_->add_run.bind(1, stream.facts().row)
            .bind(2, run.shard->number)
            .bind(3, run.first_position)
            .bind(4, static_cast<std::int64_t>(run.record_count))
            .bind(5, std::max(now_ms, run.shard->last_arrival_ms))
            .bind_blob(6, run.bytes)
            .run();
    }
    transaction.commit();
    for (const Run& run : runs) {
        run.shard->next_position = run.first_position + static_cast<std::int64_t>(run.record_count);
        run.shard->last_arrival_ms = std::max(now_ms, run.shard->last_arrival_ms);
    }
}

Expected<std::vector<KeptRecord>, StoreError> Store::read(const Stream& stream, const Shard& shard,
                                                          std::int64_t from,
                                                          std::size_t max_records,
                                                          std::size_t max_bytes) {
    const std::lock_guard lock(database_mutex_);
    std::vector<KeptRecord> records;
    std::size_t bytes = 0;
    try {
        sqlite::Statement& statement = statements_->runs_from;
        const sqlite::Rows rows(statement);
        statement.bind(1, stream.facts().row).bind(2, shard.number).bind(3, from);
        while (records.size() < max_records && statement.step()) {
            std::int64_t position = statement.number(0);
            std::string_view run = statement.bytes(2);
            RunRecord record;
            for (; records.size() < max_records && take_from_run(run, record); ++position) {
                if (position < from) continue;
                bytes += record.partition_key.size() + record.data.size();
                if (bytes > max_bytes && !records.empty()) return records;
                records.push_back({position, statement.number(1), std::string(record.partition_key),
                                   std::string(record.data)});
            }
        }
    } catch (const sqlite::DatabaseError& error) {
        return failed(error);
    }
    return records;
}

Expected<std::int64_t, StoreError> Store::position_at(const Stream& stream, const Shard& shard,
                                                      std::int64_t arrival_ms) {
    const std::lock_guard lock(database_mutex_);
    try {
        return first_at(stream, shard, arrival_ms);
    } catch (const sqlite::DatabaseError& error) {
        return failed(error);
    }
}

// Arrival times never fall within a shard, so halving finds the first run that is late enough.
std::int64_t Store::first_at(const Stream& stream, const Shard& shard, std::int64_t arrival_ms) {
    std::int64_t low = 0;
    std::int64_t high = shard.next_position;
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        sqlite::Statement& statement = statements_->run_before;
        const sqlite::Rows rows(statement);
        statement.bind(1, stream.facts().row).bind(2, shard.number).bind(3, middle);
        if (statement.step() && statement.number(1) >= arrival_ms) {
            high = statement.number(0);
        } else {
            low = middle + 1;
        }
    }
    return high;
}

}  // namespace lk::local
