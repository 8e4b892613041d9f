#pragma once

#include <cstddef>
#include <utility>

namespace lk::pipeline {

/// Puts free objects into chains of a few, each of which is taken as a whole: to cut pieces off one
/// long chain would be to look at every object for the next, mostly in memory that is in no cache.
/// The objects of a chain are linked through `Next`, the chains through `NextChain` of the first of
/// each. For one thread at a time.
template <class T, T* T::*Next, T* T::*NextChain>
class FreeChains {
  public:
    static constexpr std::size_t most_in_chain = 32;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] T* first_chain() const noexcept { return first_; }
    [[nodiscard]] T* last_chain() const noexcept { return last_chain_; }

    /// In their order, so that they are taken in the order in which they stand in memory if they
    /// were before.
    void add(T* object) noexcept {
        object->*Next = nullptr;
        if (first_ != nullptr && in_last_ < most_in_chain) {
            last_->*Next = object;
            ++in_last_;
        } else {
            object->*NextChain = nullptr;
            (first_ == nullptr ? first_ : last_chain_->*NextChain) = object;
            last_chain_ = object;
            in_last_ = 1;
        }
        last_ = object;
    }

    /// Puts them before other chains, and is empty.
    void put_before(T*& chains) noexcept {
        if (first_ == nullptr) return;
        last_chain_->*NextChain = chains;
        chains = std::exchange(first_, nullptr);
    }

    void clear() noexcept { first_ = nullptr; }

    /// Puts some chains before others.
    static void join(T*& chains, T* more) noexcept {
        while (more != nullptr) {
            T* const next = more->*NextChain;
            more->*NextChain = std::exchange(chains, more);
            more = next;
        }
    }

    /// Takes the first off some chains: one, or several that are of one object alone.
    static T* take(T*& chains) noexcept {
        T* const first = pop(chains);
        T* last = first;
        for (std::size_t i = 1; i < most_joined && last->*Next == nullptr && chains != nullptr;
             ++i) {
            last = last->*Next = pop(chains);
        }
        return first;
    }

    /// Calls `each` with every object of some chains, which may link it anew.
    template <class Each>
    static void for_each(T* chains, Each each) {
        while (chains != nullptr) {
            T* const next_chain = chains->*NextChain;
            for (T* object = chains; object != nullptr;) {
                T* const next = object->*Next;
                each(object);
                object = next;
            }
            chains = next_chain;
        }
    }

  private:
    static constexpr std::size_t most_joined = 16;

    static T* pop(T*& chains) noexcept {
        T* const first = chains;
        chains = first->*NextChain;
        return first;
    }

    T* first_ = nullptr;
    T* last_chain_ = nullptr;  // its first object
    T* last_ = nullptr;
    std::size_t in_last_ = 0;
};

}  // namespace lk::pipeline
