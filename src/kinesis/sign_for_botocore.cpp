// Sends requests with our client to a server of this process and prints what that server received,
// one JSON object a line, for verify_with_botocore.py to judge.

#include <iostream>

#include "kinesis/test_client.hpp"
#include "wire/base64.hpp"

int main() {
    using namespace lk;
    http::ScriptedServer server([](http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            std::string body;
            wire::append_base64(body, request->body);
            const wire::Document line = {{"headers", request->headers},
                                         {"first_line", request->first_line},
                                         {"body", body},
                                         {"access_key_id", kinesis::test_key_id},
                                         {"secret", kinesis::test_secret},
                                         {"region", kinesis::test_region}};
            std::cout << line.dump() << "\n";
            kinesis::answer_with_error(connection, 400, "ResourceNotFoundException", "none");
        }
    });
    for (const auto encoding : {wire::Encoding::json, wire::Encoding::cbor}) {
        for (const char* token : {"", "session/token+=="}) {
            const auto client =
                kinesis::client_of(server.url(), {.encoding = encoding, .session_token = token});
            (void)kinesis::put(*client, {{.data = "some data",
                                          .partition_key = "key",
                                          .explicit_hash_key = {},
                                          .cbor = {}}});
            (void)kinesis::wait_for<std::vector<Shard>>(
                [&](ListShardsDone done) { client->list_shards("events", std::move(done)); });
        }
    }
}
