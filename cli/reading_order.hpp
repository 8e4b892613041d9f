#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <lk/kinesis_client.hpp>

namespace lk::cli {

/// Which shards of a stream may be read when: a shard that came of a split or a merge only once its
/// parents were read to their end, since what has the same partition key stands in them first.
class ReadingOrder {
  public:
    /// What the stream has now; shards that are known already stay as they are.
    void add(const std::vector<Shard>& listed);

    /// The shards whose turn it is now, by their ids; each is given out once.
    [[nodiscard]] std::vector<std::string> next();

    /// The shard was read to its end, and is closed.
    void finished(const std::string& shard_id);

  private:
    [[nodiscard]] bool is_unfinished(const std::string& shard_id) const;

    std::map<std::string, Shard> waiting_;
    std::set<std::string> reading_;
    std::set<std::string> finished_;
};

}  // namespace lk::cli
