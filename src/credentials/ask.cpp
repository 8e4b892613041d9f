#include "credentials/ask.hpp"

#include <string>
#include <utility>

#include "credentials/json_fields.hpp"

namespace lk::credentials {
namespace {

bool worth_another(const Expected<http::WipedAnswer, http::NoAnswer>& came,
                   const Patience& patience) {
    if (!came) return !came.error().needs_mending;
    return came->status == 429 || came->status >= 500 ||
           (patience.passing && patience.passing(*came));
}

}  // namespace

Expected<http::WipedAnswer, Error> ask(const Surroundings& surroundings, http::WaitingCall call,
                                       std::string_view whom, const Patience& patience) {
    call.ca_bundle = surroundings.ca_bundle;
    call.user_agent = surroundings.user_agent;
    call.proxy = surroundings.proxy;
    call.stop_descriptor = surroundings.stop->descriptor();
    auto pause = patience.first_pause;
    for (int attempt = 1;; ++attempt) {
        auto came = http::call_and_wait(call);
        const bool last = attempt >= patience.attempts || !worth_another(came, patience) ||
                          !surroundings.stop->sleep(pause);
        if (came && last) return std::move(*came);
        if (last) return refused(std::string(whom) + ": " + came.error().message);
        pause *= 2;
    }
}

std::string refusal(const http::WipedAnswer& answer) {
    std::string text = "HTTP " + std::to_string(answer.status);
    const auto fields = JsonFields::read(answer.body);
    if (!fields) return text;
    std::string words;
    for (const char* name : {"code", "Code", "error", "message", "Message", "error_description"}) {
        const auto value = fields->text(name);
        if (value.empty()) continue;
        words += (words.empty() ? "" : ": ") + quotable(value);
    }
    return words.empty() ? text : text + " (" + words + ")";
}

}  // namespace lk::credentials
