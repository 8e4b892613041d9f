#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"

namespace lk::local {

Outcome delete_stream(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    if (auto refusal = problems.refusal()) return *refusal;
    if (const auto error = environment.store.remove(*name)) return refuse(*error, *name);
    return wire::Document();
}

}  // namespace lk::local
