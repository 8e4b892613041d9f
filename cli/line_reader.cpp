#include "cli/line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lk::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

}  // namespace

LineReader::LineReader(Read read, std::size_t max_line_bytes, std::size_t block_bytes)
    : read_(std::move(read)),
      max_line_bytes_(max_line_bytes),
      block_bytes_(std::max<std::size_t>(block_bytes, 1)),
      capacity_(2 * block_bytes_),
      // Uninitialised on purpose: the memory is only touched as far as lines reach.
      buffer_(new char[capacity_ + readable_past_text]) {
    std::memset(buffer_.get() + capacity_, 0, readable_past_text);
}

bool LineReader::next(Line& line) {
    while (next_with_blank_ones(line)) {
        if (line.too_long() || !is_blank(line.text)) return true;
    }
    return false;
}

bool LineReader::next_with_blank_ones(Line& line) {
    while (true) {
        if (scanned_ < end_) {
            const char* const bytes = buffer_.get();
            const void* found = std::memchr(bytes + scanned_, '\n', end_ - scanned_);
            if (found != nullptr) {
                const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes);
                const std::string_view text(bytes + begin_, at - begin_);
                begin_ = scanned_ = at + 1;
                finish(text, line);
                return true;
            }
            scanned_ = end_;
        }
        // What may still belong to a line of the limit's size: a byte order mark and a CR.
        if (end_ - begin_ > max_line_bytes_ + byte_order_mark.size() + 1) {
            return pass_over_long_line(line);
        }
        if (at_end_) return false;
        if (fill() == Filled::end) {
            at_end_ = true;
            if (begin_ == end_) return false;
            const std::string_view text(buffer_.get() + begin_, end_ - begin_);
            begin_ = scanned_ = end_;
            finish(text, line);
            return true;
        }
    }
}

void LineReader::finish(std::string_view text, Line& line) {
    ++number_;
    if (number_ == 1 && text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    if (text.ends_with('\r')) text.remove_suffix(1);
    line.number = number_;
    line.bytes = text.size();
    line.text = text.size() > max_line_bytes_ ? std::string_view() : text;
}

bool LineReader::pass_over_long_line(Line& line) {
    std::uint64_t bytes = 0;
    while (true) {
        const char* const held = buffer_.get() + begin_;
        const std::size_t held_bytes = end_ - begin_;
        const void* found = held_bytes == 0 ? nullptr : std::memchr(held, '\n', held_bytes);
        if (found != nullptr) {
            const auto rest = static_cast<std::size_t>(static_cast<const char*>(found) - held);
            bytes += rest;
            begin_ = scanned_ = begin_ + rest + 1;
            break;
        }
        bytes += held_bytes;
        begin_ = scanned_ = end_ = 0;
        const Filled filled = fill();
        if (filled == Filled::stop) return false;
        if (filled == Filled::end) {
            at_end_ = true;
            break;
        }
    }
    line.number = ++number_;
    line.bytes = bytes;
    line.text = {};
    return true;
}

LineReader::Filled LineReader::fill() {
    make_room();
    const std::ptrdiff_t got = read_(std::span(buffer_.get() + end_, capacity_ - end_));
    if (got > 0) {
        end_ += static_cast<std::size_t>(got);
        return Filled::some;
    }
    if (got == 0) return Filled::end;
    // Nothing that was read so far may pass for a line.
    at_end_ = true;
    begin_ = scanned_ = end_ = 0;
    return Filled::stop;
}

void LineReader::make_room() {
    if (begin_ == end_) begin_ = scanned_ = end_ = 0;
    if (capacity_ - end_ >= block_bytes_) return;
    const std::size_t held = end_ - begin_;
    if (capacity_ - held >= block_bytes_) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, held);
    } else {
        const std::size_t larger = 2 * capacity_;
        std::unique_ptr<char[]> grown(new char[larger + readable_past_text]);
        std::memset(grown.get() + larger, 0, readable_past_text);
        std::memcpy(grown.get(), buffer_.get() + begin_, held);
        buffer_ = std::move(grown);
        capacity_ = larger;
    }
    begin_ = 0;
    scanned_ = held;
    end_ = held;
}

}  // namespace lk::cli
