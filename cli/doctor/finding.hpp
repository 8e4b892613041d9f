#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <lk/error.hpp>

namespace lk::doctor {

enum class Verdict {
    good,
    doubtful,       ///< A put works all the same, but somebody should know.
    bad,            ///< A put would fail.
    not_looked_at,  ///< An earlier step went wrong.
};

/// What was found at one step of the way of a put.
struct Finding {
    std::string step;
    Verdict verdict = Verdict::good;
    std::string text = {};
    /// What to do about it; empty where the text says so, or there is nothing to do.
    std::string mend = {};
    /// More of it, a line each.
    std::vector<std::string> details = {};
    /// For scripts: names and values.
    std::vector<std::pair<std::string, std::string>> facts = {};
    /// What kind of trouble a bad one is.
    ErrorCode code = ErrorCode::internal;
};

using Findings = std::vector<Finding>;

/// A put would work: nothing is bad, nor was anything left out.
[[nodiscard]] inline bool all_is_well(const Findings& findings) {
    return std::none_of(findings.begin(), findings.end(), [](const Finding& one) {
        return one.verdict == Verdict::bad || one.verdict == Verdict::not_looked_at;
    });
}

[[nodiscard]] inline Finding not_looked_at(std::string step, std::string why) {
    return {.step = std::move(step), .verdict = Verdict::not_looked_at, .text = std::move(why)};
}

}  // namespace lk::doctor
