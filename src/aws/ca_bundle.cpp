#include "aws/ca_bundle.hpp"

#include <sys/stat.h>

#include <fstream>
#include <utility>

namespace lk::aws {
namespace {

FoundBundle first_named(std::string_view option, const Environment& environment,
                        const ProfileFiles& files) {
    if (!option.empty()) return {std::string(option), "option ca_bundle"};
    if (std::string path = environment("AWS_CA_BUNDLE"); !path.empty()) {
        return {std::move(path), "AWS_CA_BUNDLE"};
    }
    if (const auto bundle = files.profile().find("ca_bundle")) {
        return {std::string(bundle->value), bundle->where("ca_bundle")};
    }
    return {};
}

// Not a pipe, whose opening could wait for ever.
bool is_readable_file(const std::string& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
    std::ifstream file(path);
    return file.peek() != std::ifstream::traits_type::eof();
}

}  // namespace

Expected<FoundBundle, Error> find_ca_bundle(std::string_view option, const Environment& environment,
                                            const ProfileFiles& files) {
    FoundBundle found = first_named(option, environment, files);
    if (!found.path.empty() && !is_readable_file(found.path)) {
        return Error{.code = ErrorCode::bad_option,
                     .message = found.from + ": the file \"" + found.path.substr(0, 300) +
                                "\" can not be read, or is empty; give a file of PEM "
                                "certificates"};
    }
    return found;
}

}  // namespace lk::aws
