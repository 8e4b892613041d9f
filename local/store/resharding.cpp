#include <algorithm>
#include <utility>

#include "local/store/statements.hpp"
#include "local/store/store_errors.hpp"

namespace lk::local {

void Store::load_children(Stream& stream) {
    const auto damaged = [&](std::int64_t number) {
        return sqlite::DatabaseError("the stream " + stream.name() + " has a shard " +
                                     std::to_string(number) +
                                     " of no known parent; the file is damaged");
    };
    sqlite::Statement& statement = statements_->children;
    const sqlite::Rows rows(statement);
    statement.bind(1, stream.facts().row);
    // Those of one split have one parent and one time; they were opened together.
    std::vector<ShardOrigin> together;
    std::int64_t together_ms = 0;
    auto known = static_cast<std::int64_t>(stream.shards().size());
    const auto open_those = [&] {
        if (!together.empty()) stream.reshard(std::exchange(together, {}), together_ms);
    };
    for (; statement.step(); ++known) {
        const std::int64_t number = statement.number(0);
        const auto first = event::parse_hash_key(statement.bytes(1));
        const auto last = event::parse_hash_key(statement.bytes(2));
        const std::int64_t parent = statement.number(3);
        const std::int64_t adjacent = statement.number(4);
        if (number != known || number >= max_shards || !first || !last || parent < 0 ||
            parent >= number || adjacent >= number) {
            throw damaged(number);
        }
        if (!together.empty() && together.back().parent != parent) open_those();
        together_ms = statement.number(5);
        together.push_back({.first_hash_key = *first,
                            .last_hash_key = *last,
                            .parent = static_cast<int>(parent),
                            .adjacent_parent = adjacent < 0
                                                   ? std::nullopt
                                                   : std::optional(static_cast<int>(adjacent))});
    }
    open_those();
    if (!stream.map()->is_whole()) {
        throw sqlite::DatabaseError("the open shards of the stream " + stream.name() +
                                    " do not share out all hash keys; the file is damaged");
    }
}

std::optional<StoreError> Store::reshard(Stream& stream, const std::vector<ShardOrigin>& children,
                                         std::int64_t now_ms) {
    const std::lock_guard lock(database_mutex_);
    if (find(stream.name()).get() != &stream) return no_such_stream(stream.name());
    int shards = static_cast<int>(children.size());
    for (const auto& one : streams()) shards += static_cast<int>(one->shards().size());
    if (shards > max_shards) return too_many_shards(shards);
    auto number = static_cast<std::int64_t>(stream.shards().size());
    for (const ShardOrigin& child : children) {
        for (const auto parent : {std::optional(child.parent), child.adjacent_parent}) {
            if (!parent) continue;
            const Shard& closing = *stream.shard(*parent);
            if (!closing.open()) return shard_closed(closing);
            // A clock that is put back must not close a shard before its last record came.
            now_ms = std::max({now_ms, closing.created_ms, closing.last_arrival_ms});
        }
    }
    try {
        sqlite::Transaction transaction(database_);
        for (const ShardOrigin& child : children) {
            const std::string first = event::to_decimal(child.first_hash_key);
            const std::string last = event::to_decimal(child.last_hash_key);
            statements_->add_child.bind(1, stream.facts().row)
                .bind(2, number++)
                .bind_text(3, first)
                .bind_text(4, last)
                .bind(5, child.parent)
                .bind(6, child.adjacent_parent.value_or(-1))
                .bind(7, now_ms)
                .run();
        }
        transaction.commit();
    } catch (const sqlite::DatabaseError& error) {
        return failed(error);
    }
    stream.reshard(children, now_ms);
    return std::nullopt;
}

}  // namespace lk::local
