#include "cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace lk::cli {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

void write_to_stderr(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        // There is no one left to tell.
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string printable(std::string_view text) {
    std::string safe(text);
    for (char& letter : safe) {
        const auto code = static_cast<unsigned char>(letter);
        if (code < 0x20 || code == 0x7F) letter = '?';
    }
    return safe;
}

std::size_t terminal_columns() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

// The first so many characters; a byte of UTF-8 that goes on with a character counts as none.
std::string_view first_characters(std::string_view utf8, std::size_t limit) {
    std::size_t characters = 0;
    for (std::size_t at = 0; at < utf8.size(); ++at) {
        if ((static_cast<unsigned char>(utf8[at]) & 0xC0) == 0x80) continue;
        if (characters++ == limit) return utf8.substr(0, at);
    }
    return utf8;
}

}  // namespace

Console::Console() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

Console::~Console() {
    status({});
}

void Console::say(std::string_view line) {
    write_line("lk-dispatch: ", line);
}

void Console::say_bare(std::string_view line) {
    write_line("", line);
}

void Console::write_line(std::string_view prefix, std::string_view line) {
    const std::lock_guard lock(mutex_);
    std::string text;
    if (!status_.empty()) text += erase_line;
    text += prefix;
    text += printable(line);
    text += '\n';
    text += status_;
    write_to_stderr(text);
}

void Console::status(std::string_view text) {
    if (!is_terminal_) return;
    const std::lock_guard lock(mutex_);
    if (text.empty() && status_.empty()) return;
    status_ = printable(first_characters(text, terminal_columns() - 1));
    write_to_stderr(std::string(erase_line) + status_);
}

}  // namespace lk::cli
