#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <lk/dispatch.hpp>

#include "fake_kinesis.hpp"

namespace lk {

using namespace std::chrono_literals;
using testing::FakeKinesis;

/// Lines given to the log hook.
class LogLines {
  public:
    auto hook() {
        return [this](LogLevel level, std::string_view line) {
            const std::lock_guard lock(mutex_);
            lines_.emplace_back(level, line);
        };
    }
    [[nodiscard]] std::string all() const { return from(LogLevel::info); }
    /// Those of this level and worse.
    [[nodiscard]] std::string from(LogLevel least) const {
        const std::lock_guard lock(mutex_);
        std::string text;
        for (const auto& [level, line] : lines_) {
            if (level >= least) text += line + "\n";
        }
        return text;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::pair<LogLevel, std::string>> lines_;
};

/// A dispatch function on a fake Kinesis.
class DispatchTest : public ::testing::Test {
  protected:
    [[nodiscard]] DispatchOptions options() {
        return {.kinesis_client = kinesis,
                .kinesis_stream = "entrypoint",
                .producer_id = "server@hostname",
                .log = log.hook()};
    }

    std::shared_ptr<FakeKinesis> kinesis = std::make_shared<FakeKinesis>();
    LogLines log;
};

}  // namespace lk
