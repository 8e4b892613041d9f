#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lk {

/// So many of them, for a message: "1 byte", "2 bytes", "0 entries".
[[nodiscard]] inline std::string counted(std::uint64_t number, std::string_view one,
                                         std::string_view many) {
    return std::to_string(number) + ' ' + std::string(number == 1 ? one : many);
}

}  // namespace lk
