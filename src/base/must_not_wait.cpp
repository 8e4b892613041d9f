#include "base/must_not_wait.hpp"

#include "base/fork.hpp"

namespace lk {
namespace {

struct Mark {
    std::uint32_t generation = 0;
    int depth = 0;
};

thread_local constinit Mark mark;

}  // namespace

MustNotWait::MustNotWait() noexcept : generation_(fork_generation()) {
    if (mark.generation != generation_) mark = {generation_, 0};
    ++mark.depth;
}

MustNotWait::~MustNotWait() {
    if (mark.generation == generation_) --mark.depth;
}

bool MustNotWait::here() noexcept {
    return mark.depth != 0 && mark.generation == fork_generation();
}

}  // namespace lk
