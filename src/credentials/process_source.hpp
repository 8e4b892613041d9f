#pragma once

#include <string>

#include "credentials/source.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// A program of the user's that prints credentials as JSON, `credential_process` in the shared
/// files (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html). The
/// command is split into words as the AWS CLI does it and run without a shell. It has a minute
/// and 64 KiB of output; its stderr is this process's, so that it can say what is wrong.
class ProcessSource final : public Source {
  public:
    /// `from` names the setting. The command may hold secrets and is never quoted. `account_id`
    /// counts where the program does not print one.
    ProcessSource(std::string_view command, std::string from, SharedSurroundings surroundings,
                  std::string_view account_id = {});
    [[nodiscard]] Expected<Fetched, Error> fetch() override;
    [[nodiscard]] std::string name() const override { return from_; }

  private:
    aws::Secret command_;
    std::string from_;
    SharedSurroundings surroundings_;
    std::string account_id_;
};

}  // namespace lk::credentials
