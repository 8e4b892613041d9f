#include "local/faults/read_fault_plan.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "local/concat.hpp"
#include "local/faults/plan_object.hpp"
#include "local/operations/rules.hpp"
#include "local/service.hpp"
#include "wire/printable.hpp"

namespace lk::local {

namespace {

constexpr std::size_t max_plan_bytes = 1024 * 1024;
constexpr std::size_t max_rules = 1000;
constexpr std::int64_t max_delay_ms = 600'000;
constexpr std::int64_t max_ordinal = std::int64_t{1} << 53;
constexpr std::string_view white_space = " \t\r\n";

// A number n, or an object that tells a series of them.
std::optional<Ordinals> read_ordinals(const PlanObject& on, std::string_view name) {
    const wire::Document* const value = on.find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) {
        const std::int64_t only = *on.whole(name, 1, max_ordinal);
        return Ordinals{.first = only, .last = only};
    }
    const PlanObject series(*value, on.path_to(name));
    series.allow({"first", "every", "last"});
    Ordinals ordinals;
    ordinals.first = series.whole("first", 1, max_ordinal).value_or(ordinals.first);
    ordinals.every = series.whole("every", 1, max_ordinal).value_or(ordinals.every);
    ordinals.last = series.whole("last", ordinals.first, max_ordinal).value_or(ordinals.last);
    return ordinals;
}

std::string known_operations() {
    std::string known;
    for (const std::string_view name : operation_names()) {
        known += concat({known.empty() ? "one of " : ", ", name});
    }
    return known;
}

FaultCondition read_condition(const PlanObject& on) {
    on.allow({"operation", "stream", "shard", "partition_key", "request", "record"});
    FaultCondition condition;
    condition.operation = on.text("operation", 1, 100);
    if (condition.operation && !std::ranges::count(operation_names(), *condition.operation)) {
        on.refuse("operation", known_operations());
    }
    condition.stream = on.text("stream", 1, 128);
    if (condition.stream && !name_rule().matches(*condition.stream)) {
        on.refuse("stream", "the name of a stream");
    }
    if (const auto shard = on.text("shard", 1, 128)) {
        condition.shard = parse_shard_id(*shard);
        if (!condition.shard) on.refuse("shard", "such as shardId-000000000003");
    }
    condition.partition_key =
        on.text("partition_key", 1, max_partition_key_characters * std::size_t{4});
    condition.request = read_ordinals(on, "request").value_or(Ordinals());
    condition.record = read_ordinals(on, "record");
    return condition;
}

// The code may be anything, for a test's sake, but nothing that spoils the answer's framing.
std::string read_code(const PlanObject& object) {
    const auto code = object.text("code", 1, 128);
    const bool is_word = code && std::ranges::all_of(*code, [](char c) {
                             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                    (c >= '0' && c <= '9') || c == '.' || c == '_';
                         });
    if (!is_word) object.refuse("code", "an error code, such as InternalFailure");
    return *code;
}

// An error's members; a bare text is its code.
template <class Read>
auto read_error(const PlanObject& act, std::string_view name, Read read) {
    const wire::Document& value = *act.find(name);
    if (!value.is_string()) return read(PlanObject(value, act.path_to(name)));
    const wire::Document code = {{"code", value}};
    return read(PlanObject(code, act.path_to(name)));
}

RecordFault read_record_error(const PlanObject& error) {
    error.allow({"code", "message", "commit"});
    return {.code = read_code(error),
            .message = error.text("message", 0, 1024).value_or(""),
            .commit = error.flag("commit").value_or(false)};
}

AnswerFault read_answer_error(const PlanObject& error) {
    error.allow({"code", "message", "status", "commit"});
    AnswerError answer;
    answer.code = read_code(error);
    answer.message = error.text("message", 0, 1024).value_or("");
    answer.status =
        static_cast<int>(error.whole("status", 400, 599).value_or(usual_status(answer.code)));
    return {.kind = std::move(answer), .commit = error.flag("commit").value_or(false)};
}

bool read_after_commit(const PlanObject& act, std::string_view name) {
    const auto when = act.text(name, 0, 100);
    if (when != "before_commit" && when != "after_commit") {
        act.refuse(name, "\"before_commit\" or \"after_commit\"");
    }
    return when == "after_commit";
}

void read_delay(const PlanObject& act, FaultRule& rule) {
    const wire::Document* const value = act.find("delay_ms");
    if (value == nullptr) return;
    using std::chrono::milliseconds;
    if (!value->is_object()) {
        rule.delay_before_commit = milliseconds(*act.whole("delay_ms", 0, max_delay_ms));
        return;
    }
    const PlanObject delay(*value, act.path_to("delay_ms"));
    delay.allow({"before_commit", "after_commit"});
    rule.delay_before_commit =
        milliseconds(delay.whole("before_commit", 0, max_delay_ms).value_or(0));
    rule.delay_after_commit =
        milliseconds(delay.whole("after_commit", 0, max_delay_ms).value_or(0));
}

void read_answer_fault(const PlanObject& act, std::string_view name, FaultRule& rule) {
    if (name == "error") {
        rule.answer = read_error(act, name, read_answer_error);
    } else if (name == "reset") {
        rule.answer = {.kind = Reset(), .commit = read_after_commit(act, name)};
    } else if (name == "close") {
        rule.answer = {.kind = Close(), .commit = read_after_commit(act, name)};
    } else if (name == "truncate") {
        const auto bytes = *act.whole(name, 0, 100'000'000);
        rule.answer = {.kind = Truncate{static_cast<std::size_t>(bytes)}};
    } else if (name == "garbage") {
        rule.answer = {.kind = Garbage{*act.text(name, 0, max_plan_bytes)}};
    } else if (name == "unknown_shards") {
        if (!*act.flag(name)) act.refuse(name, "true");
        rule.answer = {.kind = UnknownShards()};
    } else {
        const auto more = *act.whole(name, -500, 500);
        if (more == 0) act.refuse(name, "other than 0");
        rule.answer = {.kind = WrongCount{static_cast<int>(more)}};
    }
}

// Only some requests can have the fault; others must not be asked for in vain.
void restrict_to(const PlanObject& on, std::initializer_list<std::string_view> operations,
                 std::string_view fault) {
    const auto given = on.text("operation", 1, 100);
    if (!given || std::ranges::count(operations, *given)) return;
    std::string may = "absent";
    for (const std::string_view one : operations) may += concat({" or ", one});
    on.refuse("operation", concat({may, ", because of the rule's ", fault}));
}

void read_act(const PlanObject& act, const PlanObject& on, FaultRule& rule) {
    act.allow({"error", "record_error", "delay_ms", "reset", "close", "truncate", "garbage",
               "wrong_count", "unknown_shards"});
    read_delay(act, rule);
    std::string_view given;
    for (const std::string_view name : {"error", "record_error", "reset", "close", "truncate",
                                        "garbage", "wrong_count", "unknown_shards"}) {
        if (!act.has(name)) continue;
        if (!given.empty()) {
            act.refuse(name, concat({"in a rule of its own: this one has ", given, " already"}));
        }
        given = name;
    }
    if (given.empty()) {
        if (act.has("delay_ms")) return;
        throw PlanProblem{concat({act.path_to("error"),
                                  " and its like are absent; a rule must do something, such as "
                                  "{\"error\": \"InternalFailure\"}"})};
    }
    if (given == "record_error") {
        rule.record = read_error(act, given, read_record_error);
        return restrict_to(on, {"PutRecord", "PutRecords"}, given);
    }
    read_answer_fault(act, given, rule);
    if (given != "wrong_count" && given != "unknown_shards") return;
    restrict_to(on, {"PutRecords"}, given);
    rule.on.operation = "PutRecords";
}

FaultRule read_rule(const PlanObject& object) {
    object.allow({"on", "probability", "times", "do"});
    static const wire::Document any = wire::Document::object();
    const PlanObject on = object.object("on").value_or(PlanObject(any, object.path_to("on")));
    FaultRule rule;
    rule.on = read_condition(on);
    rule.probability = object.fraction("probability").value_or(1);
    rule.times = object.whole("times", 1, max_ordinal).value_or(rule.times);
    const auto act = object.object("do");
    if (!act) object.refuse("do", "an object that says what goes wrong");
    read_act(*act, on, rule);
    return rule;
}

FaultPlan read_plan(const PlanObject& object) {
    object.allow({"seed", "rules"});
    FaultPlan plan;
    plan.seed = static_cast<std::uint64_t>(object.whole("seed", 0, INT64_MAX).value_or(0));
    const wire::Document* const rules = object.find("rules");
    if (rules == nullptr || !rules->is_array() || rules->size() > max_rules) {
        object.refuse("rules", "a list of up to 1,000 rules");
    }
    for (std::size_t index = 0; index < rules->size(); ++index) {
        plan.rules.push_back(
            read_rule(PlanObject((*rules)[index], "rules[" + std::to_string(index) + "]")));
    }
    return plan;
}

Error refused(std::string_view why) {
    return {.code = ErrorCode::bad_option,
            .message = concat({"the fault plan cannot be used: ", why})};
}

}  // namespace

Expected<FaultPlan, Error> read_fault_plan(std::string_view text) {
    if (text.size() > max_plan_bytes) {
        return refused(concat({"it has ", std::to_string(text.size()), " bytes; it may have ",
                               std::to_string(max_plan_bytes)}));
    }
    const auto document = wire::parse(wire::Encoding::json, text);
    if (!document) return refused(document.error());
    try {
        return read_plan(PlanObject(*document, ""));
    } catch (const PlanProblem& problem) {
        return refused(problem.message);
    }
}

Expected<FaultPlan, Error> load_fault_plan(std::string_view text_or_file) {
    const std::size_t begin = text_or_file.find_first_not_of(white_space);
    if (begin == text_or_file.npos) return FaultPlan();
    if (text_or_file[begin] == '{') return read_fault_plan(text_or_file);
    std::ifstream file{std::string(text_or_file), std::ios::binary};
    // One more than it may have is enough to tell that it has too many.
    std::string text(max_plan_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || file.gcount() == 0) {
        return refused(concat({"there is nothing to read in the file '",
                               wire::printable_beginning(text_or_file, 200),
                               "'; give the name of a JSON file, or the JSON text itself"}));
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return read_fault_plan(text);
}

}  // namespace lk::local
