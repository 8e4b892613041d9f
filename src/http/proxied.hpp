#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace lk::http {

/// For tests: an environment without proxies, which a test may then set; as it was again after it.
class Proxied : public testing::Test {
  protected:
    static constexpr const char* names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

    Proxied() {
        for (const char* name : names) {
            const char* value = std::getenv(name);
            before_.emplace_back(name, value == nullptr ? "" : value);
            unsetenv(name);
        }
    }
    ~Proxied() override {
        for (const auto& [name, value] : before_) {
            if (value.empty()) {
                unsetenv(name.c_str());
            } else {
                setenv(name.c_str(), value.c_str(), 1);
            }
        }
    }

  private:
    std::vector<std::pair<std::string, std::string>> before_;
};

}  // namespace lk::http
