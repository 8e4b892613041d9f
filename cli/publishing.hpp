#pragma once

#include <chrono>
#include <string>

#include "cli/connection.hpp"
#include "cli/durability.hpp"

namespace lk::cli {

/// What the commands that publish have in common: where to, for how long, and what must not be
/// lost.
struct PublishingOptions {
    ConnectionOptions connection;
    std::string stream;
    std::chrono::seconds deliver_within{600};
    DurabilityOptions durability;
};

/// Adds all of them but --stream (see add_stream_option()). `deliver_within`: what is said of that.
void add_publishing_options(CLI::App& app, PublishingOptions& options, const char* deliver_within);

}  // namespace lk::cli
