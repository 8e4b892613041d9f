#include "local/operations/descriptions.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"

namespace lk::local {

Outcome describe_stream_summary(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    if (auto refusal = problems.refusal()) return *refusal;
    const auto stream = environment.store.find(*name);
    if (stream == nullptr) return stream_not_found(*name);

    wire::Document description = describe_fully(*stream);
    description["OpenShardCount"] = stream->map()->open().size();
    description["ConsumerCount"] = 0;
    description["MaxRecordSizeInKiB"] = stream->facts().max_record_bytes / 1024;
    return wire::Document{{"StreamDescriptionSummary", std::move(description)}};
}

}  // namespace lk::local
