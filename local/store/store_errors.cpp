#include "local/store/store_errors.hpp"

#include "local/concat.hpp"

namespace lk::local {

StoreError failed(const sqlite::DatabaseError& error) {
    return {StoreProblem::failed, error.what()};
}

StoreError no_such_stream(std::string_view name) {
    return {StoreProblem::no_such_stream, concat({"there is no stream ", name})};
}

StoreError too_many_shards(int shards) {
    return {StoreProblem::too_many_shards,
            "all streams together would have " + std::to_string(shards) +
                " shards, closed ones included; the local stream allows " +
                std::to_string(Store::max_shards) + ": delete a stream"};
}

StoreError shard_closed(const Shard& shard) {
    return {StoreProblem::shard_closed, shard.id};
}

}  // namespace lk::local
