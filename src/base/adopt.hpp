#pragma once

#include <cstring>
#include <type_traits>

namespace lk {

/// A structure that crossed the binary boundary, which begins with its own size. A caller that was
/// compiled with an older header knows a shorter one: what it lacks keeps its default, and what
/// stands behind it in memory is not read.
template <class Fields>
requires std::is_trivially_copyable_v<Fields> Fields adopt(const Fields& given) {
    if (given.size >= sizeof(Fields)) return given;
    Fields own;
    std::memcpy(&own, &given, given.size);
    return own;
}

}  // namespace lk
