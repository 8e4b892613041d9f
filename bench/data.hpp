#pragma once

#include <string>

namespace lk::bench {

/// 300 bytes of JSON as services dispatch it: an element of a collection.
inline std::string data_of_300_bytes(int number) {
    std::string text =
        R"({"id":")" + std::to_string(1'000'000'000 + number) +
        R"(","element":{"title":"An ordinary title, with caf\u00e9","author":"somebody@example.org",)"
        R"("published":true,"votes":92.07,"tags":["one","two","three"],"body":")";
    text += std::string(300 - text.size() - 3, 'x');
    return text + "\"}}";
}

}  // namespace lk::bench
