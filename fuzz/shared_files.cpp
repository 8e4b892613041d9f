// AWS's shared config and credentials files, and what a client concludes from them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/kinesis_service.hpp"
#include "aws/profile_files.hpp"
#include "aws/user_agent.hpp"
#include "must.hpp"

namespace {

using lk::fuzz::must;
using namespace lk::aws;

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_printable(char c) {
    return c > ' ' && c <= '~';
}

void look_at(const IniFile& file, std::size_t text_bytes) {
    std::size_t seen_bytes = 0;
    for (const IniSection& section : file.sections()) {
        must(section.name != "DEFAULT", "[DEFAULT] is no section of its own");
        seen_bytes += section.name.size();
        for (const auto& [key, setting] : section.settings) {
            must(!key.empty(), "a setting has a key");
            must(std::none_of(key.begin(), key.end(), is_upper), "keys are in lower case");
            must(file.find(section, key) == &setting, "a setting is found by its key");
            must(setting.value.empty() || setting.nested.empty(), "a value is text or settings");
            must(setting.line > 0, "a setting has a line");
            seen_bytes += key.size() + setting.value.size();
            for (const IniNested& nested : setting.nested) {
                must(nested.line > setting.line, "what is nested comes later");
                seen_bytes += nested.key.size() + nested.value.size();
            }
        }
    }
    must(seen_bytes <= text_bytes, "no byte is in two settings");
}

lk::Expected<IniFile, lk::Error> parsed(std::string_view text, const char* path) {
    auto file = IniFile::parse(text, path);
    if (file) {
        look_at(*file, text.size());
    } else {
        must(file.error().message.starts_with("AWS file \"" + std::string(path) + "\""),
             "a refusal names the file");
    }
    return file;
}

void conclude(const ProfileFiles& files) {
    const auto no_environment = [](const char*) { return std::string(); };
    const std::string agent = user_agent("1", find_application_id("", no_environment, files));
    must(
        std::all_of(agent.begin(), agent.end(), [](char c) { return c == ' ' || is_printable(c); }),
        "the User-Agent is a header");

    const auto service = find_kinesis({}, no_environment, files);
    if (!service) {
        must(!service.error().message.empty(), "a refusal says why");
        return;
    }
    const std::string& host = service->endpoint.host;
    must(!host.empty() && std::all_of(host.begin(), host.end(), is_printable), "a host is a name");
    must(host.find_first_of("/@?#\\") == std::string::npos, "a host is nothing but a host");
    must(is_host_label(service->region), "a region is part of a host");
    if (service->partition == nullptr) return;
    must(service->endpoint.url == "https://" + host + "/", "AWS's own endpoints are of one form");
    must(is_aws_host(host), "AWS's own endpoints are AWS's");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto end = std::min(input.find('\0'), input.size());
    auto config = parsed(input.substr(0, end), "config");
    auto credentials = parsed(input.substr(std::min(end + 1, input.size())), "credentials");
    if (!config || !credentials) return 0;
    const auto files = ProfileFiles::of(
        std::move(*config), std::move(*credentials), [](const char*) { return std::string(); }, "");
    must(files.has_value(), "the default profile need not exist");
    conclude(*files);
    return 0;
}
