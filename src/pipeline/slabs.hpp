#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace lk::pipeline {

/// Memory for objects that are recycled, a slab of them at a time; a free one is linked to others
/// through its member `Next`. For one thread at a time.
template <class T, T* T::*Next>
class Slabs {
  public:
    explicit Slabs(std::size_t in_slab) noexcept : in_slab_(in_slab) {}

    /// Adds slabs to a chain: one, and the more the more there are. Their memory is fresh, so it
    /// takes a while, and it is better to wait long in one dispatch() of a thousand than less long
    /// in one of a hundred.
    void add(T*& chain) {
        const std::size_t most = std::max<std::size_t>(most_added_bytes / sizeof(T) / in_slab_, 1);
        const std::size_t count = std::clamp<std::size_t>(slabs_.size() / 8, 1, most);
        add_one(chain);
        try {
            for (std::size_t i = 1; i < count; ++i) add_one(chain);
        } catch (const std::bad_alloc&) {  // fewer do, too
        }
    }
    /// So much is added at once at the most, or a slab where that is larger.
    static constexpr std::size_t most_added_bytes = std::size_t{64} * 1024;

    /// How many are taken at a time: each is looked at for the next, mostly in memory that is in no
    /// cache, and who takes them is in the middle of a dispatch().
    static constexpr std::size_t most_at_once = 16;
    /// Takes the first of a chain off it, and leaves the rest to others.
    T* take_some(T*& chain) const noexcept {
        T* const first = chain;
        T* last = first;
        for (std::size_t i = 1; i < most_at_once && last->*Next != nullptr; ++i) last = last->*Next;
        chain = std::exchange(last->*Next, nullptr);
        return first;
    }

    /// Puts all of one chain before another.
    static void add_all(T*& chain, T* more) noexcept {
        while (more != nullptr) {
            T* const next = more->*Next;
            more->*Next = chain;
            chain = more;
            more = next;
        }
    }

    /// Frees each slab of which all objects are in the chain, and takes those out of it.
    void free_unused(T*& chain) {
        T* kept = nullptr;
        for (T* one = chain; one != nullptr; one = one->*Next) ++slab_of(one).unused;
        for (T* one = chain; one != nullptr;) {
            T* const next = one->*Next;
            if (slab_of(one).unused != in_slab_) {
                one->*Next = kept;
                kept = one;
            }
            one = next;
        }
        chain = kept;
        std::erase_if(slabs_, [this](const Slab& slab) { return slab.unused == in_slab_; });
        for (Slab& slab : slabs_) slab.unused = 0;
        slabs_.shrink_to_fit();
    }

    [[nodiscard]] std::size_t size() const noexcept { return slabs_.size(); }
    [[nodiscard]] std::size_t objects() const noexcept { return slabs_.size() * in_slab_; }

  private:
    struct Slab {
        std::unique_ptr<T[]> objects;
        std::size_t unused;
    };
    void add_one(T*& chain) {
        auto slab = std::make_unique<T[]>(in_slab_);
        T* const first = slab.get();
        for (std::size_t i = 0; i + 1 < in_slab_; ++i) first[i].*Next = &first[i + 1];
        const auto place = std::upper_bound(
            slabs_.begin(), slabs_.end(), first,
            [](const T* a, const Slab& b) { return std::less<const T*>{}(a, b.objects.get()); });
        slabs_.insert(place, {std::move(slab), 0});
        first[in_slab_ - 1].*Next = std::exchange(chain, first);
    }
    Slab& slab_of(const T* object) noexcept {
        const auto behind = std::upper_bound(
            slabs_.begin(), slabs_.end(), object,
            [](const T* a, const Slab& b) { return std::less<const T*>{}(a, b.objects.get()); });
        return *std::prev(behind);
    }

    const std::size_t in_slab_;
    std::vector<Slab> slabs_;  // by address
};

}  // namespace lk::pipeline
