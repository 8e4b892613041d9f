#pragma once

#include <memory>

#include "aws/credentials.hpp"
#include "base/fork.hpp"
#include "credentials/source.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// Credentials that are fetched anew ahead of their end, each time on a thread of its own. A fetch
/// that fails is repeated; meanwhile the old ones are handed out, and not until the service itself
/// calls them expired are there none: it alone knows, this machine's clock may be wrong.
/// Thread-safe.
class RefreshingCredentials final : public aws::CredentialsProvider {
  public:
    /// `first`: what the source gave just now.
    RefreshingCredentials(std::shared_ptr<Source> source, Fetched first,
                          SharedSurroundings surroundings);
    /// Ends a fetch under way.
    ~RefreshingCredentials() override;
    RefreshingCredentials(const RefreshingCredentials&) = delete;
    RefreshingCredentials& operator=(const RefreshingCredentials&) = delete;

    [[nodiscard]] Expected<std::shared_ptr<const aws::Credentials>, Error> current() override;
    [[nodiscard]] aws::Renewal renew(const aws::Credentials& refused, aws::Refusal why) override;

  private:
    struct State;

    const Origin origin_;
    std::shared_ptr<State> state_;
};

}  // namespace lk::credentials
