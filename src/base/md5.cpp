#include "base/md5.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/md5_rounds.hpp"

namespace lk {
namespace {

using namespace md5_rounds;

static_assert(std::endian::native == std::endian::little, "a block is read as it stands");

// What any processor that this runs on does in one instruction.
using Four [[gnu::vector_size(16)]] = std::uint32_t;

/// A word of each lane. Two chains of instructions, as one leaves the processor waiting.
struct Eight {
    Four low, high;

    friend Eight operator+(const Eight& a, const Eight& b) noexcept {
        return {a.low + b.low, a.high + b.high};
    }
    friend Eight operator+(const Eight& a, std::uint32_t b) noexcept {
        return {a.low + b, a.high + b};
    }
    friend Eight operator^(const Eight& a, const Eight& b) noexcept {
        return {a.low ^ b.low, a.high ^ b.high};
    }
    friend Eight operator&(const Eight& a, const Eight& b) noexcept {
        return {a.low & b.low, a.high & b.high};
    }
    friend Eight operator|(const Eight& a, const Eight& b) noexcept {
        return {a.low | b.low, a.high | b.high};
    }
    friend Eight operator~(const Eight& a) noexcept { return {~a.low, ~a.high}; }
    friend Eight operator<<(const Eight& a, int by) noexcept { return {a.low << by, a.high << by}; }
    friend Eight operator>>(const Eight& a, int by) noexcept { return {a.low >> by, a.high >> by}; }

    [[nodiscard]] std::uint32_t of(std::size_t lane) const noexcept {
        std::uint32_t word;
        std::memcpy(&word, reinterpret_cast<const char*>(this) + lane * sizeof word, sizeof word);
        return word;
    }
    void set(std::size_t lane, std::uint32_t word) noexcept {
        std::memcpy(reinterpret_cast<char*>(this) + lane * sizeof word, &word, sizeof word);
    }
};

Four load(const char* bytes) noexcept {
    Four four;
    std::memcpy(&four, bytes, sizeof four);
    return four;
}

/// Four words of four messages each; out come the messages' words beside each other.
std::array<Four, 4> transposed(Four a, Four b, Four c, Four d) noexcept {
    const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Four cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
            __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
            __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
            __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
}

using Sources = std::array<const char*, md5_lanes>;

void take_blocks(State<Eight>& state, const Sources& from, std::size_t count) noexcept {
    for (std::size_t at = 0; at < count * block_bytes; at += block_bytes) {
        Block<Eight> block;
        for (std::size_t word = 0; word < block_words; word += 4) {
            const std::size_t here = at + word * sizeof(std::uint32_t);
            const auto low = transposed(load(from[0] + here), load(from[1] + here),
                                        load(from[2] + here), load(from[3] + here));
            const auto high = transposed(load(from[4] + here), load(from[5] + here),
                                         load(from[6] + here), load(from[7] + here));
            for (std::size_t i = 0; i < 4; ++i) block[word + i] = {low[i], high[i]};
        }
        take(state, block);
    }
}

void take_blocks(State<std::uint32_t>& state, const char* from, std::size_t count) noexcept {
    for (std::size_t at = 0; at < count * block_bytes; at += block_bytes) {
        Block<std::uint32_t> block;
        std::memcpy(block.data(), from + at, block_bytes);
        take(state, block);
    }
}

Md5Digest digest_of(const State<std::uint32_t>& state) noexcept {
    return std::bit_cast<Md5Digest>(state);
}

/// What is left of a message, in stretches of whole blocks: those of its own, then the last one or
/// two, which have its end and its length.
class Message {
  public:
    Message() = default;
    // It points into itself.
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    void begin(std::string_view bytes) noexcept {
        at_ = bytes.data();
        blocks_ = bytes.size() / block_bytes;
        const std::string_view rest = bytes.substr(blocks_ * block_bytes);
        last_blocks_ = rest.size() + 1 + sizeof(std::uint64_t) <= block_bytes ? 1 : 2;
        last_.fill(0);
        rest.copy(last_.data(), rest.size());
        last_[rest.size()] = '\x80';
        const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
        std::memcpy(last_.data() + last_blocks_ * block_bytes - sizeof bits, &bits, sizeof bits);
        if (blocks_ == 0) go_on_to_last();
    }

    [[nodiscard]] bool ended() const noexcept { return blocks_ == 0; }
    [[nodiscard]] const char* at() const noexcept { return at_; }
    /// Of this stretch.
    [[nodiscard]] std::size_t blocks() const noexcept { return blocks_; }
    void taken(std::size_t count) noexcept {
        at_ += count * block_bytes;
        blocks_ -= count;
        if (blocks_ == 0) go_on_to_last();
    }

  private:
    void go_on_to_last() noexcept {
        at_ = last_.data();
        blocks_ = std::exchange(last_blocks_, 0);
    }

    const char* at_ = nullptr;
    std::size_t blocks_ = 0;
    std::size_t last_blocks_ = 0;
    std::array<char, 2 * block_bytes> last_;
};

Md5Digest finish(State<std::uint32_t> state, Message& message) noexcept {
    while (!message.ended()) {
        const std::size_t count = message.blocks();
        take_blocks(state, message.at(), count);
        message.taken(count);
    }
    return digest_of(state);
}

/// Hashes messages side by side: a lane whose message ends gets the next one.
class Lanes {
  public:
    Lanes(std::span<const std::string_view> messages, std::span<Md5Digest> digests) noexcept
        : messages_(messages), digests_(digests) {
        for (std::size_t lane = 0; lane < md5_lanes; ++lane) begin_next(lane);
    }

    void run() noexcept {
        // Fewer than that are sooner done one after another.
        constexpr std::size_t worth_it = 3;
        while (running_ >= worth_it) step();
        for (std::size_t lane = 0; lane < md5_lanes; ++lane) {
            if (!lanes_[lane].ended()) digests_[of_[lane]] = finish(state_of(lane), lanes_[lane]);
        }
    }

  private:
    void step() noexcept {
        // A lane without a message goes along with another's; nobody looks at what it makes of it.
        const auto runs = [](const Message& one) { return !one.ended(); };
        const Message& some = *std::ranges::find_if(lanes_, runs);
        std::size_t count = some.blocks();
        for (const Message& one : lanes_) {
            if (runs(one)) count = std::min(count, one.blocks());
        }
        Sources from;
        for (std::size_t lane = 0; lane < md5_lanes; ++lane) {
            from[lane] = runs(lanes_[lane]) ? lanes_[lane].at() : some.at();
        }
        take_blocks(state_, from, count);
        for (std::size_t lane = 0; lane < md5_lanes; ++lane) {
            if (lanes_[lane].ended()) continue;
            lanes_[lane].taken(count);
            if (!lanes_[lane].ended()) continue;
            digests_[of_[lane]] = digest_of(state_of(lane));
            --running_;
            begin_next(lane);
        }
    }

    void begin_next(std::size_t lane) noexcept {
        if (next_ == messages_.size()) return;
        of_[lane] = next_;
        lanes_[lane].begin(messages_[next_++]);
        for (std::size_t word = 0; word < state_.size(); ++word) {
            state_[word].set(lane, first_state[word]);
        }
        ++running_;
    }

    [[nodiscard]] State<std::uint32_t> state_of(std::size_t lane) const noexcept {
        return {state_[0].of(lane), state_[1].of(lane), state_[2].of(lane), state_[3].of(lane)};
    }

    const std::span<const std::string_view> messages_;
    const std::span<Md5Digest> digests_;
    std::size_t next_ = 0;
    std::size_t running_ = 0;
    State<Eight> state_{};
    std::array<Message, md5_lanes> lanes_;
    std::array<std::size_t, md5_lanes> of_{};  ///< Whose message a lane has.
};

}  // namespace

Md5Digest md5(std::string_view message) noexcept {
    Message blocks;
    blocks.begin(message);
    return finish(first_state, blocks);
}

void md5(std::span<const std::string_view> messages, std::span<Md5Digest> digests) noexcept {
    Lanes(messages, digests).run();
}

}  // namespace lk
