#include "cli/command_line.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <set>
#include <string_view>
#include <system_error>

#include "cli/near_miss.hpp"

namespace lk::cli {
namespace {

// Long values are cut: a message is to be read.
std::string in_quotes(std::string_view value) {
    constexpr std::size_t longest = 100;
    if (value.size() <= longest) return "\"" + std::string(value) + "\"";
    return "\"" + std::string(value.substr(0, longest)) + "…\"";
}

std::string join(const std::vector<std::string>& words, std::string_view between) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += between;
        text += word;
    }
    return text;
}

std::string perhaps_meant(std::string_view given, const std::vector<std::string>& candidates) {
    const std::string_view near = near_miss(given, candidates);
    return near.empty() ? std::string() : "; did you mean " + std::string(near) + "?";
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({})) {
        names.push_back(command->get_name());
    }
    return names;
}

const CLI::Option* positional_of(const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_positional()) return option;
    }
    return nullptr;
}

// CLI11 would take the next option for a missing value, the next word for an empty one, and would
// tell an unknown option only after the missing ones. So the words are checked here, and are handed
// on as pairs of an option and its value.
class Words {
  public:
    Words(const CLI::App& command, std::vector<std::string> words)
        : command_(command), names_(option_names(command)), words_(std::move(words)) {}

    std::vector<std::string> checked() {
        while (at_ < words_.size()) {
            const std::string& word = words_[at_++];
            if (word == "--") {
                checked_.push_back(word);
                while (at_ < words_.size()) take_argument(words_[at_++]);
            } else if (word.starts_with("-") && word != "-") {
                take_option(word);
            } else {
                take_argument(word);
            }
        }
        refuse_what_is_missing();
        return std::move(checked_);
    }

  private:
    // All of them at once: who has to be told one after the other gets three refusals for one try.
    void refuse_what_is_missing() const {
        if (given_.contains(command_.get_help_ptr())) return;
        std::vector<std::string> missing;
        std::size_t positional = 0;
        for (const CLI::Option* option : command_.get_options()) {
            if (!option->get_required() || given_.contains(option)) continue;
            if (option->get_positional()) {
                if (arguments_ < ++positional) missing.push_back(option->get_name(true));
                continue;
            }
            missing.push_back("--" + option->get_lnames().front() + " " + option->get_type_name());
        }
        if (missing.empty()) return;
        throw UsageError((missing.size() == 1 ? "a required option is missing: "
                                              : "required options are missing: ") +
                         join(missing, ", "));
    }

    void take_argument(const std::string& word) {
        if (positional_of(command_) == nullptr) {
            // Where a flag may have a value, the value stands behind an equals sign.
            const bool is_directory = at_ >= 2 && words_[at_ - 2] == "--local";
            throw UsageError(in_quotes(word) + " is not expected: " +
                             (is_directory ? "write --local=" + word + " if it is the directory"
                                           : command_.get_name() +
                                                 " takes options only (a value that holds spaces "
                                                 "needs quotes)"));
        }
        checked_.push_back(word);
        ++arguments_;
    }

    void take_option(const std::string& word) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const CLI::Option* const option = command_.get_option_no_throw(name);
        if (option == nullptr) {
            throw UsageError(command_.get_name() + " has no option " + name +
                             perhaps_meant(name, names_));
        }
        const bool may_repeat = option->get_expected_max() > 1 || option->get_positional();
        if (!given_.insert(option).second && !may_repeat) {
            throw UsageError(name + " was given twice; it takes one value");
        }
        const bool has_equals = equals != std::string::npos;
        if (name == "--local") {
            const std::string directory = has_equals ? word.substr(equals + 1) : in_memory;
            if (directory.empty()) {
                throw UsageError("--local= lacks its directory; without one leave out the =");
            }
            checked_.push_back(name + "=" + directory);
            return;
        }
        if (option->get_expected_max() == 0) {
            if (has_equals)
                throw UsageError(name + " takes no value; leave out " + word.substr(equals));
            checked_.push_back(name);
            return;
        }
        checked_.push_back(name);
        if (has_equals) {
            checked_.push_back(word.substr(equals + 1));
        } else {
            take_value(name, *option);
        }
    }

    void take_value(const std::string& name, const CLI::Option& option) {
        if (at_ == words_.size()) {
            throw UsageError(name + " lacks its value: " + name + " " + option.get_type_name());
        }
        const std::string& value = words_[at_];
        const std::string name_in_value = value.substr(0, value.find('='));
        if (value.starts_with("--") && command_.get_option_no_throw(name_in_value) != nullptr) {
            throw UsageError(name + " lacks its value: the next word is the option " +
                             name_in_value + " (write " + name + "=" + value +
                             " if that is the value)");
        }
        checked_.push_back(value);
        ++at_;
    }

    const CLI::App& command_;
    const std::vector<std::string> names_;
    const std::vector<std::string> words_;
    std::size_t at_ = 0;
    std::set<const CLI::Option*> given_;
    std::size_t arguments_ = 0;  // those that are no option
    std::vector<std::string> checked_;
};

class HelpText : public CLI::Formatter {
  public:
    HelpText() {
        label("REQUIRED", "(required)");
        label("OPTIONS", "options");
        label("SUBCOMMAND", "SUBCOMMAND [options]");
        column_width(34);
    }

    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override {
        // Between groups CLI11 leaves two blank lines.
        return CLI::detail::find_and_replace(CLI::Formatter::make_help(app, std::move(name), mode),
                                             "\n\n\n", "\n\n");
    }

    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        std::string text;
        const std::string name = "  " + make_option_name(option, is_positional) + details(option);
        text += name;
        std::size_t column = name.size();
        if (column + 2 > get_column_width()) {
            text += '\n';
            column = 0;
        }
        text += std::string(get_column_width() - column, ' ');
        return text + wrapped(make_option_desc(option)) + '\n';
    }

  private:
    static std::string details(const CLI::Option* option) {
        if (!option->get_option_text().empty()) return option->get_option_text();
        if (option->get_expected_max() == 0 || option->get_positional()) return {};
        return " " + option->get_type_name() + (option->get_required() ? " (required)" : "");
    }

    // Broken at spaces so that lines stay below 100 columns.
    std::string wrapped(const std::string& description) const {
        const std::size_t room = 99 - get_column_width();
        std::string text;
        std::size_t column = 0;
        std::size_t at = 0;
        while (at < description.size()) {
            const std::size_t end = std::min(description.find(' ', at), description.size());
            const std::size_t word = end - at;
            if (column > 0 && column + 1 + word > room) {
                text += '\n' + std::string(get_column_width(), ' ');
                column = 0;
            } else if (column > 0) {
                text += ' ';
                ++column;
            }
            text.append(description, at, word);
            column += word;
            at = end + 1;
        }
        return text;
    }
};

}  // namespace

void set_up(CLI::App& app, const std::string& version) {
    app.formatter(std::make_shared<HelpText>());
    app.set_help_flag("-h,--help", "Print this help");
    app.set_version_flag("--version", "lk-dispatch " + version, "Print the version");
}

CLI::App* find_command(CLI::App& app, const std::string& name) {
    for (CLI::App* command : app.get_subcommands({})) {
        if (command->get_name() == name) return command;
    }
    return nullptr;
}

CLI::App& parse_command_line(CLI::App& app, const std::vector<std::string>& words) {
    const std::vector<std::string> commands = command_names(app);
    const std::string first = words.empty() ? std::string() : words.front();
    CLI::App* const command = find_command(app, first);
    std::vector<std::string> checked;
    if (command != nullptr) {
        checked = Words(*command, {words.begin() + 1, words.end()}).checked();
        checked.insert(checked.begin(), first);
    } else if (first == "-h" || first == "--help" || first == "--version") {
        checked = {first};
    } else if (first.empty()) {
        throw UsageError("a subcommand is missing: " + join(commands, ", "));
    } else if (first.starts_with('-')) {
        throw UsageError(in_quotes(first) +
                         " is not expected before the subcommand, which is one of " +
                         join(commands, ", "));
    } else {
        throw UsageError("there is no subcommand " + in_quotes(first) +
                         (near_miss(first, commands).empty() ? ", only " + join(commands, ", ")
                                                             : perhaps_meant(first, commands)));
    }
    // CLI11 takes them from the back.
    std::reverse(checked.begin(), checked.end());
    try {
        app.parse(std::move(checked));
    } catch (const CLI::Success&) {
        throw;
    } catch (const CLI::ParseError& wrong) {
        throw UsageError(wrong.what());
    }
    return *command;
}

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
    return CLI::Validator(
        [least, most](std::string& text) {
            std::int64_t number = 0;
            const char* const end = text.data() + text.size();
            const auto [stopped, code] = std::from_chars(text.data(), end, number);
            if (code == std::errc() && stopped == end && number >= least && number <= most) {
                return std::string();
            }
            return in_quotes(text) + " is not a whole number from " + std::to_string(least) +
                   " to " + std::to_string(most);
        },
        "");
}

CLI::Validator one_of(std::vector<std::string> words) {
    return CLI::Validator(
        [words = std::move(words)](std::string& text) {
            if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
            return in_quotes(text) + " is not one of " + join(words, ", ") +
                   perhaps_meant(text, words);
        },
        "");
}

CLI::Validator endpoint_url() {
    return CLI::Validator(
        [](std::string& text) {
            for (const std::string_view scheme : {"http://", "https://"}) {
                if (text.starts_with(scheme) && text.size() > scheme.size()) return std::string();
            }
            return in_quotes(text) +
                   " is not an URL; it begins with http:// or https://, such as "
                   "http://localhost:4567";
        },
        "");
}

CLI::Validator readable_file() {
    return CLI::Validator(
        [](std::string& path) {
            if (access(path.c_str(), R_OK) == 0) return std::string();
            return "can not read " + in_quotes(path) + ": " +
                   std::generic_category().message(errno);
        },
        "");
}

CLI::Validator not_empty() {
    return CLI::Validator(
        [](std::string& text) {
            return text.empty() ? std::string("is empty; give it a value") : "";
        },
        "");
}

bool is_stream_name(std::string_view text) {
    return !text.empty() && text.size() <= 128 &&
           text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "0123456789_.-") == std::string_view::npos;
}

CLI::Validator stream_name_or_arn() {
    return CLI::Validator(
        [](std::string& text) {
            // What an ARN must look like is the library's to say.
            if (is_stream_name(text) || text.starts_with("arn:")) return std::string();
            return in_quotes(text) +
                   " is not a stream's name (1 to 128 of a-z A-Z 0-9 _ . -) or its ARN "
                   "(arn:aws:kinesis:REGION:ACCOUNT:stream/NAME)";
        },
        "");
}

}  // namespace lk::cli
