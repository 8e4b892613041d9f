#include "base/undumped_memory.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>
#include <new>

namespace lk {
namespace {

// Whole pages of the system's.
class Pages final : public std::pmr::memory_resource {
  private:
    static std::size_t rounded(std::size_t bytes) {
        static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        return (bytes + page - 1) / page * page;
    }
    void* do_allocate(std::size_t bytes, std::size_t) override {
        const std::size_t whole = rounded(bytes);
        void* const pages =
            mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) throw std::bad_alloc();
        // An old kernel knows no such advice, and dumps them.
        static_cast<void>(madvise(pages, whole, MADV_DONTDUMP));
        return pages;
    }
    void do_deallocate(void* pages, std::size_t bytes, std::size_t) override {
        static_cast<void>(munmap(pages, rounded(bytes)));
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

// Shares them out. The standard's own pool with a lock would do, were it not for fork(): a lock
// that another thread holds at that moment stays locked in the child, so it is taken around it.
class Pool final : public std::pmr::memory_resource {
  public:
    void lock() { mutex_.lock(); }
    void unlock() { mutex_.unlock(); }

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard guard(mutex_);
        return pool_.allocate(bytes, alignment);
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard guard(mutex_);
        pool_.deallocate(memory, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::mutex mutex_;
    Pages pages_;
    std::pmr::unsynchronized_pool_resource pool_{&pages_};
};

// Never destroyed: other static objects may hold secrets until the very end.
Pool& pool() {
    static Pool& only = [&]() -> Pool& {
        auto* const made = new Pool;
        pthread_atfork([] { pool().lock(); }, [] { pool().unlock(); }, [] { pool().unlock(); });
        return *made;
    }();
    return only;
}

}  // namespace

std::pmr::memory_resource& undumped_memory() {
    return pool();
}

}  // namespace lk
