#include "cli/reading_order.hpp"

namespace lk::cli {

void ReadingOrder::add(const std::vector<Shard>& listed) {
    for (const Shard& shard : listed) {
        if (reading_.contains(shard.shard_id) || finished_.contains(shard.shard_id)) continue;
        waiting_.try_emplace(shard.shard_id, shard);
    }
}

std::vector<std::string> ReadingOrder::next() {
    std::vector<std::string> ids;
    for (const auto& [id, shard] : waiting_) {
        // A parent that is not listed any more holds no records.
        if (!is_unfinished(shard.parent_shard_id) &&
            !is_unfinished(shard.adjacent_parent_shard_id)) {
            ids.push_back(id);
        }
    }
    for (const std::string& id : ids) {
        waiting_.erase(id);
        reading_.insert(id);
    }
    return ids;
}

void ReadingOrder::finished(const std::string& shard_id) {
    reading_.erase(shard_id);
    finished_.insert(shard_id);
}

bool ReadingOrder::is_unfinished(const std::string& shard_id) const {
    return waiting_.contains(shard_id) || reading_.contains(shard_id);
}

}  // namespace lk::cli
