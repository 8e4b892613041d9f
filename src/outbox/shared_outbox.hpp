#pragma once

#include <memory>
#include <new>
#include <string>
#include <thread>

#include "base/fork.hpp"
#include "outbox/inbox.hpp"
#include "outbox/keeper.hpp"
#include "outbox/outbox.hpp"

namespace lk::outbox {

/// A directory's outbox: the thread, and what it is asked through. Ends with its last user; its
/// destructor waits for what was asked (not on its own thread: then that ends by itself).
class SharedOutbox {
  public:
    /// `closed` is called when the directory is free again, from whatever thread.
    SharedOutbox(std::unique_ptr<Keeper> keeper, const Options& options,
                 std::function<void()> closed);
    ~SharedOutbox();
    SharedOutbox(const SharedOutbox&) = delete;
    SharedOutbox& operator=(const SharedOutbox&) = delete;

    [[nodiscard]] Inbox& inbox() noexcept { return state_->inbox; }
    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return state_->keeper->bytes(); }
    [[nodiscard]] PageId last_page() const noexcept { return state_->keeper->next_id() - 1; }
    [[nodiscard]] bool on_its_thread() const noexcept;
    [[nodiscard]] bool inherited() const noexcept { return state_->origin.inherited(); }

    /// Asks the keeper on the outbox's thread, and waits for its answer. Not on that thread. Throws
    /// std::bad_alloc when that had no memory for it.
    template <class Answer>
    Answer ask(std::function<Answer(Keeper&)> question);

  private:
    // What the thread uses; outlives the object when the thread does.
    struct State {
        const Origin origin;
        Inbox inbox;
        std::unique_ptr<Keeper> keeper;
        std::function<void()> closed;

        void run();
    };

    const Options options_;
    std::shared_ptr<State> state_;
    std::thread thread_;
};

template <class Answer>
Answer SharedOutbox::ask(std::function<Answer(Keeper&)> question) {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<Answer> answer;
    bool is_answered = false;
    inbox().ask([&](Keeper& keeper) {
        std::optional<Answer> made;
        try {
            made.emplace(question(keeper));
        } catch (const std::bad_alloc&) {
            // It is the asker's to hear of it.
        }
        const std::lock_guard lock(mutex);
        answer = std::move(made);
        is_answered = true;
        // Under the lock: the waiting caller owns what is notified.
        answered.notify_one();
    });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return is_answered; });
    if (!answer) throw std::bad_alloc();
    return std::move(*answer);
}

}  // namespace lk::outbox
