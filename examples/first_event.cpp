// One event into a Kinesis of its own inside this process. For AWS, change one line:
//     auto kinesis = lk::aws_kinesis({.region = "eu-west-1"});

#include <iostream>

#include <lk/dispatch.hpp>
#include <lk/local_kinesis.hpp>

int main() {
    auto kinesis = lk::local_kinesis({.streams = {{.name = "entrypoint"}}});
    auto dispatch = lk::get_dispatch({.kinesis_client = kinesis,
                                      .kinesis_stream = "entrypoint",
                                      .producer_id = "server@hostname"});
    auto published = dispatch("eventType", lk::json(R"({"key":"value"})"),
                              {.source_user_id = "userId", .partition_key = "partitionKey"});
    std::cout << "Event " << published.get().id << " inserted in kinesis\n";
}
