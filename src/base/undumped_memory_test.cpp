#include "base/undumped_memory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/wiped_text.hpp"

namespace lk {
namespace {

// What the kernel says of the mapping that holds this address: "dd" is "do not include into core
// dump" (https://docs.kernel.org/filesystems/proc.html).
bool is_left_out_of_core_dumps(const void* address) {
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    std::ifstream maps("/proc/self/smaps");
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t from = 0;
        std::uintptr_t to = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) {
            inside = from <= wanted && wanted < to;
        } else if (inside && line.starts_with("VmFlags:")) {
            return (line + " ").find(" dd ") != std::string::npos;
        }
    }
    return false;
}

TEST(UndumpedMemory, IsLeftOutOfCoreDumps) {
    const WipedText small(40, 's');
    const WipedText large(300'000, 'l');
    EXPECT_TRUE(is_left_out_of_core_dumps(small.data()));
    EXPECT_TRUE(is_left_out_of_core_dumps(large.data()));
    const std::string ordinary(40, 'o');
    EXPECT_FALSE(is_left_out_of_core_dumps(ordinary.data()));
}

TEST(UndumpedMemory, IsSharedByManyThreads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([i] {
            std::vector<WipedText> texts;
            for (std::size_t bytes = 16; bytes < 6000; bytes += 7) {
                texts.emplace_back(bytes, static_cast<char>('a' + i));
                if (bytes % 3 == 0) texts.erase(texts.begin());
            }
            for (const WipedText& text : texts) {
                EXPECT_EQ(text.find_first_not_of(static_cast<char>('a' + i)), WipedText::npos);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

// Whatever another thread was doing with it at that moment.
TEST(UndumpedMemory, ServesAForkedChild) {
    std::atomic<bool> ended = false;
    std::thread busy([&] {
        while (!ended) WipedText(100, 'b').append(5000, 'b');
    });
    for (int i = 0; i < 20; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(60);
            _exit(WipedText(200, 'c').size() == 200 ? 0 : 1);
        }
        int status = -1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    ended = true;
    busy.join();
}

}  // namespace
}  // namespace lk
