#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <lk/error.hpp>

namespace lk::cli {

/// A line of one of the inputs.
struct Place {
    const std::string* input = nullptr;
    std::uint64_t line = 0;
};

/// "events.ndjson:17".
[[nodiscard]] std::string to_text(Place place);

/// Tells what went wrong with which line, without drowning the user: lines that are no event are
/// told one by one up to a limit; events that were not published are told once for each reason,
/// with their number at the end.
class FailureReport {
  public:
    using Say = std::function<void(std::string_view line)>;
    static constexpr std::uint64_t told_in_full = 20;

    explicit FailureReport(Say say);

    /// The line is no event; nothing was sent.
    void refused(Place place, std::string_view why);
    /// The event was not published, or perhaps not.
    void failed(Place place, const Error& error);

    /// Tells the numbers of what was not told in full. Once, at the end.
    void finish();

  private:
    struct Reason {
        std::string why;  // The first message, but for what differs from request to request.
        bool may_have_been_delivered;
        Place first;
        Place last;
        std::uint64_t events;
    };

    Say say_;
    std::uint64_t refused_ = 0;
    std::vector<Reason> reasons_;
    std::uint64_t other_events_ = 0;
};

}  // namespace lk::cli
