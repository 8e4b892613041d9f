#include "cli/failure_report.hpp"

#include <algorithm>
#include <utility>

#include "cli/request_id.hpp"
#include "cli/totals.hpp"

namespace lk::cli {
namespace {

// What is told behind the message when the library's own words do not say it.
constexpr std::string_view perhaps_published = " (it may have been published all the same)";

std::string count_of(std::uint64_t events, std::string_view what) {
    return grouped(events) + " more " + std::string(what) + (events == 1 ? "" : "s");
}

}  // namespace

std::string to_text(Place place) {
    return *place.input + ":" + std::to_string(place.line);
}

FailureReport::FailureReport(Say say) : say_(std::move(say)) {}

void FailureReport::refused(Place place, std::string_view why) {
    ++refused_;
    if (refused_ > told_in_full) return;
    say_(to_text(place) + ": " + std::string(why));
    if (refused_ == told_in_full) {
        say_("further lines that are no event are only counted, not shown");
    }
}

void FailureReport::failed(Place place, const Error& error) {
    std::string why = without_request_ids(error.message);
    const auto same = std::find_if(reasons_.begin(), reasons_.end(), [&](const Reason& reason) {
        return reason.may_have_been_delivered == error.may_have_been_delivered && reason.why == why;
    });
    if (same != reasons_.end()) {
        same->last = place;
        ++same->events;
        return;
    }
    if (reasons_.size() == told_in_full) {
        ++other_events_;
        return;
    }
    reasons_.push_back({std::move(why), error.may_have_been_delivered, place, place, 1});
    std::string line = to_text(place) + ": " + error.message;
    if (error.may_have_been_delivered) line += perhaps_published;
    say_(line);
}

void FailureReport::finish() {
    if (refused_ > told_in_full) {
        say_(count_of(refused_ - told_in_full, "line") + " that " +
             (refused_ - told_in_full == 1 ? "is" : "are") + " no event");
    }
    for (const Reason& reason : reasons_) {
        if (reason.events == 1) continue;
        say_(to_text(reason.first) + ": " + count_of(reason.events - 1, "event") +
             " failed in the same way, the last from " + to_text(reason.last));
    }
    if (other_events_ > 0) say_(count_of(other_events_, "event") + " failed in other ways");
}

}  // namespace lk::cli
