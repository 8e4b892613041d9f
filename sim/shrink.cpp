#include "sim/shrink.hpp"

#include <algorithm>
#include <utility>

namespace lk::sim {
namespace {

class Shrinking {
  public:
    Shrinking(Plan failing, std::string check)
        : smallest_(std::move(failing)), check_(std::move(check)) {}

    Plan result() {
        for (std::size_t before = 0; before != weight() && runs_ > 0;) {
            before = weight();
            shorten(&Plan::faults);
            drop_producers();
            shorten(&Plan::events);
            simplify();
        }
        return std::move(smallest_);
    }

  private:
    [[nodiscard]] std::size_t weight() const {
        return smallest_.events.size() + smallest_.faults.size() + smallest_.producers.size();
    }

    bool keep_if_failing(Plan plan) {
        if (runs_ == 0) return false;
        --runs_;
        const RunResult result = run(plan, false);
        const bool same = std::any_of(result.violations.begin(), result.violations.end(),
                                      [&](const Violation& one) { return one.check == check_; });
        if (same) smallest_ = std::move(plan);
        return same;
    }

    // Leaves out halves, quarters, and so on down to single ones (Zeller's ddmin).
    template <class T>
    void shorten(std::vector<T> Plan::*part) {
        for (std::size_t chunk = (smallest_.*part).size(); chunk > 0; chunk /= 2) {
            for (std::size_t from = 0; from < (smallest_.*part).size();) {
                Plan smaller = smallest_;
                auto& all = smaller.*part;
                const std::size_t to = std::min(from + chunk, all.size());
                all.erase(all.begin() + static_cast<std::ptrdiff_t>(from),
                          all.begin() + static_cast<std::ptrdiff_t>(to));
                if (!keep_if_failing(std::move(smaller))) from += chunk;
            }
        }
    }

    void drop_producers() {
        for (std::uint32_t gone = 0; gone < smallest_.producers.size();) {
            Plan smaller = smallest_;
            if (smaller.producers.size() == 1) return;
            smaller.producers.erase(smaller.producers.begin() + gone);
            std::erase_if(smaller.events,
                          [&](const PlannedEvent& event) { return event.producer == gone; });
            for (PlannedEvent& event : smaller.events) event.producer -= event.producer > gone;
            if (!keep_if_failing(std::move(smaller))) ++gone;
        }
    }

    void simplify() {
        for (std::size_t i = 0; i < smallest_.faults.size(); ++i) {
            Plan simpler = smallest_;
            simpler.faults[i].chance = 1;
            keep_if_failing(std::move(simpler));
        }
        Plan simpler = smallest_;
        for (PlannedEvent& event : simpler.events) event.bytes = 100;
        keep_if_failing(std::move(simpler));
        simpler = smallest_;
        simpler.stream.shards = 1;
        keep_if_failing(std::move(simpler));
        for (std::size_t i = 0; i < smallest_.producers.size(); ++i) {
            simpler = smallest_;
            simpler.producers[i].aggregate_bytes = 0;
            keep_if_failing(std::move(simpler));
            simpler = smallest_;
            simpler.producers[i].highest_rate = 0;
            keep_if_failing(std::move(simpler));
        }
    }

    Plan smallest_;
    const std::string check_;
    int runs_ = 3000;
};

}  // namespace

Plan shrink(Plan failing, const std::string& check) {
    return Shrinking(std::move(failing), check).result();
}

}  // namespace lk::sim
