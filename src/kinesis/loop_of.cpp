#include "kinesis/loop_of.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "base/per_process.hpp"
#include "base/thread_loop.hpp"
#include "kinesis/loop_owner.hpp"

namespace lk {
namespace {

class ThreadLoops {
  public:
    std::shared_ptr<Loop> of(const std::shared_ptr<KinesisClient>& client) {
        const std::lock_guard lock(mutex_);
        std::erase_if(loops_, [](const auto& one) { return one.second.expired(); });
        std::weak_ptr<Loop>& known = loops_[client];
        std::shared_ptr<Loop> loop = known.lock();
        if (loop == nullptr) known = loop = std::make_shared<ThreadLoop>("lk-dispatch");
        return loop;
    }

  private:
    std::mutex mutex_;
    std::map<std::weak_ptr<KinesisClient>, std::weak_ptr<Loop>, std::owner_less<>> loops_;
};

}  // namespace

std::shared_ptr<Loop> loop_of(const std::shared_ptr<KinesisClient>& client) {
    if (auto* owner = dynamic_cast<LoopOwner*>(client.get())) return owner->loop();
    static PerProcess<ThreadLoops> loops;
    return loops.get().of(client);
}

}  // namespace lk
