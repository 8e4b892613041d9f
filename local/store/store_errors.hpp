#pragma once

#include <string_view>

#include "local/store/store.hpp"
#include "sqlite/database.hpp"

namespace lk::local {

[[nodiscard]] StoreError failed(const sqlite::DatabaseError& error);
[[nodiscard]] StoreError no_such_stream(std::string_view name);
[[nodiscard]] StoreError too_many_shards(int shards);
[[nodiscard]] StoreError shard_closed(const Shard& shard);

}  // namespace lk::local
