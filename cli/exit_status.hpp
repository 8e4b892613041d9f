#pragma once

namespace lk::cli {

/// How the command ends. The statuses speak of events: what was published is published, even where
/// telling so failed.
enum class ExitStatus {
    success = 0,
    failed = 1,         ///< An event was not published, or perhaps not; a stream was not read.
    usage = 2,          ///< Wrong options or arguments; nothing was done.
    configuration = 3,  ///< Region, credentials, permissions, a directory in use.
    interrupted = 130,  ///< SIGINT or SIGTERM before the work was done.
};

}  // namespace lk::cli
