#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>

#include "local/faults/fault_matcher.hpp"
#include "local/store/store.hpp"
#include "wire/encoding.hpp"

namespace lk::local {

/// The server's fault plan, which may be changed at any time. Thread-safe; requests are decided on
/// one by one, in the order they arrive in.
class Faults {
  public:
    /// From the next request on; what the plan before counted is forgotten.
    void set(FaultPlan plan);

    /// By default nothing goes wrong, and then the request is not even looked at.
    [[nodiscard]] FaultDecision decide(const Store& store, std::string_view operation,
                                       wire::Encoding encoding, std::string_view body);

  private:
    std::atomic<bool> active_ = false;
    std::mutex mutex_;
    std::unique_ptr<FaultMatcher> matcher_;
};

}  // namespace lk::local
