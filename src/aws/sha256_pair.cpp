#include "aws/sha256_pair.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "aws/sha256_lanes.hpp"

namespace lk::aws {
namespace {

// FIPS 180-4, section 5.3.3.
constexpr Sha256State first_state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// What makes a text as long as whole blocks (FIPS 180-4, section 5.1.1): a one, zeros, and the
/// text's length in bits.
class Padding {
  public:
    explicit Padding(std::size_t text_bytes) noexcept {
        bytes_ =
            sha256_block_bytes - (text_bytes + length_bytes) % sha256_block_bytes + length_bytes;
        text_[0] = static_cast<char>(0x80);
        std::uint64_t bits = std::uint64_t{text_bytes} * 8;
        for (std::size_t at = bytes_; at > bytes_ - length_bytes; bits >>= 8U) {
            text_[--at] = static_cast<char>(bits & 0xFFU);
        }
    }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), bytes_}; }

  private:
    static constexpr std::size_t length_bytes = 8;
    std::array<char, sha256_block_bytes + length_bytes> text_{};
    std::size_t bytes_;
};

std::size_t bytes_of(std::span<const std::string_view> pieces) noexcept {
    std::size_t bytes = 0;
    for (const std::string_view piece : pieces) bytes += piece.size();
    return bytes;
}

/// Gives a text and its padding block by block: from where they lie, but for those that no piece
/// holds whole.
class Blocks {
  public:
    explicit Blocks(std::span<const std::string_view> pieces) noexcept
        : pieces_(pieces), padding_(bytes_of(pieces)) {}

    /// Looks for more when the last were taken; false at the end.
    [[nodiscard]] bool any() noexcept {
        while (count_ == 0) {
            if (rest_.empty() && !next_piece()) return false;
            if (gathered_bytes_ == 0 && rest_.size() >= sha256_block_bytes) {
                offer(rest_.data(), rest_.size() / sha256_block_bytes);
                rest_.remove_prefix(count_ * sha256_block_bytes);
            } else {
                gather();
            }
        }
        return true;
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] Sha256Lane lane() noexcept { return {state_, at_}; }
    void taken(std::size_t count) noexcept {
        at_ += count * sha256_block_bytes;
        count_ -= count;
    }

    [[nodiscard]] Sha256 digest() const noexcept {
        Sha256 digest;
        for (std::size_t at = 0; at < digest.size(); ++at) {
            digest[at] = static_cast<std::uint8_t>(state_[at / 4] >> (24 - at % 4 * 8));
        }
        return digest;
    }

  private:
    bool next_piece() noexcept {
        if (piece_ > pieces_.size()) return false;
        rest_ = piece_ == pieces_.size() ? padding_.text() : pieces_[piece_];
        ++piece_;
        return true;
    }

    void offer(const char* blocks, std::size_t count) noexcept {
        at_ = reinterpret_cast<const unsigned char*>(blocks);
        count_ = count;
    }

    void gather() noexcept {
        const std::size_t bytes = std::min(rest_.size(), gathered_.size() - gathered_bytes_);
        if (bytes != 0) std::memcpy(gathered_.data() + gathered_bytes_, rest_.data(), bytes);
        rest_.remove_prefix(bytes);
        gathered_bytes_ += bytes;
        if (gathered_bytes_ != gathered_.size()) return;
        gathered_bytes_ = 0;
        offer(gathered_.data(), 1);
    }

    std::span<const std::string_view> pieces_;
    const Padding padding_;
    std::size_t piece_ = 0;
    std::string_view rest_;  ///< Of the piece before.
    std::array<char, sha256_block_bytes> gathered_;
    std::size_t gathered_bytes_ = 0;
    const unsigned char* at_ = nullptr;
    std::size_t count_ = 0;
    Sha256State state_ = first_state;
};

Sha256 finish(Blocks& blocks) noexcept {
    while (blocks.any()) {
        const std::size_t count = blocks.count();
        take_blocks(blocks.lane(), count);
        blocks.taken(count);
    }
    return blocks.digest();
}

}  // namespace

std::pair<Sha256, Sha256> sha256_pair(std::span<const std::string_view> first,
                                      std::span<const std::string_view> second) {
    if (!has_sha256_lanes()) return {sha256(first), sha256(second)};
    Blocks one(first);
    Blocks other(second);
    while (one.any() && other.any()) {
        const std::size_t count = std::min(one.count(), other.count());
        take_blocks(one.lane(), other.lane(), count);
        one.taken(count);
        other.taken(count);
    }
    return {finish(one), finish(other)};
}

}  // namespace lk::aws
