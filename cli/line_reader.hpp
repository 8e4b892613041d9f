#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace lk::cli {

/// One line, without its end.
struct Line {
    /// Lives until the next call of next(); `LineReader::readable_past_text` bytes more may be
    /// read behind it, whatever they are. Empty when the line was too long.
    std::string_view text;
    /// Counts from 1, blank lines too.
    std::uint64_t number = 0;
    /// The line's size; more than text.size() when it was too long.
    std::uint64_t bytes = 0;

    [[nodiscard]] bool too_long() const noexcept { return bytes != text.size(); }
};

/// Cuts a stream of bytes into lines, without a copy or an allocation for each. A line ends with
/// LF or CR LF or with the input; blank ones (only white space) are passed over; a byte order mark
/// before the first is dropped. A line over the limit is passed over without being held.
class LineReader {
  public:
    /// Fills the buffer with one byte or more and returns how many; 0 at the end of the input;
    /// less when it must stop here, so that a line that was not read to its end is none.
    using Read = std::function<std::ptrdiff_t(std::span<char> buffer)>;

    static constexpr std::size_t readable_past_text = 64;
    static constexpr std::size_t default_max_line_bytes = 10 * 1024 * 1024;
    static constexpr std::size_t default_block_bytes = 256 * 1024;

    explicit LineReader(Read read, std::size_t max_line_bytes = default_max_line_bytes,
                        std::size_t block_bytes = default_block_bytes);

    /// The next line that is not blank; false at the end.
    [[nodiscard]] bool next(Line& line);

  private:
    enum class Filled { some, end, stop };

    [[nodiscard]] bool next_with_blank_ones(Line& line);
    [[nodiscard]] bool pass_over_long_line(Line& line);
    void finish(std::string_view text, Line& line);
    [[nodiscard]] Filled fill();
    void make_room();

    Read read_;
    const std::size_t max_line_bytes_;
    const std::size_t block_bytes_;
    std::size_t capacity_;
    std::unique_ptr<char[]> buffer_;
    // Bytes begin_ to end_ are read and not handed out; before scanned_ there is no line end.
    std::size_t begin_ = 0;
    std::size_t scanned_ = 0;
    std::size_t end_ = 0;
    std::uint64_t number_ = 0;
    bool at_end_ = false;
};

}  // namespace lk::cli
