#pragma once

#include <string>
#include <vector>

namespace lk::bench {

/// Finished PutRecords bodies in CBOR, as the pipeline sends them: `records` events of 300 bytes of
/// data each, no two alike.
[[nodiscard]] std::vector<std::string> request_bodies(const std::string& stream, int bodies,
                                                      int records);

}  // namespace lk::bench
