#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "local/service.hpp"
#include "local/store/store.hpp"
#include "wire/document.hpp"
#include "wire/error_answer.hpp"

namespace lk::local {

/// For tests: a Kinesis without HTTP, whose time stands still until it is moved.
class TestKinesis {
  public:
    struct Options {
        wire::Encoding encoding = wire::Encoding::json;
        StoreOptions store = {};
        bool enforce_limits = false;
    };
    explicit TestKinesis(const Options& options);
    TestKinesis() : TestKinesis(Options{}) {}

    [[nodiscard]] Reply send(std::string_view operation, const wire::Document& request) const;
    /// The answer's members; notes a test failure unless the status is 200.
    wire::Document ask(std::string_view operation, const wire::Document& request) const;
    /// The error; notes a test failure if there is none.
    [[nodiscard]] wire::ErrorAnswer refusal(std::string_view operation,
                                            const wire::Document& request) const;

    /// Bytes as the encoding writes them.
    [[nodiscard]] wire::Document data(std::string_view bytes) const;
    [[nodiscard]] static std::string bytes(const wire::Document& data);

    void create(std::string_view stream, int shards = 1) const;
    /// The sequence number that the record got.
    std::string put(std::string_view stream, std::string_view bytes,
                    std::string_view key = "k") const;
    [[nodiscard]] std::string iterator(std::string_view stream, std::string_view type,
                                       const wire::Document& more = wire::Document::object()) const;
    /// The data of all records from the iterator on.
    [[nodiscard]] std::vector<std::string> read(const std::string& iterator) const;

    void pass(std::chrono::milliseconds time);
    [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
    [[nodiscard]] Store& store() const { return *store_; }

  private:
    wire::Encoding encoding_;
    std::unique_ptr<Store> store_;
    std::int64_t now_ms_ = 1'800'000'000'123;
    TimePoint steady_now_{std::chrono::hours(1)};
    std::unique_ptr<Service> service_;
};

}  // namespace lk::local
