#include "credentials/process_source.hpp"

#include <utility>

#include "credentials/json_answer.hpp"
#include "credentials/run_program.hpp"
#include "credentials/shell_words.hpp"

namespace lk::credentials {

ProcessSource::ProcessSource(std::string_view command, std::string from,
                             SharedSurroundings surroundings, std::string_view account_id)
    : command_(command),
      from_(std::move(from)),
      surroundings_(std::move(surroundings)),
      account_id_(account_id_in(account_id)) {}

Expected<Fetched, Error> ProcessSource::fetch() {
    const auto words = split_words(command_.reveal());
    if (!words || words->empty()) {
        return refused(from_ + ": is no command: " +
                       (words ? "it is empty" : "a quotation mark or backslash stays open"));
    }
    const auto ran = run_program(*words, *surroundings_->stop);
    if (!ran) {
        // The program alone: its arguments may be secrets.
        return refused(from_ + ": \"" + quotable(words->front()) + "\": " + ran.error() +
                       "; run the command by hand to see why");
    }
    const auto fields = JsonFields::read(*ran);
    if (!fields) return refused(from_ + ": the program did not print one JSON object");
    if (fields->number("Version") != 1) {
        return refused(from_ + ": the program printed no \"Version\": 1, the only one there is");
    }
    auto fetched = credentials_in(*fields, {}, from_);
    if (fetched && fetched->account_id.empty()) fetched->account_id = account_id_;
    return fetched;
}

}  // namespace lk::credentials
