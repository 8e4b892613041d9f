#pragma once

#include <memory>

#include "base/loop.hpp"

namespace lk {

/// A client of ours that lives on a loop, in which the pipeline that feeds it may take part.
class LoopOwner {
  public:
    virtual ~LoopOwner() = default;
    [[nodiscard]] virtual std::shared_ptr<Loop> loop() = 0;
};

}  // namespace lk
