#include "node.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace lk::peers {

std::vector<nlohmann::json> ask_node(const std::string& script, const std::string& name,
                                     const std::vector<nlohmann::json>& questions) {
    const std::string asked = name + ".cases.ndjson";
    const std::string answered = name + ".answers.ndjson";
    {
        std::ofstream out(asked, std::ios::binary);
        // In ASCII, so that no line ends where JavaScript sees a line separator.
        for (const nlohmann::json& one : questions) out << one.dump(-1, ' ', true) << '\n';
        if (!out.flush()) throw std::runtime_error("cannot write " + asked);
    }
    const std::string command = "NODE_PATH='" LK_PEERS_DIR
                                "/node_modules' timeout 240 node '" LK_PEER_SCRIPTS "/" +
                                script + "' <'" + asked + "' >'" + answered + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);

    std::vector<nlohmann::json> answers;
    answers.reserve(questions.size());
    std::ifstream in(answered, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
        answers.push_back(nlohmann::json::parse(line));
    }
    if (answers.size() != questions.size()) {
        throw std::runtime_error(std::to_string(questions.size()) + " cases, but " +
                                 std::to_string(answers.size()) + " answers in " + answered);
    }
    return answers;
}

}  // namespace lk::peers
