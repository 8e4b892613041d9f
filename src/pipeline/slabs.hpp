#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "pipeline/free_chains.hpp"

namespace lk::pipeline {

/// Memory for objects that are recycled, a slab of them at a time; free ones stand in FreeChains.
/// For one thread at a time.
template <class T, T* T::*Next, T* T::*NextChain>
class Slabs {
  public:
    using Chains = FreeChains<T, Next, NextChain>;

    /// `in_slab`: at least one.
    explicit Slabs(std::size_t in_slab) noexcept : in_slab_(in_slab) {}

    /// Adds slabs to the chains: one, and the more the more there are. Their memory is fresh, so it
    /// takes a while, and it is better to wait long in one dispatch() of a thousand than less long
    /// in one of a hundred.
    void add(T*& chains) {
        const std::size_t most = std::max<std::size_t>(most_added_bytes / sizeof(T) / in_slab_, 1);
        const std::size_t count = std::clamp<std::size_t>(slabs_.size() / 8, 1, most);
        add_one(chains);
        try {
            for (std::size_t i = 1; i < count; ++i) add_one(chains);
        } catch (const std::bad_alloc&) {  // fewer do, too
        }
    }
    /// So much is added at once at the most, or a slab where that is larger.
    static constexpr std::size_t most_added_bytes = std::size_t{64} * 1024;

    /// Frees each slab of which all objects are in the chains, and takes those out of them.
    void free_unused(T*& chains) {
        Chains::for_each(chains, [this](T* one) { ++slab_of(one).unused; });
        Chains kept;
        Chains::for_each(chains, [&](T* one) {
            if (slab_of(one).unused != in_slab_) kept.add(one);
        });
        chains = kept.first_chain();
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
    void add_one(T*& chains) {
        auto slab = std::make_unique<T[]>(in_slab_);
        T* const first = slab.get();
        const auto place = std::upper_bound(
            slabs_.begin(), slabs_.end(), first,
            [](const T* a, const Slab& b) { return std::less<const T*>{}(a, b.objects.get()); });
        slabs_.insert(place, {std::move(slab), 0});
        Chains added;
        std::size_t count = 0;
        do added.add(&first[count]);
        while (++count < in_slab_);
        added.put_before(chains);
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
