#include "http/transfers.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace lk::http {
namespace {

// libcurl's global state, set up once and kept for good: other libraries in this process may use
// it too.
void initialize_curl() {
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK) throw std::bad_alloc();
}

// The owner of a `done` reports its exceptions; here they must only not end the loop.
void call(Done& done, Expected<Answer, NoAnswer> outcome) noexcept {
    try {
        done(std::move(outcome));
    } catch (...) {
    }
}

}  // namespace

Transfers::Transfers(const ReadClocks& read_clocks) : freeze_watch_(read_clocks) {
    initialize_curl();
    open_multi();
}

// In place of the one there is, with whose end its connections are closed.
void Transfers::open_multi() {
    void* multi = curl_multi_init();
    if (multi == nullptr) throw std::bad_alloc();
    {
        const std::lock_guard lock(multi_mutex_);
        std::swap(multi, multi_);
    }
    curl_multi_cleanup(multi);
    allow_connections();
}

void Transfers::allow_connections() {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, std::max(connections_, 1L));
}

Transfers::~Transfers() {
    for (const UnderWay& one : under_way_) curl_multi_remove_handle(multi_, one.transfer->easy());
    under_way_.clear();
    curl_multi_cleanup(multi_);
}

void Transfers::start(const std::shared_ptr<Handles>& handles, Request request, Done done) {
    NoAnswer refused{.message = "the client is being destroyed; nothing was sent.",
                     .may_have_been_sent = false};
    if (!handles->ended()) {
        try {
            if (handles->begin()) {
                connections_ += handles->max_connections();
                allow_connections();
            }
            look_for_a_freeze();
            std::unique_ptr<Transfer> transfer = handles->take(sockets_);
            under_way_.reserve(under_way_.size() + 1);
            transfer->use_connections(oldest_usable_connection(handles->max_connection_age()));
            transfer->take(std::move(request), done);
            if (curl_multi_add_handle(multi_, transfer->easy()) == CURLM_OK) {
                under_way_.push_back({std::move(transfer), handles});
                return;
            }
            done = transfer->release();
        } catch (const std::bad_alloc&) {
        }
        refused.message = "out of memory before the request was begun; nothing was sent.";
    }
    call(done, std::move(refused));
}

// Idle connections are closed with their multi handle. With requests under way it must stay, and
// the connections from before the freeze with it, until libcurl itself finds them too long idle
// (two minutes, CURLOPT_MAXAGE_CONN).
void Transfers::look_for_a_freeze() {
    const TimePoint now = std::chrono::steady_clock::now();
    if (freeze_watch_.thawed()) thawed_at_ = now;
    if (!thawed_at_) return;
    if (under_way_.empty()) {
        open_multi();
        thawed_at_.reset();
    } else if (now - *thawed_at_ > std::chrono::minutes(3)) {
        thawed_at_.reset();
    }
}

std::optional<std::chrono::seconds> Transfers::oldest_usable_connection(
    std::chrono::seconds most) const {
    const auto since_the_freeze = oldest_since_the_freeze();
    if (most <= std::chrono::seconds(0)) return since_the_freeze;
    return std::min(since_the_freeze.value_or(most), most);
}

// libcurl counts the age of a connection in whole seconds, hence the margin.
std::optional<std::chrono::seconds> Transfers::oldest_since_the_freeze() const {
    if (!thawed_at_) return std::nullopt;
    const auto since =
        std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - *thawed_at_);
    return std::max(since - std::chrono::seconds(2), std::chrono::seconds(0));
}

void Transfers::perform() {
    int running = 0;
    curl_multi_perform(multi_, &running);
    for (const UnderWay& one : under_way_) one.transfer->send_the_rest();
    call_finished();
    close_what_is_left();
}

// As after a freeze: only with its multi handle can a connection be closed.
void Transfers::close_what_is_left() noexcept {
    if (!some_are_left_ || !under_way_.empty()) return;
    try {
        open_multi();
        some_are_left_ = false;
    } catch (const std::bad_alloc&) {
        // Another round tries again.
    }
}

void Transfers::call_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        // The message ends when its handle is taken out.
        const CURLcode code = message->data.result;
        UnderWay ended = take_out(Transfer::of(message->easy_handle));
        auto outcome = ended.transfer->outcome(code);
        finish(std::move(ended), std::move(outcome));
    }
}

void Transfers::end(const std::shared_ptr<Handles>& handles) {
    if (handles->ended()) return;
    handles->end();
    call_finished();
    const auto is_its = [&](const UnderWay& one) { return one.handles == handles; };
    // A `done` may end other requests in turn.
    for (auto found = std::find_if(under_way_.begin(), under_way_.end(), is_its);
         found != under_way_.end();
         found = std::find_if(under_way_.begin(), under_way_.end(), is_its)) {
        UnderWay ended = take_out(found->transfer.get());
        NoAnswer none = ended.transfer->cut_short();
        finish(std::move(ended), std::move(none));
    }
    if (!handles->begun()) return;
    connections_ -= handles->max_connections();
    allow_connections();
    some_are_left_ = true;
}

Transfers::UnderWay Transfers::take_out(Transfer* transfer) {
    curl_multi_remove_handle(multi_, transfer->easy());
    const auto found = std::find_if(under_way_.begin(), under_way_.end(), [&](const UnderWay& one) {
        return one.transfer.get() == transfer;
    });
    UnderWay taken = std::move(*found);
    *found = std::move(under_way_.back());
    under_way_.pop_back();
    return taken;
}

void Transfers::finish(UnderWay ended, Expected<Answer, NoAnswer> outcome) {
    Done done = ended.transfer->release();
    ended.handles->give_back(std::move(ended.transfer));
    call(done, std::move(outcome));
}

// How long a sleep may last, in what libcurl takes.
std::chrono::milliseconds Transfers::time_until(TimePoint until) {
    constexpr auto longest = std::chrono::milliseconds(std::numeric_limits<int>::max());
    if (until == never) return longest;
    const auto left = std::max(until - std::chrono::steady_clock::now(), Duration::zero());
    return std::min(longest, std::chrono::ceil<std::chrono::milliseconds>(left));
}

void Transfers::wait(TimePoint until) {
    const auto timeout = time_until(until);
    if (timeout.count() == 0) return;
    falls_asleep(until);
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(timeout.count()), nullptr);
    wakes_up();
}

void Transfers::falls_asleep(TimePoint until) {
    if (until != never) freeze_watch_.falls_asleep(time_until(until));
}

void Transfers::wake() noexcept {
    const std::lock_guard lock(multi_mutex_);
    curl_multi_wakeup(multi_);
}

}  // namespace lk::http
