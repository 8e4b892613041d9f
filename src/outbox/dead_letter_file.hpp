#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "base/fork.hpp"

namespace lk::outbox {

/// A file to which lines are added, each of which is on the disk when its call returns.
/// Thread-safe; several processes may add to one file.
class DeadLetterFile {
  public:
    /// Creates it, for its owner alone, where there is none. A line that was torn when the machine
    /// failed is ended, so that the next one is whole.
    [[nodiscard]] static Expected<std::unique_ptr<DeadLetterFile>, Error> open(
        const std::string& path);

    ~DeadLetterFile();
    DeadLetterFile(const DeadLetterFile&) = delete;
    DeadLetterFile& operator=(const DeadLetterFile&) = delete;

    /// Adds a line, which must not have a line's end in it. With an Error the line is not there, as
    /// far as that could be seen to: a failing disk may have kept it. In a forked child: an Error.
    [[nodiscard]] std::optional<Error> append(std::string_view line) {
        return append(std::span(&line, 1));
    }
    /// Adds several, all or none.
    [[nodiscard]] std::optional<Error> append(std::span<const std::string_view> lines);

  private:
    DeadLetterFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

    [[nodiscard]] Error failed(const char* doing, int reason) const;
    [[nodiscard]] int write_lines(std::span<const std::string_view> lines);

    const Origin origin_;
    const std::string path_;
    const int file_;
    std::mutex mutex_;
    std::string text_;
};

}  // namespace lk::outbox
