#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace lk::cli {

/// stderr: whole lines for the user and, on a terminal, below them one line that is rewritten.
/// Thread-safe, since the library's threads have something to say too.
class Console {
  public:
    Console();
    /// Erases the status line.
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    /// One line, "lk-dispatch: " before it. Control characters are shown as ?, since a message may
    /// quote what came over the network.
    void say(std::string_view line);
    /// The same without "lk-dispatch: ", for what is about a place in a file.
    void say_bare(std::string_view line);

    /// Whether there is a status line.
    [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }
    /// Rewrites the status line, cut to the terminal's width; empty erases it. Nothing happens
    /// where stderr is no terminal.
    void status(std::string_view text);

  private:
    void write_line(std::string_view prefix, std::string_view line);

    const bool is_terminal_;
    std::mutex mutex_;
    std::string status_;
};

}  // namespace lk::cli
