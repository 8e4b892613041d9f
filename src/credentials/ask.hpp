#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "credentials/surroundings.hpp"
#include "http/waiting_call.hpp"

namespace lk::credentials {

struct Patience {
    int attempts = 3;
    std::chrono::milliseconds first_pause{200};
    /// Which other answers may be better in a moment; by itself none.
    std::function<bool(const http::WipedAnswer&)> passing = {};
};

/// Asks until there is an answer that is neither 429, 5xx nor `passing`, or the attempts are used
/// up, with pauses that double. The answer may be a refusal. `whom` names the service in errors.
/// User agent, certificates and stop are those of the surroundings.
[[nodiscard]] Expected<http::WipedAnswer, Error> ask(const Surroundings& surroundings,
                                                     http::WaitingCall call, std::string_view whom,
                                                     const Patience& patience = {});

/// "HTTP 403 (AccessDenied: …)" of a refusal in JSON or any other text; what is quoted is the
/// service's code and message alone.
[[nodiscard]] std::string refusal(const http::WipedAnswer& answer);

}  // namespace lk::credentials
