#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace lk::sim {

/// Random numbers that follow from a seed alone, on every machine alike: what the standard
/// library's distributions draw is its own affair. SplitMix64 (Steele, Lea, Flood 2014).
class Random {
  public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t number() noexcept {
        std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
    /// Both ends are drawn, too.
    std::uint64_t between(std::uint64_t lowest, std::uint64_t highest) noexcept {
        return lowest + number() % (highest - lowest + 1);
    }
    Duration between(Duration lowest, Duration highest) noexcept {
        return Duration(
            static_cast<Duration::rep>(between(static_cast<std::uint64_t>(lowest.count()),
                                               static_cast<std::uint64_t>(highest.count()))));
    }
    /// From 0 to 1.
    double share() noexcept { return static_cast<double>(number() >> 11) * 0x1p-53; }
    bool chance(double probability) noexcept { return share() < probability; }
    template <class T>
    T one_of(std::initializer_list<T> choices) noexcept {
        return choices.begin()[number() % choices.size()];
    }
    template <class T>
    void shuffle(std::vector<T>& all) noexcept {
        for (std::size_t left = all.size(); left > 1; --left) {
            std::swap(all[left - 1], all[number() % left]);
        }
    }
    /// Numbers of its own, whatever else is drawn from this one.
    [[nodiscard]] Random fork(std::uint64_t purpose) const noexcept {
        Random forked(state_ ^ (purpose * 0xD6E8FEB86659FD93));
        return Random(forked.number());
    }

  private:
    std::uint64_t state_;
};

}  // namespace lk::sim
