#include "event/plain_text.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace lk::event::plain_text {
namespace {

// Byte by byte.
const char* first_marked(const char* at, const char* end) {
    while (at != end && is_plain<Passes::unescaped_ascii>(*at)) ++at;
    return at;
}

// In memory of just its size, so that the address sanitizer sees what is read beside it.
TEST(PlainText, FindsEachByteThatDoesNotPassInTextsOfEveryLength) {
    std::mt19937 random(11);
    for (std::size_t bytes = 0; bytes <= 200; ++bytes) {
        for (int round = 0; round < 40; ++round) {
            const auto memory = std::make_unique<char[]>(bytes);
            constexpr std::string_view marked = "\"\\\n\x1F\x80\xFF\xC3";
            for (std::size_t at = 0; at < bytes; ++at) {
                const bool mark = random() % static_cast<unsigned>(round + 2) == 0;
                memory[at] = mark ? marked[random() % marked.size()]
                                  : static_cast<char>(' ' + random() % 2 * 40);
            }
            const char* at = memory.get();
            const char* const end = at + bytes;
            Finder<Passes::unescaped_ascii> finder({at, bytes});
            while (true) {
                const char* const found = finder.next(at);
                ASSERT_EQ(found, first_marked(at, end)) << bytes << " bytes";
                ASSERT_EQ(finder.next(found), found) << "looking again changes nothing";
                if (found == end) break;
                // Behind it, or some way on, as behind a number.
                at = found + 1 + random() % static_cast<std::size_t>(end - found);
                if (at > end) at = end;
            }
        }
    }
}

}  // namespace
}  // namespace lk::event::plain_text
