#include "local/operations/descriptions.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"
#include "local/operations/token.hpp"

namespace lk::local {

Outcome list_streams(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto limit = members.number("Limit", 1, 10'000).value_or(100);
    const auto start = members.text("ExclusiveStartStreamName", name_rule());
    const auto token_text = members.text("NextToken", next_token_rule());
    if (auto refusal = problems.refusal()) return *refusal;

    std::string after(start.value_or(""));
    if (token_text) {
        auto token = read_live_token(Token::Kind::stream_list, *token_text, environment.now_ms());
        if (!token) return std::move(token).error();
        after = token->stream;
    }
    auto names = wire::Document::array();
    auto summaries = wire::Document::array();
    bool more = false;
    for (const auto& stream : environment.store.streams()) {
        if (stream->name() <= after) continue;
        more = static_cast<std::int64_t>(names.size()) == limit;
        if (more) break;
        names.push_back(stream->name());
        summaries.push_back(describe(*stream));
    }
    wire::Document answer = {{"HasMoreStreams", more}};
    if (more) {
        answer["NextToken"] = write_token({.kind = Token::Kind::stream_list,
                                           .issued_ms = environment.now_ms(),
                                           .stream = names.back().get<std::string>()});
    }
    answer["StreamNames"] = std::move(names);
    answer["StreamSummaries"] = std::move(summaries);
    return answer;
}

}  // namespace lk::local
