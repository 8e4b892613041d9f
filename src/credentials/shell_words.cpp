#include "credentials/shell_words.hpp"

#include <cstddef>

namespace lk::credentials {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

class Splitter {
  public:
    explicit Splitter(std::string_view command) : command_(command) {}

    std::optional<std::vector<WipedText>> split() {
        while (at_ < command_.size()) {
            if (is_space(command_[at_])) {
                end_word();
                ++at_;
            } else if (!take()) {
                return std::nullopt;
            }
        }
        end_word();
        return std::move(words_);
    }

  private:
    void end_word() {
        if (in_word_) words_.push_back(std::move(word_));
        word_.clear();
        in_word_ = false;
    }

    // False when what it begins with does not end.
    bool take() {
        in_word_ = true;
        const char c = command_[at_++];
        if (c == '\'') return take_until('\'', false);
        if (c == '"') return take_until('"', true);
        if (c == '\\') return take_escaped();
        word_ += c;
        return true;
    }

    bool take_escaped() {
        if (at_ == command_.size()) return false;
        word_ += command_[at_++];
        return true;
    }

    bool take_until(char quote, bool with_escapes) {
        while (at_ < command_.size()) {
            const char c = command_[at_++];
            if (c == quote) return true;
            // Between quotation marks a backslash only stands for itself before these two.
            const bool escapes = with_escapes && c == '\\' && at_ < command_.size() &&
                                 (command_[at_] == quote || command_[at_] == '\\');
            word_ += escapes ? command_[at_++] : c;
        }
        return false;
    }

    std::string_view command_;
    std::size_t at_ = 0;
    std::vector<WipedText> words_;
    WipedText word_;
    bool in_word_ = false;
};

}  // namespace

std::optional<std::vector<WipedText>> split_words(std::string_view command) {
    return Splitter(command).split();
}

}  // namespace lk::credentials
