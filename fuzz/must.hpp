#pragma once

#include <cstdio>
#include <cstdlib>

namespace lk::fuzz {

/// Ends the program, as a crash does, when what must hold does not.
inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

}  // namespace lk::fuzz
