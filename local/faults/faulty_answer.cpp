#include "local/faults/faulty_answer.hpp"

#include "wire/document.hpp"

namespace lk::local {

namespace {

Reply with_more(int more, wire::Encoding encoding, Reply reply) {
    if (reply.status != 200) return reply;
    auto answer = wire::parse(encoding, reply.body);
    if (!answer || !answer->contains("Records")) return reply;
    wire::Document& records = (*answer)["Records"];
    for (; more > 0; --more) records.push_back(wire::Document(records.back()));
    for (; more < 0 && !records.empty(); ++more) records.erase(records.size() - 1);
    reply.body = wire::serialize(encoding, *answer);
    return reply;
}

// A shard's sequence numbers are ever new, and so are names made of their ends. No shard's begins
// with a 9.
Reply with_unknown_shards(wire::Encoding encoding, Reply reply) {
    if (reply.status != 200) return reply;
    auto answer = wire::parse(encoding, reply.body);
    if (!answer || !answer->contains("Records")) return reply;
    const auto end_of = [](const wire::Document& text, std::size_t digits) {
        const auto whole = text.get<std::string>();
        return whole.substr(whole.size() - digits);
    };
    for (wire::Document& record : (*answer)["Records"]) {
        if (!record.contains("SequenceNumber")) continue;
        record["ShardId"] =
            "shardId-9" + end_of(record["ShardId"], 3) + end_of(record["SequenceNumber"], 8);
    }
    reply.body = wire::serialize(encoding, *answer);
    return reply;
}

}  // namespace

Reply faulty_answer(const AnswerFault& fault, wire::Encoding encoding, Reply reply) {
    if (const auto* const error = std::get_if<AnswerError>(&fault.kind)) {
        const std::string_view message =
            error->message.empty() ? usual_message(error->code) : error->message;
        return reply_to(encoding, {error->code, std::string(message), error->status});
    }
    if (const auto* const garbage = std::get_if<Garbage>(&fault.kind)) return {200, garbage->body};
    if (const auto* const wrong = std::get_if<WrongCount>(&fault.kind)) {
        return with_more(wrong->more, encoding, std::move(reply));
    }
    if (std::holds_alternative<UnknownShards>(fault.kind)) {
        return with_unknown_shards(encoding, std::move(reply));
    }
    return reply;
}

}  // namespace lk::local
