#include "event/json_text.hpp"

#include "event/exact_json.hpp"

namespace lk::event {

struct JsonChecker::Work {
    CompactCopy copy;
};

JsonChecker::JsonChecker() : work_(std::make_unique<Work>()) {}
JsonChecker::~JsonChecker() = default;

Expected<std::string_view, JsonProblem> JsonChecker::compact(std::string_view text) {
    work_->copy.clear();
    ExactJson json(text, &work_->copy);
    if (!json.document()) return JsonProblem{describe(json.fault(), text)};
    return json.compact();
}

}  // namespace lk::event
