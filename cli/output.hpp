#pragma once

#include <string>
#include <string_view>

namespace lk::cli {

/// stdout, in large blocks. The first error sticks: from then on nothing is written.
class Output {
  public:
    Output();

    void write(std::string_view text);
    void write_line(std::string_view line);
    /// Writes what is held back; false when not all of it went out, now or before, or nobody would
    /// read more. Blocks as long as its reader takes nothing, a second once the command was
    /// interrupted.
    bool flush();

    [[nodiscard]] bool failed() const noexcept { return error_ != 0; }
    /// Whoever read it has gone, as `head` goes when it has its lines.
    [[nodiscard]] bool reader_gone() const noexcept;
    /// Why it failed, for people.
    [[nodiscard]] std::string reason() const;

  private:
    std::string held_;
    int error_ = 0;
};

}  // namespace lk::cli
