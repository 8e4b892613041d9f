#pragma once

#include <memory>

#include <lk/kinesis_client.hpp>

#include "base/loop.hpp"

namespace lk {

/// The loop that a client is fed on: the one that it lives on, where it is a client of ours, which
/// spares a hop between threads; else one of its own, shared by all streams that it serves. A
/// client that holds up its loop holds up no other's. From any thread. Throws std::system_error
/// where no thread can be started.
[[nodiscard]] std::shared_ptr<Loop> loop_of(const std::shared_ptr<KinesisClient>& client);

}  // namespace lk
