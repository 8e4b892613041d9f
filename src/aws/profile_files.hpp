#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/environment.hpp"
#include "aws/ini_file.hpp"

namespace lk::aws {

/// A setting of AWS's shared files and where it stands. Views into the ProfileFiles it is of.
struct FoundSetting {
    std::string_view value;
    std::string_view file;
    /// As it is written in the file: "profile dev".
    std::string_view section;
    std::size_t line = 0;
    /// Of the two files, the one for credentials.
    bool in_credentials_file = false;

    /// Such as `region in [profile dev] of /home/me/.aws/config, line 3`; never the value.
    [[nodiscard]] std::string where(std::string_view key) const;
};

/// The settings of a profile, an sso-session or a services section. Views into the ProfileFiles
/// it is of; cheap to copy.
class ConfigSection {
  public:
    /// Nothing when the setting is absent or empty. A setting in the credentials file comes before
    /// one in the config file; in one file, the last one.
    [[nodiscard]] std::optional<FoundSetting> find(std::string_view key) const;
    /// The setting `nested_key` that is indented below `key`.
    [[nodiscard]] std::optional<FoundSetting> find(std::string_view key,
                                                   std::string_view nested_key) const;
    /// The value; empty when absent.
    [[nodiscard]] std::string_view value(std::string_view key) const;

  private:
    friend class ProfileFiles;
    struct Layer {
        const IniFile* file;
        const IniSection* section;
        bool in_credentials_file;
    };
    // Later ones come before earlier ones.
    std::vector<Layer> layers_;
};

/// AWS's shared config and credentials files, as botocore and the AWS CLI read them
/// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html). Immutable; shared by its
/// copies; wiped from memory with the last. Thread-safe.
class ProfileFiles {
  public:
    /// As when both files are missing.
    ProfileFiles();

    /// Reads AWS_CONFIG_FILE (else ~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (else
    /// ~/.aws/credentials); `~`, $NAME and ${NAME} in those are replaced, ~ by HOME. The profile is
    /// the option's, else AWS_PROFILE's, else AWS_DEFAULT_PROFILE's (the order of the SDKs and of
    /// the AWS CLI 2), else "default". Fails with `bad_option` when a file can not be read or
    /// understood (ini_file.hpp), or when a profile was named that is in neither file.
    [[nodiscard]] static Expected<ProfileFiles, Error> load(const Environment& environment,
                                                            std::string_view option_profile);

    /// The same of files that are read already.
    [[nodiscard]] static Expected<ProfileFiles, Error> of(IniFile config, IniFile credentials,
                                                          const Environment& environment,
                                                          std::string_view option_profile);

    /// The name of the profile in use.
    [[nodiscard]] const std::string& selected() const noexcept;
    /// What selected it: "option profile", "AWS_PROFILE", "AWS_DEFAULT_PROFILE" or, when nothing
    /// did, "default".
    [[nodiscard]] std::string_view selected_by() const noexcept;
    /// The profile in use; without settings when there is none.
    [[nodiscard]] ConfigSection profile() const;

    /// A profile: [profile NAME] or [default] of the config file and [NAME] of the credentials
    /// file. Where the config file has both [default] and [profile default], the former is ignored.
    [[nodiscard]] std::optional<ConfigSection> profile(std::string_view name) const;
    /// [sso-session NAME] of the config file.
    [[nodiscard]] std::optional<ConfigSection> sso_session(std::string_view name) const;
    /// [services NAME] of the config file.
    [[nodiscard]] std::optional<ConfigSection> services(std::string_view name) const;

    /// The files, whether or not they exist.
    [[nodiscard]] const IniFile& config_file() const noexcept;
    [[nodiscard]] const IniFile& credentials_file() const noexcept;

  private:
    struct Content;
    explicit ProfileFiles(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

    std::shared_ptr<const Content> content_;
};

}  // namespace lk::aws
