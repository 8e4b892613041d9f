#include "http/transport.hpp"

namespace lk::http {

std::string_view Answer::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers) {
        if (name == lower_case_name) return value;
    }
    return {};
}

}  // namespace lk::http
