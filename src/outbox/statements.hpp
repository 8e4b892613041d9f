#pragma once

#include "outbox/file.hpp"

namespace lk::outbox {

/// What the outbox asks SQLite, prepared once. See schema.cpp for the tables.
struct File::Statements {
    explicit Statements(sqlite::Database& database)
        : streams(database, "SELECT id, name, seed, checksum FROM stream ORDER BY id"),
          add_stream(database,
                     "INSERT INTO stream(id, name, seed, checksum) VALUES(?1, ?2, ?3, ?4)"),
          add_page(database, "INSERT OR REPLACE INTO page(id, body) VALUES(?1, ?2)"),
          page(database, "SELECT body FROM page WHERE id = ?1"),
          remove_page(database, "DELETE FROM page WHERE id = ?1"),
          put_state(database,
                    "INSERT OR REPLACE INTO unsettled(stream, page, state)"
                    " VALUES(?1, ?2, ?3)"),
          state(database, "SELECT state FROM unsettled WHERE stream = ?1 AND page = ?2"),
          remove_state(database, "DELETE FROM unsettled WHERE stream = ?1 AND page = ?2"),
          states(database,
                 "SELECT page, state FROM unsettled"
                 " WHERE stream = ?1 AND page > ?2 AND page < ?3 ORDER BY page LIMIT ?4"),
          all_states(database, "SELECT stream, page, state FROM unsettled WHERE stream < ?1"),
          add_discarded(database,
                        "INSERT OR REPLACE INTO discarded(stream, key, page, checksum)"
                        " VALUES(?1, ?2, ?3, ?4)"),
          remove_discarded(database,
                           "DELETE FROM discarded WHERE stream = ?1 AND page <"
                           " (SELECT ifnull(min(page), 9223372036854775807) FROM unsettled"
                           " WHERE stream = ?1)"),
          discarded(database, "SELECT stream, key, page, checksum FROM discarded"),
          all_pages(database, "PRAGMA page_count"),
          free_pages(database, "PRAGMA freelist_count") {}

    sqlite::Statement streams;
    sqlite::Statement add_stream;
    sqlite::Statement add_page;
    sqlite::Statement page;
    sqlite::Statement remove_page;
    sqlite::Statement put_state;
    sqlite::Statement state;
    sqlite::Statement remove_state;
    sqlite::Statement states;
    sqlite::Statement all_states;
    sqlite::Statement add_discarded;
    sqlite::Statement remove_discarded;
    sqlite::Statement discarded;
    sqlite::Statement all_pages;
    sqlite::Statement free_pages;
};

}  // namespace lk::outbox
