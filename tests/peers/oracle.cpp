#include "oracle.hpp"

#include "node.hpp"

namespace lk::peers {
namespace {

nlohmann::json described(const OracleCase& one) {
    nlohmann::json line = {{"producerId", one.producer_id},
                           {"type", one.type},
                           {"uuids", one.uuids},
                           {"now", one.now_ms}};
    if (one.data) line["data"] = *one.data;
    if (one.source_user_id) line["sourceUserId"] = *one.source_user_id;
    if (one.partition_key) line["partitionKey"] = *one.partition_key;
    return line;
}

}  // namespace

std::vector<OracleAnswer> ask_lk_dispatch(const std::string& name,
                                          const std::vector<OracleCase>& cases) {
    std::vector<nlohmann::json> questions;
    questions.reserve(cases.size());
    for (const OracleCase& one : cases) questions.push_back(described(one));
    std::vector<OracleAnswer> read;
    read.reserve(cases.size());
    for (const nlohmann::json& answer : ask_node("oracle.js", name, questions)) {
        read.push_back({answer.at("key"), answer.at("record"), answer.value("stringified", "")});
    }
    return read;
}

}  // namespace lk::peers
