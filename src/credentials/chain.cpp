#include "credentials/chain.hpp"

#include <utility>

#include "credentials/container_source.hpp"
#include "credentials/environment_source.hpp"
#include "credentials/instance_source.hpp"
#include "credentials/profile_source.hpp"
#include "credentials/role_sources.hpp"

namespace lk::credentials {
namespace {

using Made = Expected<std::unique_ptr<Source>, Error>;

constexpr const char* mend =
    "give option credentials, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure a "
    "profile (aws configure)";

Made web_identity_in(const SharedSurroundings& surroundings) {
    const auto file = surroundings->environment("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (file.empty()) return Made(std::unique_ptr<Source>());
    Role role{.arn = surroundings->environment("AWS_ROLE_ARN"),
              .session_name = surroundings->environment("AWS_ROLE_SESSION_NAME")};
    if (role.arn.empty()) {
        return refused(
            "AWS_WEB_IDENTITY_TOKEN_FILE is set in the environment, AWS_ROLE_ARN is not; set both "
            "or neither");
    }
    constexpr const char* from = "AWS_WEB_IDENTITY_TOKEN_FILE";
    return Made(std::make_unique<WebIdentitySource>(std::move(role), TokenFile{file, from}, from,
                                                    surroundings));
}

Made container_in(const SharedSurroundings& surroundings) {
    auto place = container_place(surroundings->environment);
    if (!place) return std::move(place).error();
    if (place->url.empty()) return Made(std::unique_ptr<Source>());
    return Made(std::make_unique<ContainerSource>(std::move(*place), surroundings));
}

class Search {
  public:
    explicit Search(Choice& choice) : choice_(choice) {}

    // True when the search is over.
    bool look(std::string place, Made made, const char* otherwise) {
        if (!made) {
            choice_.steps.push_back({std::move(place), made.error().message, false});
            choice_.error = std::move(made).error();
            return true;
        }
        if (!*made) {
            choice_.steps.push_back({std::move(place), otherwise, false});
            return false;
        }
        choice_.steps.push_back({std::move(place), (*made)->name(), true});
        choice_.source = std::move(*made);
        return true;
    }

  private:
    Choice& choice_;
};

}  // namespace

Error none_anywhere(const std::vector<Step>& steps) {
    std::string text = "no AWS credentials:";
    for (const Step& step : steps) text += " " + step.place + ": " + step.finding + ";";
    return refused(text + " " + mend);
}

Choice choose_source(const SharedSurroundings& surroundings,
                     const std::shared_ptr<InstanceMetadata>& metadata) {
    Choice choice;
    Search search(choice);
    const aws::ProfileFiles& files = surroundings->files;
    const bool profile_first = files.selected_by() == "option profile";
    const auto profile = [&] {
        return search.look("profile " + quotable(files.selected()),
                           profile_source(files.selected(), surroundings, metadata),
                           "has no credentials");
    };
    if (profile_first && profile()) return choice;
    if (!profile_first && search.look("environment", environment_source(surroundings->environment),
                                      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")) {
        choice.unchanging = true;
        return choice;
    }
    if (search.look("web identity", web_identity_in(surroundings),
                    "AWS_WEB_IDENTITY_TOKEN_FILE is not set")) {
        return choice;
    }
    if (!profile_first && profile()) return choice;
    if (search.look("container", container_in(surroundings),
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set")) {
        return choice;
    }
    Made instance(std::unique_ptr<Source>{});
    const bool disabled = InstanceMetadata::disabled(surroundings->environment);
    if (!disabled && surroundings->may_ask_machine) {
        instance = Made(std::make_unique<InstanceSource>(metadata, surroundings));
    }
    if (search.look("EC2 instance metadata", std::move(instance),
                    disabled ? "switched off by AWS_EC2_METADATA_DISABLED"
                             : "not asked for a Kinesis on this machine")) {
        choice.last_resort = true;
        return choice;
    }
    choice.error = none_anywhere(choice.steps);
    return choice;
}

}  // namespace lk::credentials
