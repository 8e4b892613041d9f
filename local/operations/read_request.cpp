#include "local/concat.hpp"
#include "local/operations/operations.hpp"

namespace lk::local {

Outcome read_request(wire::Encoding encoding, std::string_view body) {
    auto parsed = wire::parse(encoding, body);
    if (!parsed) return Refusal{"SerializationException", std::move(parsed).error()};
    if (!parsed->is_object()) {
        return Refusal{"SerializationException",
                       concat({"the request must be an object, but is ", parsed->type_name()})};
    }
    return std::move(parsed).value();
}

Refusal refuse(const StoreError& error, std::string_view stream) {
    switch (error.problem) {
        case StoreProblem::stream_exists:
            return {"ResourceInUseException",
                    concat({"Stream ", stream, " under account ", account, " already exists."})};
        case StoreProblem::too_many_shards: return {"LimitExceededException", error.message};
        case StoreProblem::no_such_stream: return stream_not_found(stream);
        case StoreProblem::shard_closed:
            return invalid_argument(
                concat({"Shard ", error.message, " in stream ", stream, " under account ", account,
                        " has already been merged or split, ",
                        "and thus is not eligible for merging or splitting."}));
        case StoreProblem::failed: break;
    }
    return internal_failure(error.message);
}

Refusal refuse(const RecordFault& fault, std::string_view shard, std::string_view stream) {
    if (!fault.message.empty()) return {fault.code, fault.message};
    if (fault.code == "ProvisionedThroughputExceededException") {
        return {fault.code, rate_exceeded(shard, stream)};
    }
    return {fault.code, std::string(usual_message(fault.code))};
}

}  // namespace lk::local
