#include "cli/publishing.hpp"

#include <CLI/CLI.hpp>

#include "cli/command_line.hpp"

namespace lk::cli {

void add_publishing_options(CLI::App& app, PublishingOptions& options, const char* deliver_within) {
    app.add_option_function<int>(
           "--deliver-within",
           [&options](int seconds) { options.deliver_within = std::chrono::seconds(seconds); },
           deliver_within)
        ->type_name("SECONDS")
        ->check(whole_number(1, 86'400));
    add_connection_options(app, options.connection);
    add_local_shards_option(app, options.connection);
    add_durability_options(app, options.durability);
}

}  // namespace lk::cli
