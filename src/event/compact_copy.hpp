#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace lk::event {

/// Where text without its white space is put together. Memory is kept from one text to the next,
/// but not much of it.
class CompactCopy {
  public:
    /// Forgets the last text, and gives its memory back where it was large.
    void clear() noexcept {
        used_ = 0;
        if (capacity_ > kept_bytes) {
            bytes_.reset();
            capacity_ = 0;
        }
    }

    /// Before the first append(): no more than this will come.
    void reserve(std::size_t bytes) {
        const std::size_t needed = bytes + stride;
        if (needed <= capacity_) return;
        bytes_ = std::make_unique_for_overwrite<char[]>(needed);
        capacity_ = needed;
    }

    /// `readable` bytes from `from` on may be read: a short piece is copied with what follows it,
    /// in one move of a fixed size.
    void append(const char* from, std::size_t count, std::size_t readable) noexcept {
        char* const to = bytes_.get() + used_;
        if (count <= stride && readable >= stride) {
            std::memcpy(to, from, stride);
        } else {
            std::memcpy(to, from, count);
        }
        used_ += count;
    }

    [[nodiscard]] bool empty() const noexcept { return used_ == 0; }
    [[nodiscard]] std::string_view text() const noexcept { return {bytes_.get(), used_}; }

  private:
    static constexpr std::size_t kept_bytes = 1024 * 1024;
    static constexpr std::size_t stride = 16;

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
};

}  // namespace lk::event
