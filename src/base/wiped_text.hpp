#pragma once

#include <string.h>

#include <cstddef>
#include <string>

#include "base/undumped_memory.hpp"

namespace lk {

/// Overwrites memory before it is given back, so that secrets do not stay behind in it, and takes
/// it from where no core dump looks.
template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <class Other>
    WipingAllocator(const WipingAllocator<Other>&) noexcept {}  // NOLINT: as allocators convert

    T* allocate(std::size_t count) {
        return static_cast<T*>(undumped_memory().allocate(count * sizeof(T), alignof(T)));
    }
    void deallocate(T* what, std::size_t count) noexcept {
        // A plain memset would be removed as a dead store.
        explicit_bzero(static_cast<void*>(what), count * sizeof(T));
        undumped_memory().deallocate(what, count * sizeof(T), alignof(T));
    }

    friend bool operator==(const WipingAllocator&, const WipingAllocator&) noexcept { return true; }
};

/// Text that may hold a secret while it is put together or taken apart; its memory is wiped each
/// time it grows or ends. The 15 characters that a string keeps within itself are not: AWS has no
/// secret as short as that.
using WipedText = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

/// For text that could not be a WipedText and held a secret all the same.
inline void wipe(std::string& text) noexcept {
    explicit_bzero(text.data(), text.size());
}

}  // namespace lk
