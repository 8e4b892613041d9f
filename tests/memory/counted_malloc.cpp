#include "counted_malloc.hpp"

#include <malloc.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<std::size_t> allocated{0};
std::atomic<std::size_t> most{0};
std::atomic<std::size_t> before{0};
std::atomic<std::size_t> so_far{0};

}  // namespace

namespace lk::testing {

void begin_counting() noexcept {
    before = allocated.load();
    most = before.load();
    so_far = 0;
}

std::size_t most_allocated() noexcept {
    return most - before;
}

std::size_t still_allocated() noexcept {
    const std::size_t now = allocated;
    return now > before ? now - before : 0;
}

std::size_t allocated_so_far() noexcept {
    return so_far;
}

}  // namespace lk::testing

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

bool lk::testing::counts_malloc() noexcept {
    return true;
}

namespace {

void* counted(void* memory) noexcept {
    if (memory == nullptr) return nullptr;
    const std::size_t bytes = malloc_usable_size(memory);
    so_far += bytes;
    const std::size_t now = allocated.fetch_add(bytes) + bytes;
    std::size_t known = most.load();
    while (known < now && !most.compare_exchange_weak(known, now)) {
    }
    return memory;
}

}  // namespace

// An executable's malloc takes the place of glibc's for all libraries, too
// (https://www.gnu.org/software/libc/manual/html_node/Replacing-malloc.html), which stays there
// under these names.
extern "C" {

void* __libc_malloc(std::size_t bytes) noexcept;
void* __libc_calloc(std::size_t count, std::size_t bytes) noexcept;
void* __libc_realloc(void* memory, std::size_t bytes) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t bytes) noexcept;
void __libc_free(void* memory) noexcept;

void* malloc(std::size_t bytes) noexcept {
    return counted(__libc_malloc(bytes));
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
    return counted(__libc_calloc(count, bytes));
}
// Both at once while it moves the old to the new, as it may have to.
void* realloc(void* memory, std::size_t bytes) noexcept {
    const std::size_t had = memory == nullptr ? 0 : malloc_usable_size(memory);
    void* const moved = counted(__libc_realloc(memory, bytes));
    if (moved != nullptr || bytes == 0) allocated.fetch_sub(had);
    return moved;
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
    return counted(__libc_memalign(alignment, bytes));
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    return counted(__libc_memalign(alignment, bytes));
}
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
    void* const memory = counted(__libc_memalign(alignment, bytes));
    if (memory == nullptr) return ENOMEM;
    *out = memory;
    return 0;
}
void free(void* memory) noexcept {
    if (memory != nullptr) allocated.fetch_sub(malloc_usable_size(memory));
    __libc_free(memory);
}

}  // extern "C"

#else

bool lk::testing::counts_malloc() noexcept {
    return false;
}

#endif
