#pragma once

#include <cstddef>

namespace lk::bench {

/// Turns aggregation on, with records as large as is usual. False where this lk-dispatch has no
/// such option, so that the benchmarks also build against an older one, to compare with.
template <class Options>
bool aggregate(Options& options) {
    if constexpr (requires { options.aggregate_bytes = std::size_t{51'200}; }) {
        options.aggregate_bytes = std::size_t{51'200};
        return true;
    } else {
        return false;
    }
}

}  // namespace lk::bench
