#include "cli/outcomes.hpp"

#include <algorithm>
#include <utility>

#include "cli/connection.hpp"

namespace lk::cli {
namespace {

bool is_about_the_line(const Error& error) {
    return error.code == ErrorCode::bad_input || error.code == ErrorCode::not_json ||
           error.code == ErrorCode::too_large;
}

}  // namespace

bool is_configuration(ErrorCode code) noexcept {
    return code == ErrorCode::bad_option || code == ErrorCode::credentials ||
           code == ErrorCode::access_denied || code == ErrorCode::outbox;
}

void Outcomes::add(Published result, Place place, std::unique_ptr<const std::string> line) {
    // A line that is no event fails before it reaches the pipeline, which does not count it, and is
    // told at once.
    if (result.ready()) {
        Held held{std::move(result), place, std::move(line)};
        return account_for(held);
    }
    held_.push_back({std::move(result), place, std::move(line)});
    if (held_.size() >= sweep_at_) sweep();
}

void Outcomes::refuse(Place place, std::string_view why) {
    ++totals_.refused;
    report_.refused(place, why);
}

bool Outcomes::settle(std::chrono::milliseconds at_most) {
    if (at_most.count() > 0) (void)dispatch_.flush(at_most);
    std::size_t open = 0;
    for (Held& held : held_) {
        if (held.result.ready()) {
            account_for(held);
        } else {
            held_[open++] = std::move(held);
        }
    }
    held_.resize(open);
    sweep_at_ = open + std::max(open / 2, least_sweep);
    return held_.empty();
}

void Outcomes::account_for(Held& held) {
    const Outcome outcome = held.result.wait();
    if (!outcome) return tell(outcome.error(), held.place);
    ++totals_.published;
    if (held.line) printer_->print(*held.line);
}

void Outcomes::tell(const Error& error, Place place) {
    if (is_about_the_line(error)) {
        refuse(place, error.message);
        return;
    }
    ++(error.may_have_been_delivered ? totals_.unknown : totals_.failed);
    if (is_configuration(error.code)) ++configuration_failures_;
    hopeless_ = is_configuration(error.code) || error.code == ErrorCode::stream_not_found ||
                error.code == ErrorCode::encryption;
    Error told = error;
    told.message = with_option_names(std::move(told.message));
    report_.failed(place, told);
}

bool Outcomes::misconfigured() const noexcept {
    return totals_.published == 0 && totals_.unknown == 0 && totals_.failed > 0 &&
           totals_.failed == configuration_failures_;
}

}  // namespace lk::cli
