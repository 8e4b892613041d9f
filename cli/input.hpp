#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include <lk/expected.hpp>

namespace lk::cli {

/// Why a path can surely not be read, for people; empty when it may well be. Opens nothing, as a
/// named pipe can be opened only once.
[[nodiscard]] std::string problem_with_input(const std::string& path);

/// A file, or stdin, read in large blocks, that does not stand in the way of an interrupt.
class Input {
  public:
    /// "-" is stdin. The error names the file and why it can not be read.
    [[nodiscard]] static Expected<Input, std::string> open(const std::string& path);

    Input(Input&& other) noexcept;
    Input& operator=(Input&&) = delete;
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    ~Input();

    /// What messages call it: its path, or "stdin".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] bool is_terminal() const noexcept;
    /// Advises the system that the whole is read once, from front to back.
    void will_be_read_whole() const noexcept;

    /// As LineReader::Read: bytes read; 0 at the end; -1 when interrupted, or with an error().
    /// While nothing comes, calls `idle` once a second.
    [[nodiscard]] std::ptrdiff_t read(std::span<char> buffer, const std::function<void()>& idle);

    /// Why reading failed; empty when it did not.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

  private:
    Input(int fd, std::string name) noexcept;

    int fd_;
    std::string name_;
    std::string error_;
};

}  // namespace lk::cli
