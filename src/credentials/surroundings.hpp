#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/environment.hpp"
#include "aws/profile_files.hpp"
#include "base/wiped_text.hpp"
#include "credentials/source.hpp"
#include "credentials/stop.hpp"

namespace lk::credentials {

/// What sources look at and work with. Shared by those of one client, not changed once they run.
struct Surroundings {
    aws::Environment environment = aws::process_environment();
    aws::ProfileFiles files = {};
    /// The client's; empty where none is known, then AWS STS is asked at its global address.
    std::string region = {};
    /// PEM certificates to trust; empty: the system's.
    std::string ca_bundle = {};
    std::string user_agent = {};
    /// The proxy's URL; empty: the environment's. Not for the machine's and the container's own.
    WipedText proxy = {};
    /// Whether the EC2 machine may be asked. Not for a Kinesis on this very machine: whoever tries
    /// one without keys would wait for an answer that does not come.
    bool may_ask_machine = true;
    bool fips = false;
    bool dual_stack = false;
    std::function<WallTime()> now = [] { return std::chrono::system_clock::now(); };
    std::shared_ptr<Stop> stop = std::make_shared<Stop>();
};

using SharedSurroundings = std::shared_ptr<const Surroundings>;

}  // namespace lk::credentials
