#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lk::peers {

/// One call of lk-dispatch 1.1.0, with what it draws and the time it sees.
struct OracleCase {
    std::string producer_id;
    std::string type;
    std::optional<std::string> data = std::nullopt;  ///< JSON text, parsed by JavaScript.
    std::optional<std::string> source_user_id = std::nullopt;
    std::optional<std::string> partition_key = std::nullopt;
    std::vector<std::string> uuids = {};  ///< In the order of the draws.
    std::int64_t now_ms = 0;
};

/// What it put into Kinesis.
struct OracleAnswer {
    std::string partition_key;
    std::string record;
    std::string stringified;  ///< JSON.stringify(data); empty without data.
};

/// Runs all cases through lk-dispatch 1.1.0 in one Node process. The cases stay in a file named
/// for `name`, for whoever wants to run a failed one again. Throws std::runtime_error when Node or
/// the package fails.
std::vector<OracleAnswer> ask_lk_dispatch(const std::string& name,
                                          const std::vector<OracleCase>& cases);

}  // namespace lk::peers
