#include <lk/kinesis_client.hpp>

namespace lk {
namespace {

Failure unsupported(const char* operation) {
    return {.kind = FailureClass::final,
            .code = ErrorCode::unsupported,
            .service_code = {},
            .message = std::string("this client does not offer ") + operation};
}

}  // namespace

// An implementation keeps `done`, hence by value.
// NOLINTBEGIN(performance-unnecessary-value-param)
void KinesisClient::list_shards(std::string_view, ListShardsDone done) {
    done(unsupported("ListShards"));
}

void KinesisClient::describe_stream_summary(std::string_view, DescribeDone done) {
    done(unsupported("DescribeStreamSummary"));
}
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace lk
