#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "event/envelope.hpp"
#include "event/identity.hpp"
#include "event/json_text.hpp"

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes_held{0};

}  // namespace

// Counts what this executable takes from the heap with new. Never inlined: the compiler would warn
// of memory from malloc() that ends in delete.
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    void* const memory = std::malloc(bytes);
    if (memory == nullptr) return nullptr;
    allocations += 1;
    bytes_held += malloc_usable_size(memory);
    return memory;
}

[[gnu::noinline]] void* operator new(std::size_t bytes) {
    void* const memory = operator new(bytes, std::nothrow);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
    if (memory != nullptr) bytes_held -= malloc_usable_size(memory);
    std::free(memory);
}

// A sanitizer's own forms of these would not come here.
void* operator new[](std::size_t bytes) {
    return operator new(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& tag) noexcept {
    return operator new(bytes, tag);
}
void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}
void operator delete[](void* memory) noexcept {
    operator delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    operator delete(memory);
}

namespace lk::event {
namespace {

TEST(Memory, AnEventIsBuiltWithoutAnyAllocation) {
    JsonChecker checker;
    RandomBytes random;
    TimestampWriter clock;
    std::string id(uuid_bytes, '\0');
    std::string timestamp(timestamp_bytes, '\0');
    std::vector<char> out(4096);
    // White space that was taken out of an earlier text leaves its memory behind for the next.
    const std::string_view spaced = R"({"key": "value", "list": [1, 2, 3]})";
    ASSERT_TRUE(checker.compact(spaced));
    // The first id has random bytes for many made.
    write_uuid(id.data(), random);
    const std::size_t before = allocations;
    for (int round = 0; round < 100; ++round) {
        write_uuid(id.data(), random);
        clock.write(timestamp.data(), 1'451'606'400'000 + 700 * round);
        const auto data = checker.compact(round % 2 == 0 ? spaced : R"({"key":"value"})");
        const Envelope envelope{.id = id,
                                .type = "eventType",
                                .has_data = true,
                                .data = *data,
                                .timestamp = timestamp,
                                .user_id = "userId",
                                .producer_id_json = R"("server@hostname")",
                                .partition_key = id};
        write_envelope(out.data(), envelope);
    }
    EXPECT_EQ(allocations, before);
}

TEST(Memory, ALargeTextsCopyIsGivenBackWithTheNextText) {
    constexpr std::size_t mebibyte = 1024 * 1024;
    JsonChecker checker;
    const std::string large = "[1, \"" + std::string(10 * mebibyte, 'x') + "\"]";
    const std::size_t before = bytes_held;
    ASSERT_TRUE(checker.compact(large));
    EXPECT_GT(bytes_held, before + 10 * mebibyte);
    EXPECT_LT(bytes_held, before + 11 * mebibyte);
    ASSERT_TRUE(checker.compact("[1, 2]"));
    EXPECT_LT(bytes_held, before + mebibyte);
}

TEST(Memory, ALargeTextWithoutWhiteSpaceTakesNone) {
    JsonChecker checker;
    const std::string large = "[\"" + std::string(10'000'000, 'x') + "\"]\n";
    const std::size_t before = allocations;
    EXPECT_EQ(checker.compact(large)->size(), large.size() - 1);
    EXPECT_EQ(allocations, before);
}

TEST(Memory, DeepNestingTakesNone) {
    JsonChecker checker;
    const std::string deep = std::string(1024, '[') + std::string(1024, ']');
    const std::size_t before = allocations;
    EXPECT_TRUE(checker.compact(deep));
    EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace lk::event
