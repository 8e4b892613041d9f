#pragma once

#include <span>
#include <string>
#include <string_view>

#include "local/faults/faults.hpp"
#include "local/operations/operations.hpp"
#include "wire/document.hpp"

namespace lk::local {

/// The clocks of the machine.
[[nodiscard]] Environment environment_of(Store& store, bool enforce_limits);

/// What goes back to the client.
struct Reply {
    int status = 200;
    std::string body;
};

/// Kinesis without HTTP: an operation's name and a body in, a status and a body out. Thread-safe.
class Service {
  public:
    /// `faults` must outlive it; null: nothing ever goes wrong on purpose.
    explicit Service(Environment environment, Faults* faults = nullptr)
        : environment_(std::move(environment)), faults_(faults) {}

    /// What of the fault plan applies to a request. Asked once, it is then counted.
    [[nodiscard]] FaultDecision decide(std::string_view operation, wire::Encoding encoding,
                                       std::string_view body) const;

    [[nodiscard]] Reply handle(std::string_view operation, wire::Encoding encoding,
                               std::string_view body, RecordFaults faults = {}) const;

  private:
    Environment environment_;
    Faults* faults_;
};

/// The operations that the service knows. Lives forever.
[[nodiscard]] std::span<const std::string_view> operation_names() noexcept;

/// An error's status and body.
[[nodiscard]] Reply reply_to(wire::Encoding encoding, const Refusal& refusal);

}  // namespace lk::local
