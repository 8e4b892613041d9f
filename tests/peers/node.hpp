#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lk::peers {

/// Runs a script of this folder in Node with the peers at hand: one question a line of its standard
/// input, one answer a line of its standard output, in order. The questions stay in a file named
/// for `name`, for whoever wants to ask them again. Throws std::runtime_error when Node or the
/// script fails or an answer is missing.
std::vector<nlohmann::json> ask_node(const std::string& script, const std::string& name,
                                     const std::vector<nlohmann::json>& questions);

}  // namespace lk::peers
