#pragma once

#include <future>

#include "http/transport.hpp"

namespace lk::http {

/// For tests: posts a body in one piece and waits for what comes of it.
class Poster {
  public:
    explicit Poster(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}
    Poster() : Poster(curl_transport({.user_agent = "lk-test"})) {}

    Request request_to(std::string url, std::size_t max_answer_bytes = 1024 * 1024) const {
        return {.url = std::move(url),
                .headers = {"Content-Type: text/plain"},
                .timeout = std::chrono::seconds(60),
                .max_answer_bytes = max_answer_bytes};
    }

    Expected<Answer, NoAnswer> post(Request request, std::string_view body) {
        request.body = {&body, 1};
        request.body_bytes = body.size();
        // Shared, as the loop may still be leaving set_value() when this thread has gone on.
        const auto promise = std::make_shared<std::promise<Expected<Answer, NoAnswer>>>();
        auto outcome = promise->get_future();
        transport_->post(std::move(request), [promise](Expected<Answer, NoAnswer> came) {
            promise->set_value(std::move(came));
        });
        return outcome.get();
    }

    Expected<Answer, NoAnswer> post(const std::string& url, std::string_view body) {
        return post(request_to(url), body);
    }

    [[nodiscard]] Transport& transport() { return *transport_; }

  private:
    std::shared_ptr<Transport> transport_;
};

}  // namespace lk::http
