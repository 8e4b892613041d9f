#include "credentials/refresh_watch.hpp"

#include <algorithm>
#include <utility>

#include "base/per_process.hpp"
#include "base/threads.hpp"

namespace lk::credentials {

struct RefreshWatch::State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::weak_ptr<Watched>> watched;
    bool changes = false;
    bool stopping = false;

    void run() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            changes = false;
            std::erase_if(watched, [](const auto& one) { return one.expired(); });
            const std::vector<std::weak_ptr<Watched>> all = watched;
            lock.unlock();
            TimePoint next = never;
            for (const auto& one : all) {
                if (const auto living = one.lock()) next = std::min(next, living->look());
            }
            lock.lock();
            const auto is_wanted = [this] { return changes || stopping; };
            if (next == never) {
                changed.wait(lock, is_wanted);
            } else {
                changed.wait_until(lock, next, is_wanted);
            }
        }
    }
};

std::shared_ptr<RefreshWatch> RefreshWatch::shared() {
    constinit static SharedPerProcess<RefreshWatch> watch;
    return watch.get([] { return std::make_shared<RefreshWatch>(); });
}

RefreshWatch::RefreshWatch() : state_(std::make_shared<State>()) {
    thread_ = start_thread("lk-credentials", [state = state_] { state->run(); });
}

RefreshWatch::~RefreshWatch() {
    if (origin_.inherited()) {
        keep_for_good(std::move(state_));
        keep_for_good(std::make_shared<std::thread>(std::move(thread_)));
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->changed.notify_all();
    thread_.join();
}

void RefreshWatch::add(std::weak_ptr<Watched> watched) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->watched.push_back(std::move(watched));
    }
    look_again();
}

void RefreshWatch::look_again() noexcept {
    {
        const std::lock_guard lock(state_->mutex);
        state_->changes = true;
    }
    state_->changed.notify_all();
}

}  // namespace lk::credentials
