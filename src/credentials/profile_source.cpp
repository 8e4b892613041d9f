#include "credentials/profile_source.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "credentials/container_source.hpp"
#include "credentials/environment_source.hpp"
#include "credentials/instance_source.hpp"
#include "credentials/process_source.hpp"
#include "credentials/role_sources.hpp"
#include "credentials/sso_source.hpp"

namespace lk::credentials {
namespace {

using Made = Expected<std::unique_ptr<Source>, Error>;

// Follows a profile and those that it names.
class ProfileReader {
  public:
    ProfileReader(const SharedSurroundings& surroundings,
                  const std::shared_ptr<InstanceMetadata>& metadata)
        : surroundings_(surroundings), metadata_(metadata) {}

    Made read(std::string_view name) {
        const auto profile = surroundings_->files.profile(name);
        if (!profile) return Made(std::unique_ptr<Source>());
        names_.emplace_back(name);
        const auto role = profile->find("role_arn");
        if (role && !gives_keys_as_a_source(*profile)) return read_role(*profile, *role);
        if (profile->find("sso_account_id") || profile->find("sso_role_name") ||
            has_a_session_and_no_keys(*profile)) {
            return read_sso(*profile);
        }
        return read_own_keys(*profile);
    }

  private:
    // Of a profile with keys and a role whoever asks for the profile gets the role, but a role that
    // has it as its source is taken on with the keys; botocore and the SDK for Go agree in that.
    [[nodiscard]] bool gives_keys_as_a_source(const aws::ConfigSection& profile) const {
        return names_.size() > 1 && !profile.find("web_identity_token_file") &&
               (profile.find("aws_access_key_id") || profile.find("aws_secret_access_key"));
    }

    // Beside keys a session without account and role is for other tools, which want its token
    // alone; botocore takes the keys too.
    static bool has_a_session_and_no_keys(const aws::ConfigSection& profile) {
        return profile.find("sso_session") && !profile.find("aws_access_key_id") &&
               !profile.find("aws_secret_access_key") && !profile.find("credential_process");
    }

    Made read_role(const aws::ConfigSection& profile, const aws::FoundSetting& arn) {
        const std::string from = arn.where("role_arn");
        if (const auto mfa = profile.find("mfa_serial")) {
            return refused(mfa->where("mfa_serial") +
                           ": a role that asks for a code from a device can not be taken on by a "
                           "program that runs by itself; use a role without it, or an SSO session");
        }
        auto role = role_in(profile, arn);
        if (!role) return std::move(role).error();
        if (const auto file = profile.find("web_identity_token_file")) {
            return Made(std::make_unique<WebIdentitySource>(
                std::move(*role),
                TokenFile{std::string(file->value), file->where("web_identity_token_file")}, from,
                surroundings_));
        }
        const auto source = profile.find("source_profile");
        const auto place = profile.find("credential_source");
        if (source.has_value() == place.has_value()) {
            return refused(from + ": needs " +
                           (source ? "one of source_profile and credential_source, not both"
                                   : "source_profile, credential_source or "
                                     "web_identity_token_file beside it"));
        }
        auto base = source ? read_source_profile(profile, *source) : read_place(*place);
        if (!base) return base;
        return Made(
            std::make_unique<RoleSource>(std::move(*role), std::move(*base), from, surroundings_));
    }

    static Expected<Role, Error> role_in(const aws::ConfigSection& profile,
                                         const aws::FoundSetting& arn) {
        Role role{.arn = std::string(arn.value),
                  .session_name = std::string(profile.value("role_session_name")),
                  .external_id = std::string(profile.value("external_id"))};
        const auto duration = profile.find("duration_seconds");
        if (!duration) return role;
        int seconds = 0;
        const char* const end = duration->value.data() + duration->value.size();
        const auto [read, error] = std::from_chars(duration->value.data(), end, seconds);
        if (error != std::errc() || read != end || seconds < 900 || seconds > 43200) {
            return refused(duration->where("duration_seconds") + ": \"" +
                           quotable(duration->value) + "\" is no number from 900 to 43200");
        }
        role.duration = std::chrono::seconds(seconds);
        return role;
    }

    Made read_source_profile(const aws::ConfigSection& profile, const aws::FoundSetting& source) {
        const std::string_view name = source.value;
        // A profile may name itself: then its own keys take on its role.
        if (name == names_.back()) {
            auto own = read_own_keys(profile);
            if (own && !*own) {
                return refused(source.where("source_profile") +
                               ": names its own profile, which has no keys");
            }
            return own;
        }
        if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
            return refused(source.where("source_profile") + ": leads back to [" + quotable(name) +
                           "], in a circle; let the last of these profiles have keys, or a "
                           "credential_source in place of its source_profile");
        }
        auto read_one = read(name);
        if (read_one && !*read_one) {
            return refused(
                source.where("source_profile") + ": the profile " + quotable(name) +
                (surroundings_->files.profile(name) ? " has no credentials" : " does not exist"));
        }
        return read_one;
    }

    Made read_place(const aws::FoundSetting& place) {
        const std::string where = place.where("credential_source");
        if (place.value == "Ec2InstanceMetadata") {
            return Made(std::make_unique<InstanceSource>(metadata_, surroundings_));
        }
        if (place.value == "Environment") {
            auto source = environment_source(surroundings_->environment);
            if (source && !*source) {
                return refused(where + ": the environment has no AWS_ACCESS_KEY_ID");
            }
            return source;
        }
        if (place.value == "EcsContainer") {
            auto found = container_place(surroundings_->environment);
            if (!found) return std::move(found).error();
            if (found->url.empty()) {
                return refused(where +
                               ": the environment has no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI "
                               "or _FULL_URI; this is no such container");
            }
            return Made(std::make_unique<ContainerSource>(std::move(*found), surroundings_));
        }
        return refused(where + ": \"" + quotable(place.value) +
                       "\" is none of Environment, EcsContainer, Ec2InstanceMetadata");
    }

    Made read_sso(const aws::ConfigSection& profile) const {
        SsoRole sso;
        sso.login.mend = "aws sso login --profile " + names_.back();
        sso.account = profile.value("sso_account_id");
        sso.role = profile.value("sso_role_name");
        const std::string from = "SSO of profile " + quotable(names_.back());
        const auto missing = [&](const std::string& what) {
            return refused(from + ": " + what + " is missing in the config file");
        };
        if (sso.account.empty()) return missing("sso_account_id");
        if (sso.role.empty()) return missing("sso_role_name");
        auto from_section = profile;
        if (const auto session = profile.find("sso_session")) {
            const auto section = surroundings_->files.sso_session(session->value);
            if (!section) {
                return missing("the section [sso-session " + quotable(session->value) + "]");
            }
            from_section = *section;
            sso.login.key = session->value;
            sso.login.renewable = true;
        } else {
            sso.login.key = profile.value("sso_start_url");
        }
        sso.login.region = from_section.value("sso_region");
        if (sso.login.key.empty()) return missing("sso_start_url");
        if (sso.login.region.empty()) return missing("sso_region");
        return Made(std::make_unique<SsoSource>(std::move(sso), from, surroundings_));
    }

    Made read_own_keys(const aws::ConfigSection& profile) const {
        const auto account = profile.value("aws_account_id");
        const auto id = profile.find("aws_access_key_id");
        const auto process = profile.find("credential_process");
        if (process && !(id && id->in_credentials_file)) {
            return Made(std::make_unique<ProcessSource>(
                process->value, process->where("credential_process"), surroundings_, account));
        }
        const auto secret = profile.find("aws_secret_access_key");
        if (!id && !secret) return Made(std::unique_ptr<Source>());
        // What stands in two files is no pair: the one of the credentials file counts, and is half.
        const bool is_pair = id && secret && id->in_credentials_file == secret->in_credentials_file;
        const bool id_counts = id && (is_pair || !secret || id->in_credentials_file);
        const std::string from =
            id_counts ? id->where("aws_access_key_id") : secret->where("aws_secret_access_key");
        if (!is_pair) {
            return refused(from + ": " +
                           (id_counts ? "aws_secret_access_key" : "aws_access_key_id") +
                           " is missing beside it; add it");
        }
        auto token = profile.find("aws_session_token");
        if (token && token->in_credentials_file != id->in_credentials_file) token.reset();
        return Made(std::make_unique<FixedSource>(
            Given{id->value, secret->value, token ? token->value : std::string_view()}, from,
            account));
    }

    const SharedSurroundings& surroundings_;
    const std::shared_ptr<InstanceMetadata>& metadata_;
    // From the one asked for to the one being read.
    std::vector<std::string> names_;
};

}  // namespace

Made profile_source(std::string_view profile, const SharedSurroundings& surroundings,
                    const std::shared_ptr<InstanceMetadata>& metadata) {
    return ProfileReader(surroundings, metadata).read(profile);
}

}  // namespace lk::credentials
