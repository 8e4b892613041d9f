#include "aws/profile_files.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace lk::aws {
namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// $NAME and ${NAME} by the variable's value, where it has one; then a leading ~ by HOME, where that
// is set: what Python's expandvars() and expanduser() do.
std::string expanded(std::string_view path, const Environment& environment) {
    std::string out;
    while (!path.empty()) {
        const auto dollar = std::min(path.find('$'), path.size());
        out += path.substr(0, dollar);
        path.remove_prefix(dollar);
        if (path.empty()) break;
        std::string_view name = path.substr(1);
        std::size_t taken = 1;
        if (name.starts_with('{')) {
            const auto brace = name.find('}');
            name = name.substr(1, brace == std::string_view::npos ? 0 : brace - 1);
            taken += name.size() + 2;
        } else {
            const auto end = std::find_if_not(name.begin(), name.end(), is_name_character);
            name = name.substr(0, static_cast<std::size_t>(end - name.begin()));
            taken += name.size();
        }
        const std::string value = name.empty() ? "" : environment(std::string(name).c_str());
        if (value.empty()) taken = 1;
        out += value.empty() ? "$" : value;
        path.remove_prefix(taken);
    }
    if (out == "~" || out.starts_with("~/")) {
        if (const std::string home = environment("HOME"); !home.empty()) out.replace(0, 1, home);
    }
    return out;
}

Expected<IniFile, Error> read(const char* variable, const char* otherwise,
                              const Environment& environment) {
    const std::string given = environment(variable);
    std::string path = expanded(given.empty() ? otherwise : given, environment);
    // Without a HOME there is no such file, rather than one in a folder named ~ of whoever could
    // make that in the current directory.
    if (path.starts_with('~')) return IniFile(std::move(path));
    return IniFile::read(std::move(path));
}

// The words of a section's head as a shell would split them (Python's shlex): in quotes, spaces are
// part of a word. Nothing when a quote is not closed.
std::optional<std::vector<std::string>> words_of(std::string_view text) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (quote == '\0' && (c == ' ' || c == '\t')) {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            if (c == '\\' && quote != '\'') {
                if (i + 1 == text.size()) return std::nullopt;
                const char next = text[i + 1];
                if (quote == '\0' || next == '"' || next == '\\') {
                    c = next;
                    ++i;
                }
            }
            words.back() += c;
        }
    }
    if (quote != '\0') return std::nullopt;
    return words;
}

using SectionsByName = std::map<std::string, ConfigSection, std::less<>>;

std::optional<ConfigSection> find_in(const SectionsByName& sections, std::string_view name) {
    const auto found = sections.find(name);
    if (found == sections.end()) return std::nullopt;
    return found->second;
}

// The first few, so that a message stays one that a person can read.
std::string names_of(const SectionsByName& profiles) {
    constexpr std::size_t most_names = 10;
    if (profiles.empty()) return "there are none";
    std::string names = "there are ";
    std::size_t count = 0;
    for (const auto& [name, profile] : profiles) {
        if (count == most_names) return names + " and others";
        if (count++ != 0) names += ", ";
        names += name.substr(0, 100);
    }
    return names;
}

}  // namespace

struct ProfileFiles::Content {
    IniFile config;
    IniFile credentials;
    SectionsByName profiles = {};
    SectionsByName sso_sessions = {};
    SectionsByName services = {};
    std::string selected = "default";
    std::string_view selected_by = "default";

    void add(SectionsByName& to, const std::string& name, const IniFile& file,
             const IniSection& section) const {
        to[name].layers_.push_back({&file, &section, &file == &credentials});
    }

    void sort_sections() {
        const IniSection* plain_default = nullptr;
        for (const IniSection& section : config.sections()) {
            if (section.name == "default") plain_default = &section;
            const auto words = words_of(section.name);
            if (!words || words->size() != 2) continue;
            if (words->front() == "profile") add(profiles, words->back(), config, section);
            if (words->front() == "sso-session") add(sso_sessions, words->back(), config, section);
            if (words->front() == "services") add(services, words->back(), config, section);
        }
        if (plain_default != nullptr && !profiles.contains("default")) {
            add(profiles, "default", config, *plain_default);
        }
        // After the config file's, so that these come before them.
        for (const IniSection& section : credentials.sections()) {
            add(profiles, std::string(section.name), credentials, section);
        }
    }

    std::optional<Error> select(const Environment& environment, std::string_view option) {
        const auto take = [&](std::string name, std::string_view by) {
            selected = std::move(name);
            selected_by = by;
        };
        if (!option.empty()) {
            take(std::string(option), "option profile");
        } else if (auto first = environment("AWS_PROFILE"); !first.empty()) {
            take(std::move(first), "AWS_PROFILE");
        } else if (auto second = environment("AWS_DEFAULT_PROFILE"); !second.empty()) {
            take(std::move(second), "AWS_DEFAULT_PROFILE");
        } else {
            return std::nullopt;
        }
        if (profiles.contains(selected)) return std::nullopt;
        return Error{.code = ErrorCode::bad_option,
                     .message = std::string(selected_by) + ": the profile \"" +
                                selected.substr(0, 100) + "\" is neither in \"" + config.path() +
                                "\" (as [profile NAME]) nor in \"" + credentials.path() +
                                "\" (as [NAME]); " + names_of(profiles)};
    }
};

std::string FoundSetting::where(std::string_view key) const {
    return std::string(key) + " in [" + std::string(section) + "] of " + std::string(file) +
           ", line " + std::to_string(line);
}

std::optional<FoundSetting> ConfigSection::find(std::string_view key) const {
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
        const IniSetting* setting = layer->file->find(*layer->section, key);
        if (setting == nullptr) continue;
        if (setting->value.empty()) return std::nullopt;
        return FoundSetting{setting->value, layer->file->path(), layer->section->name,
                            setting->line, layer->in_credentials_file};
    }
    return std::nullopt;
}

std::optional<FoundSetting> ConfigSection::find(std::string_view key,
                                                std::string_view nested_key) const {
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
        const IniSetting* setting = layer->file->find(*layer->section, key);
        if (setting == nullptr) continue;
        const auto found =
            std::find_if(setting->nested.rbegin(), setting->nested.rend(),
                         [&](const IniNested& nested) { return nested.key == nested_key; });
        if (found == setting->nested.rend() || found->value.empty()) return std::nullopt;
        return FoundSetting{found->value, layer->file->path(), layer->section->name, found->line,
                            layer->in_credentials_file};
    }
    return std::nullopt;
}

std::string_view ConfigSection::value(std::string_view key) const {
    const auto found = find(key);
    return found ? found->value : std::string_view();
}

ProfileFiles::ProfileFiles() {
    static const auto none = std::make_shared<const Content>(
        Content{.config = IniFile("~/.aws/config"), .credentials = IniFile("~/.aws/credentials")});
    content_ = none;
}

Expected<ProfileFiles, Error> ProfileFiles::load(const Environment& environment,
                                                 std::string_view option_profile) {
    auto config = read("AWS_CONFIG_FILE", "~/.aws/config", environment);
    if (!config) return std::move(config).error();
    auto credentials = read("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", environment);
    if (!credentials) return std::move(credentials).error();
    return of(std::move(*config), std::move(*credentials), environment, option_profile);
}

Expected<ProfileFiles, Error> ProfileFiles::of(IniFile config, IniFile credentials,
                                               const Environment& environment,
                                               std::string_view option_profile) {
    const auto content = std::make_shared<Content>(
        Content{.config = std::move(config), .credentials = std::move(credentials)});
    content->sort_sections();
    if (auto error = content->select(environment, option_profile)) return std::move(*error);
    return ProfileFiles(content);
}

const std::string& ProfileFiles::selected() const noexcept {
    return content_->selected;
}

std::string_view ProfileFiles::selected_by() const noexcept {
    return content_->selected_by;
}

ConfigSection ProfileFiles::profile() const {
    return profile(content_->selected).value_or(ConfigSection());
}

std::optional<ConfigSection> ProfileFiles::profile(std::string_view name) const {
    return find_in(content_->profiles, name);
}

std::optional<ConfigSection> ProfileFiles::sso_session(std::string_view name) const {
    return find_in(content_->sso_sessions, name);
}

std::optional<ConfigSection> ProfileFiles::services(std::string_view name) const {
    return find_in(content_->services, name);
}

const IniFile& ProfileFiles::config_file() const noexcept {
    return content_->config;
}

const IniFile& ProfileFiles::credentials_file() const noexcept {
    return content_->credentials;
}

}  // namespace lk::aws
