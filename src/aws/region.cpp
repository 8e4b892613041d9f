#include "aws/region.hpp"

#include <utility>

#include "aws/endpoint.hpp"

namespace lk::aws {
namespace {

FoundRegion first_named(std::string_view option, const Environment& environment,
                        const ProfileFiles& files, const RegionOfMachine& machine) {
    if (!option.empty()) return {std::string(option), "option region"};
    for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
        if (auto region = environment(variable); !region.empty()) {
            return {std::move(region), variable};
        }
    }
    if (const auto region = files.profile().find("region")) {
        return {std::string(region->value), region->where("region")};
    }
    if (machine) {
        if (auto region = machine(); !region.empty()) {
            return {std::move(region), "the instance metadata"};
        }
    }
    return {};
}

}  // namespace

Expected<FoundRegion, Error> find_region(std::string_view option, const Environment& environment,
                                         const ProfileFiles& files,
                                         const RegionOfMachine& machine) {
    auto region = first_named(option, environment, files, machine);
    // It becomes one label of a host name: anything else in it could send signed requests to
    // another host.
    if (!region.name.empty() && !is_host_label(region.name)) {
        return Error{.code = ErrorCode::bad_option,
                     .message = region.from + ": \"" + region.name.substr(0, 100) +
                                "\" is not a region; it takes 1 to 63 letters, digits and "
                                "hyphens, such as eu-west-1"};
    }
    return region;
}

}  // namespace lk::aws
