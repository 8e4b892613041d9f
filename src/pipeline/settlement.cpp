#include "pipeline/settlement.hpp"

#include <string_view>

#include "event/envelope.hpp"

namespace lk::pipeline {

Outcome Settlement::outcome() const {
    if (!published) return error;
    const std::string_view all = text;
    const std::string_view data = all.substr(0, data_bytes);
    Event event;
    if (is_envelope) {
        if (!event::read_envelope(data, event)) {
            return Error{ErrorCode::internal,
                         "the published event could not be read back; it is in the stream", true,
                         attempts};
        }
    } else {
        event.data = data;
        event.source.kinesis_partition_key = all.substr(data_bytes, key_bytes);
    }
    event.shard_id = all.substr(data_bytes + key_bytes, shard_bytes);
    event.sequence_number = all.substr(data_bytes + key_bytes + shard_bytes);
    event.attempts = attempts;
    event.may_be_duplicate = may_be_duplicate;
    event.on_other_shard = on_other_shard;
    return event;
}

}  // namespace lk::pipeline
