#pragma once

#include <string_view>

#include "local/store/database.hpp"
#include "local/store/store.hpp"

namespace lk::local {

[[nodiscard]] StoreError failed(const DatabaseError& error);
[[nodiscard]] StoreError no_such_stream(std::string_view name);
[[nodiscard]] StoreError too_many_shards(int shards);
[[nodiscard]] StoreError shard_closed(const Shard& shard);

}  // namespace lk::local
