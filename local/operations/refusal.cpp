#include "local/operations/refusal.hpp"

#include "local/concat.hpp"

namespace lk::local {

Refusal invalid_argument(std::string message) {
    return {"InvalidArgumentException", std::move(message)};
}

Refusal stream_not_found(std::string_view stream) {
    return {"ResourceNotFoundException",
            concat({"Stream ", stream, " under account ", account, " not found."})};
}

Refusal shard_not_found(std::string_view shard, std::string_view stream) {
    return {"ResourceNotFoundException", concat({"Shard ", shard, " in stream ", stream,
                                                 " under account ", account, " does not exist"})};
}

Refusal no_shard_found(std::string_view shard, std::string_view stream) {
    return {"ResourceNotFoundException", concat({"Could not find shard ", shard, " in stream ",
                                                 stream, " under account ", account, "."})};
}

Refusal internal_failure(std::string message) {
    return {"InternalFailure", std::move(message), 500};
}

std::string rate_exceeded(std::string_view shard, std::string_view stream) {
    return concat({"Rate exceeded for shard ", shard, " in stream ", stream, " under account ",
                   account, "."});
}

}  // namespace lk::local
