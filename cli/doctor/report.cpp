#include "doctor/report.hpp"

#include <nlohmann/json.hpp>

namespace lk::doctor {
namespace {

struct Words {
    const char* sign;
    const char* word;
};

Words words_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::good: return {"✓", "good"};
        case Verdict::doubtful: return {"!", "doubtful"};
        case Verdict::bad: return {"✗", "bad"};
        case Verdict::not_looked_at: return {"–", "not looked at"};
    }
    return {"✗", "bad"};
}

// What a service says may hold anything; a terminal obeys control characters.
std::string printable(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return text;
}

constexpr std::size_t text_column = 24;

}  // namespace

std::string as_text(const Findings& findings) {
    std::string text;
    const std::string margin(text_column + 2, ' ');
    for (const Finding& finding : findings) {
        const std::size_t name = finding.step.size();
        text.append(words_of(finding.verdict).sign).append(" ").append(finding.step);
        text.append(name < text_column ? text_column - name : 1, ' ');
        text.append(printable(finding.text)).append("\n");
        for (const std::string& detail : finding.details) {
            text.append(margin).append(printable(detail)).append("\n");
        }
        if (!finding.mend.empty()) text.append(margin).append(printable(finding.mend)).append("\n");
    }
    return text;
}

std::string as_json(std::string_view stream, const Findings& findings) {
    using Json = nlohmann::ordered_json;
    Json steps = Json::array();
    for (const Finding& finding : findings) {
        Json facts = Json::object();
        for (const auto& [name, value] : finding.facts) facts[name] = value;
        steps.push_back({{"step", finding.step},
                         {"verdict", words_of(finding.verdict).word},
                         {"text", finding.text},
                         {"mend", finding.mend},
                         {"details", finding.details},
                         {"facts", std::move(facts)}});
    }
    const Json all = {{"stream", stream}, {"ok", all_is_well(findings)}, {"steps", steps}};
    return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lk::doctor
