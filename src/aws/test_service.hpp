#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "aws/kinesis_service.hpp"
#include "aws/test_environment.hpp"
#include "aws/test_files.hpp"

namespace lk::aws {

/// For tests: the service that the variables and the config file say, as profile "default" has it.
inline Expected<Service, Error> find_with(const ServiceOptions& options,
                                          std::map<std::string, std::string> variables,
                                          std::string_view config = {},
                                          const RegionOfMachine& machine = {}) {
    const TemporaryFolder folder;
    variables.emplace("AWS_CONFIG_FILE", folder.write("config", config));
    const auto environment = environment_of(std::move(variables));
    const auto files = ProfileFiles::load(environment, {});
    if (!files) return files.error();
    return find_kinesis(options, environment, *files, machine);
}

}  // namespace lk::aws
