#include "outbox/inspect.hpp"

#include "outbox/keeper.hpp"

namespace lk::outbox {

Expected<std::vector<StreamContents>, Error> contents(const Options& options) {
    if (!WorkingFile::is_there(options)) {
        return Error{.code = ErrorCode::bad_option,
                     .message = "there is no outbox in " + options.directory +
                                "; name the directory that a dispatch function was given"};
    }
    auto keeper = Keeper::open(options);
    if (!keeper) return std::move(keeper).error();
    return (*keeper)->contents();
}

}  // namespace lk::outbox
