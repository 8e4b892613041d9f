#include "outbox/inspect.hpp"

#include "outbox/keeper.hpp"

namespace lk::outbox {

Expected<std::vector<StreamContents>, Error> contents(const Options& options) {
    const std::error_code why_not = WorkingFile::look_for(options);
    if (why_not == std::errc::no_such_file_or_directory) {
        return Error{.code = ErrorCode::bad_option,
                     .message = "there is no outbox in " + options.directory +
                                "; name the directory that a dispatch function was given"};
    }
    if (why_not) {
        return Error{.code = ErrorCode::outbox,
                     .message = "cannot look into the outbox directory " + options.directory +
                                ": " + why_not.message() +
                                "; name the folder of an outbox that this user may read"};
    }
    auto keeper = Keeper::open(options);
    if (!keeper) return std::move(keeper).error();
    return (*keeper)->contents();
}

}  // namespace lk::outbox
