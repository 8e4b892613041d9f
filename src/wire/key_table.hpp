#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lk::wire {

/// The partition keys of one aggregate, numbered in the order in which they came, and kept as the
/// fields of the message that they become. A key is found by a look at the one before it (events of
/// one key come in a row), then in an open-addressing table by its hash. Memory is kept from
/// aggregate to aggregate, so that in the long run nothing is allocated. Used by one thread at a
/// time.
class KeyTable {
  public:
    KeyTable();

    void clear() noexcept;

    /// The key's number. Nothing when it is not there, and, rarely, when it is: at most 16 places
    /// are looked at, so that keys made to collide cost no more than an entry too many.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view key) const noexcept;
    /// The number of a key that is there or now comes to be.
    std::uint32_t find_or_add(std::string_view key);

    /// Also the number that the next new key will have.
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    /// The keys as fields `partition_key_table` of the message.
    [[nodiscard]] std::string_view encoded() const noexcept { return encoded_; }

  private:
    struct Entry {
        std::uint32_t number = 0;
        std::uint32_t key_bytes = 0;
        std::size_t key_at = 0;  ///< In encoded_.
    };
    struct Slot {
        /// Taken when it is the table's: clear() empties all slots by counting on.
        std::uint32_t generation = 0;
        std::uint32_t hash = 0;
        Entry entry;
    };

    [[nodiscard]] static std::uint32_t hash_of(std::string_view key) noexcept;
    [[nodiscard]] bool is(std::string_view key, const Entry& entry) const noexcept;
    [[nodiscard]] const Entry* look_up(std::string_view key, std::uint32_t hash) const noexcept;
    Entry append(std::string_view key);
    void insert(std::uint32_t hash, const Entry& entry) noexcept;
    void make_room();

    std::string encoded_;
    std::vector<Slot> slots_;  ///< A power of two of them, at most half taken.
    std::uint32_t generation_ = 1;
    std::uint32_t size_ = 0;
    Entry last_;  ///< While size_ is not zero.
};

}  // namespace lk::wire
