#pragma once

#include <memory_resource>

namespace lk {

/// Memory that is left out of core dumps, for secrets; whoever gives it back has wiped it. Lives
/// until the process ends. Thread-safe; usable in a forked child.
[[nodiscard]] std::pmr::memory_resource& undumped_memory();

}  // namespace lk
