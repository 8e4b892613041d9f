#pragma once

#include <string>
#include <string_view>

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
    explicit Service(Environment environment) : environment_(std::move(environment)) {}

    [[nodiscard]] Reply handle(std::string_view operation, wire::Encoding encoding,
                               std::string_view body) const;

  private:
    Environment environment_;
};

/// An error's status and body.
[[nodiscard]] Reply reply_to(wire::Encoding encoding, const Refusal& refusal);

}  // namespace lk::local
