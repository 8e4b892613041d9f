#pragma once

#include "local/store/store.hpp"
#include "sqlite/database.hpp"

namespace lk::local {

/// What the store asks SQLite, prepared once. See schema.cpp for the tables.
struct Store::Statements {
    explicit Statements(sqlite::Database& database)
        : add_run(
              database,
              "INSERT INTO run(stream, shard, first_position, record_count, arrival_ms, records)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
          last_run(database,
                   "SELECT first_position + record_count, arrival_ms FROM run"
                   " WHERE stream = ?1 AND shard = ?2 ORDER BY first_position DESC LIMIT 1"),
          run_before(database,
                     "SELECT first_position, arrival_ms FROM run WHERE stream = ?1 AND shard = ?2"
                     " AND first_position <= ?3 ORDER BY first_position DESC LIMIT 1"),
          runs_from(database,
                    "SELECT first_position, arrival_ms, records FROM run"
                    " WHERE stream = ?1 AND shard = ?2 AND first_position >= coalesce("
                    "(SELECT max(first_position) FROM run"
                    "  WHERE stream = ?1 AND shard = ?2 AND first_position <= ?3), ?3)"
                    " ORDER BY first_position"),
          add_stream(database,
                     "INSERT INTO stream(name, created_ms, shards, on_demand, max_record_bytes)"
                     " VALUES(?1, ?2, ?3, ?4, ?5)"),
          remove_stream(database, "DELETE FROM stream WHERE id = ?1"),
          remove_runs(database, "DELETE FROM run WHERE stream = ?1"),
          all_streams(database,
                      "SELECT id, name, created_ms, shards, on_demand, max_record_bytes"
                      " FROM stream"),
          add_child(database,
                    "INSERT INTO child(stream, number, first_hash_key, last_hash_key, parent,"
                    " adjacent_parent, created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
          remove_children(database, "DELETE FROM child WHERE stream = ?1"),
          children(database,
                   "SELECT number, first_hash_key, last_hash_key, parent, adjacent_parent,"
                   " created_ms FROM child WHERE stream = ?1 ORDER BY number") {}

    sqlite::Statement add_run;
    sqlite::Statement last_run;
    sqlite::Statement run_before;
    sqlite::Statement runs_from;
    sqlite::Statement add_stream;
    sqlite::Statement remove_stream;
    sqlite::Statement remove_runs;
    sqlite::Statement all_streams;
    sqlite::Statement add_child;
    sqlite::Statement remove_children;
    sqlite::Statement children;
};

}  // namespace lk::local
