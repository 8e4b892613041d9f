#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <lk/dispatch.hpp>
#include <lk/error.hpp>

#include "cli/failure_report.hpp"
#include "cli/progress_printer.hpp"
#include "cli/totals.hpp"

namespace lk::cli {

/// Holds the results of dispatched lines until they are there, counts them and reports the failed
/// ones with their lines.
///
/// The results that are there are looked through now and then, all at once. What is held grows to
/// half as much again as the pipeline has under way, or to some thousands more.
class Outcomes {
  public:
    /// `printer` may be null.
    Outcomes(const Dispatch& dispatch, FailureReport& report, ProgressPrinter* printer = nullptr)
        : dispatch_(dispatch), report_(report), printer_(printer) {}

    /// `line`: what is printed when it is published; null: nothing.
    void add(Published result, Place place, std::unique_ptr<const std::string> line = nullptr);
    /// A line that could not even be dispatched.
    void refuse(Place place, std::string_view why);

    /// Accounts for the results that are there.
    void sweep() { (void)settle(std::chrono::milliseconds(0)); }
    /// Waits so long for those that are not, and accounts for them; true when none is left.
    [[nodiscard]] bool settle(std::chrono::milliseconds at_most);

    /// How many results are not accounted for.
    [[nodiscard]] std::size_t open() const noexcept { return held_.size(); }
    /// Whether so many results came after one that is not there yet.
    [[nodiscard]] bool are_ahead_by(std::size_t results) const noexcept {
        return held_.size() > results && !held_[held_.size() - 1 - results].result.ready();
    }
    /// Of the results accounted for so far.
    [[nodiscard]] const Totals& totals() const noexcept { return totals_; }
    /// Nothing was published and the last failure is one that all further events would meet too,
    /// such as a stream that does not exist.
    [[nodiscard]] bool hopeless() const noexcept { return hopeless_ && totals_.published == 0; }
    /// Every failure so far is one of configuration or credentials, and nothing was published.
    [[nodiscard]] bool misconfigured() const noexcept;

  private:
    struct Held {
        Published result;
        Place place;
        std::unique_ptr<const std::string> line;
    };

    void account_for(Held& held);
    void tell(const Error& error, Place place);

    static constexpr std::size_t least_sweep = 16 * 1024;

    const Dispatch& dispatch_;
    FailureReport& report_;
    ProgressPrinter* const printer_;
    std::vector<Held> held_;
    std::size_t sweep_at_ = least_sweep;
    Totals totals_;
    std::uint64_t configuration_failures_ = 0;
    bool hopeless_ = false;
};

/// Whether an error is one of configuration, credentials or permissions: not the event's fault,
/// and not mended by trying again.
[[nodiscard]] bool is_configuration(ErrorCode code) noexcept;

}  // namespace lk::cli
