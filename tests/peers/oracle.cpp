#include "oracle.hpp"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

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
    const std::string questions = name + ".cases.ndjson";
    const std::string answers = name + ".answers.ndjson";
    {
        std::ofstream out(questions, std::ios::binary);
        // In ASCII, so that no line ends where JavaScript sees a line separator.
        for (const OracleCase& one : cases) out << described(one).dump(-1, ' ', true) << '\n';
        if (!out.flush()) throw std::runtime_error("cannot write " + questions);
    }
    const std::string command = "NODE_PATH='" LK_PEERS_DIR
                                "/node_modules' timeout 240 node '" LK_ORACLE "' <'" +
                                questions + "' >'" + answers + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);

    std::vector<OracleAnswer> read;
    read.reserve(cases.size());
    std::ifstream in(answers, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
        const auto answer = nlohmann::json::parse(line);
        read.push_back({answer.at("key"), answer.at("record"), answer.value("stringified", "")});
    }
    if (read.size() != cases.size()) {
        throw std::runtime_error(std::to_string(cases.size()) + " cases, but " +
                                 std::to_string(read.size()) + " answers in " + answers);
    }
    return read;
}

}  // namespace lk::peers
