#include "local/operations/test_kinesis.hpp"

#include <gtest/gtest.h>

#include "wire/base64.hpp"

namespace lk::local {

using wire::Document;

TestKinesis::TestKinesis(const Options& options) : encoding_(options.encoding) {
    auto store = Store::open(options.store);
    if (!store) throw std::runtime_error(store.error().message);
    store_ = std::move(store).value();
    service_ = std::make_unique<Service>(Environment{.store = *store_,
                                                     .enforce_limits = options.enforce_limits,
                                                     .now_ms = [this] { return now_ms_; },
                                                     .steady_now = [this] { return steady_now_; }});
}

Reply TestKinesis::send(std::string_view operation, const Document& request) const {
    return service_->handle(operation, encoding_, wire::serialize(encoding_, request));
}

Document TestKinesis::ask(std::string_view operation, const Document& request) const {
    const Reply reply = send(operation, request);
    EXPECT_EQ(reply.status, 200) << operation << ": "
                                 << wire::read_error_answer(reply.body).message;
    if (reply.body.empty()) return nullptr;
    auto answer = wire::parse(encoding_, reply.body);
    EXPECT_TRUE(answer) << operation;
    return answer ? *answer : Document();
}

wire::ErrorAnswer TestKinesis::refusal(std::string_view operation, const Document& request) const {
    const Reply reply = send(operation, request);
    EXPECT_NE(reply.status, 200) << operation << " was not refused";
    return wire::read_error_answer(reply.body);
}

Document TestKinesis::data(std::string_view bytes) const {
    if (encoding_ == wire::Encoding::cbor) return Document::binary({bytes.begin(), bytes.end()});
    std::string text;
    wire::append_base64(text, bytes);
    return text;
}

std::string TestKinesis::bytes(const Document& data) {
    if (data.is_binary()) return {data.get_binary().begin(), data.get_binary().end()};
    return wire::decode_base64(data.get<std::string>()).value();
}

void TestKinesis::create(std::string_view stream, int shards) const {
    ask("CreateStream", {{"StreamName", stream}, {"ShardCount", shards}});
}

std::string TestKinesis::put(std::string_view stream, std::string_view bytes,
                             std::string_view key) const {
    return ask("PutRecord", {{"StreamName", stream}, {"Data", data(bytes)}, {"PartitionKey", key}})
        .at("SequenceNumber");
}

std::string TestKinesis::iterator(std::string_view stream, std::string_view type,
                                  const Document& more) const {
    Document request = {
        {"StreamName", stream}, {"ShardId", "shardId-000000000000"}, {"ShardIteratorType", type}};
    request.update(more);
    return ask("GetShardIterator", request).at("ShardIterator");
}

std::vector<std::string> TestKinesis::read(const std::string& iterator) const {
    std::vector<std::string> all;
    const Document answer = ask("GetRecords", {{"ShardIterator", iterator}});
    for (const auto& record : answer.at("Records")) all.push_back(bytes(record.at("Data")));
    return all;
}

void TestKinesis::pass(std::chrono::milliseconds time) {
    now_ms_ += time.count();
    steady_now_ += time;
}

}  // namespace lk::local
