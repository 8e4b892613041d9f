#include "sim/report.hpp"

#include "sim/shrink.hpp"

namespace lk::sim {

std::string headline(const Plan& plan, const Violation& violation) {
    return "seed " + std::to_string(plan.seed) + " breaks " + violation.check + ": " +
           violation.what + "\n";
}

std::string tell(const RunResult& result) {
    std::string text;
    for (const std::string& line : result.trace) text.append(line).append("\n");
    for (const Violation& violation : result.violations) {
        text += "broken: " + violation.check + ": " + violation.what + "\n";
    }
    return text;
}

std::string explain(const Plan& failing, const std::string& check) {
    const Plan small = shrink(failing, check);
    return "the smallest run found that does the same:\n" + describe(small) +
           tell(run(small, true));
}

}  // namespace lk::sim
