// Prints, for compare_ini_with_botocore.py, how IniFile reads each file named on the command line:
// a line of JSON each, null for a file that is refused.
#include <iostream>
#include <nlohmann/json.hpp>

#include "aws/ini_file.hpp"

namespace {

nlohmann::json json_of(const lk::aws::IniFile& file) {
    auto sections = nlohmann::json::object();
    for (const auto& section : file.sections()) {
        auto& settings = sections[std::string(section.name)] = nlohmann::json::object();
        // All the keys that the script writes, so that those of [DEFAULT] are seen too.
        for (const char* key :
             {"region", "endpoint_url", "s3", "a", "b", "c d", "more a", "more x", "more http"}) {
            const auto* setting = file.find(section, key);
            if (setting == nullptr) continue;
            auto& value = settings[key] = setting->value;
            if (setting->nested.empty()) continue;
            value = nlohmann::json::object();
            for (const auto& nested : setting->nested)
                value[std::string(nested.key)] = nested.value;
        }
    }
    return sections;
}

}  // namespace

int main(int count, char** paths) {
    for (int i = 1; i < count; ++i) {
        const auto file = lk::aws::IniFile::read(paths[i]);
        std::cout << (file ? json_of(*file) : nlohmann::json()).dump() << '\n';
    }
}
