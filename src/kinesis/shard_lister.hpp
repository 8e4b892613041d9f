#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kinesis/sender.hpp"

namespace lk::kinesis {

enum class WhichShards {
    open,  ///< Those that take records now.
    all,   ///< Those too that were split or merged and still hold records.
};

/// Collects all pages of ListShards, then calls `done` on the transport's loop.
void list_shards(std::shared_ptr<Sender> sender, std::string stream, WhichShards which,
                 ListShardsDone done);

}  // namespace lk::kinesis
