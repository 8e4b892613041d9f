#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/test_files.hpp"
#include "credentials/surroundings.hpp"
#include "http/scripted_server.hpp"

namespace lk::credentials {

inline constexpr std::string_view secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
inline constexpr std::string_view secret_token = "IQoJb3JpZ2luX2VjEXAMPLE//////////token==";

/// For tests: a service that gives credentials, over HTTP on 127.0.0.1.
class FarEnd {
  public:
    struct Answer {
        int status = 200;
        std::string body = {};
        std::string headers = {};
    };
    using Answering = std::function<Answer(const http::ReceivedRequest&)>;

    explicit FarEnd(Answering answering)
        : answering_(std::move(answering)), server_([this](http::ScriptedConnection& connection) {
              while (auto request = connection.read_request()) {
                  const Answer answer = take(*request);
                  // No status: no answer, ever.
                  if (answer.status == 0) {
                      connection.wait_for_more();
                      return;
                  }
                  connection.answer(answer.status, answer.body, answer.headers);
              }
          }) {}

    [[nodiscard]] std::string url() const {
        std::string url = server_.url();
        url.pop_back();
        return url;
    }

    [[nodiscard]] std::vector<http::ReceivedRequest> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    [[nodiscard]] std::size_t count(std::string_view path_in_line) const {
        std::size_t found = 0;
        for (const auto& one : requests()) {
            if (one.first_line.find(path_in_line) != std::string::npos) ++found;
        }
        return found;
    }

  private:
    Answer take(const http::ReceivedRequest& request) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        return answering_(request);
    }

    mutable std::mutex mutex_;
    std::vector<http::ReceivedRequest> requests_;
    Answering answering_;
    http::ScriptedServer server_;
};

/// For tests: what a client meets, made of variables and the two shared files.
struct World {
    aws::TemporaryFolder folder;
    std::map<std::string, std::string> variables;
    WallTime time = WallTime(std::chrono::seconds(1'790'000'000));  // 2026-09-21T14:13:20Z
    std::string region = "eu-west-1";

    World() { variables["HOME"] = folder.path(); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void config(std::string_view text) { static_cast<void>(folder.write(".aws/config", text)); }
    void keys(std::string_view text) { static_cast<void>(folder.write(".aws/credentials", text)); }

    /// Reads the files now. `profile`: the option's.
    [[nodiscard]] Surroundings surroundings(std::string_view profile = {}) const {
        Surroundings made;
        made.environment = [variables = variables](const char* name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::string() : found->second;
        };
        auto files = aws::ProfileFiles::load(made.environment, profile);
        if (!files) throw std::runtime_error(files.error().message);
        made.files = std::move(*files);
        made.region = region;
        made.user_agent = "lk-dispatch/test";
        made.now = [this] { return time; };
        return made;
    }
    [[nodiscard]] SharedSurroundings shared(std::string_view profile = {}) const {
        return std::make_shared<const Surroundings>(surroundings(profile));
    }
};

inline void expect_no_secret_in(const std::string& text) {
    EXPECT_EQ(text.find(secret_key), std::string::npos) << text;
    EXPECT_EQ(text.find(secret_token), std::string::npos) << text;
}

/// Fails the test where there are credentials or where the message lacks one of these words.
inline void expect_refused(const Expected<Fetched, Error>& came,
                           std::initializer_list<std::string_view> words) {
    ASSERT_FALSE(came) << "there are credentials";
    EXPECT_EQ(came.error().code, ErrorCode::credentials);
    for (const auto word : words) {
        EXPECT_NE(came.error().message.find(word), std::string::npos)
            << "no \"" << word << "\" in: " << came.error().message;
    }
    expect_no_secret_in(came.error().message);
}

}  // namespace lk::credentials
