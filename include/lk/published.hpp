#pragma once

#include <coroutine>
#include <functional>
#include <optional>
#include <utility>

#include <lk/error.hpp>
#include <lk/event.hpp>
#include <lk/expected.hpp>

namespace lk {

/// How one dispatched event ended: the event as it stands in the stream, or why it does not.
using Outcome = Expected<Event, Error>;

namespace detail {
class Slot;
}

/// The result of one dispatch(): move-only, cheap, owned by one thread at a time.
///
/// Its destructor never blocks, and dropping it loses nothing: the event goes its way. It may
/// outlive its dispatch function. Take the outcome once, by one of get(), wait(), then() or
/// co_await; afterwards it is empty, and a further call gives `abandoned`.
///
/// Callbacks and coroutines go on in the library's completion thread (or in the executor given to
/// get_dispatch), in order per partition key, never inside dispatch() and never on a thread that
/// sends. A slow one delays other completions, never sending. In there, get() and wait() on an
/// unresolved result, flush() and close() would wait for themselves: they fail at once with
/// `would_deadlock`; so they do inside a client's put_records(). An exception that leaves a
/// callback goes to the log hook and stops nothing. Where the system has no thread for them they
/// wait for the next result of their dispatch function, and run in its destructor at the latest, on
/// the thread that destroys it, unless that is a callback itself.
///
/// With a client of the library's own, a thread in get() or wait() does the sending meanwhile where
/// there is little else to send: a lone event then crosses no other thread. It needs as much stack
/// as a TLS connection takes, signal handlers of the program run on it as ever, and it can not be
/// cancelled (pthread_cancel) before it returns.
///
/// In a child process that was forked after the dispatch(), a result that was there can still be
/// taken; any other fails with `forked`, for only the parent gets it. Callbacks and coroutines that
/// waited at the fork go on in the parent alone.
class Published {
  public:
    Published() = default;
    Published(Published&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Published& operator=(Published&& other) noexcept;
    Published(const Published&) = delete;
    Published& operator=(const Published&) = delete;
    ~Published();

    /// Blocks until the event is acknowledged, and returns it.
    /// Throws DispatchError when it failed, or with `would_deadlock`, after which the result can
    /// still be taken another way.
    Event get();

    /// Blocks until the event is settled; throws nothing. On `would_deadlock` the result can still
    /// be taken another way.
    [[nodiscard]] Outcome wait();

    /// True once the outcome is there, so that get() and wait() would not block.
    [[nodiscard]] bool ready() const noexcept;

    /// With an outbox (see OutboxOptions), the stage before: blocks until the event is on disk, or
    /// published. Gives nothing then, or else why it will never be: it failed, or there is no
    /// outbox (`bad_option`). The outcome stays to be taken.
    [[nodiscard]] std::optional<Error> wait_stored();

    /// The same as a callback, called where those of then() are, and before them. Once for each
    /// result; it stays when the result is dropped.
    void on_stored(std::function<void(std::optional<Error>)> callback);

    /// What `co_await published.stored()` waits with.
    class StoredAwaiter;

    /// The same for a coroutine: `co_await published.stored()`, which throws DispatchError where
    /// wait_stored() would give an Error. The result must live, and stay where it is, meanwhile.
    [[nodiscard]] StoredAwaiter stored();

    /// Calls `callback` with the outcome once it is there.
    void then(std::function<void(Outcome)> callback) &&;

    /// What `co_await` waits with.
    class Awaiter;

    /// `Event event = co_await dispatch(...)`; throws DispatchError when it failed. Resumes where
    /// callbacks run, never inside dispatch(). A coroutine that is destroyed before then must not
    /// be waiting here.
    Awaiter operator co_await() &&;

  private:
    friend class detail::Slot;
    friend class Dispatch;
    explicit Published(detail::Slot* slot) noexcept : slot_(slot) {}

    detail::Slot* slot_ = nullptr;
};

class Published::Awaiter {
  public:
    explicit Awaiter(Published&& result) : result_(std::move(result)) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting);
    Event await_resume();

  private:
    Published result_;
    std::optional<Outcome> outcome_;
};

class Published::StoredAwaiter {
  public:
    explicit StoredAwaiter(Published& result) noexcept : result_(result) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting);
    void await_resume();

  private:
    Published& result_;
    std::optional<Error> failure_;
};

inline Published::StoredAwaiter Published::stored() {
    return StoredAwaiter(*this);
}

inline Published::Awaiter Published::operator co_await() && {
    return Awaiter(std::move(*this));
}

}  // namespace lk
