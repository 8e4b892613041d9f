#pragma once

#include <gtest/gtest.h>

#include "local/operations/test_kinesis.hpp"

namespace lk::local {

/// For tests: a Kinesis that is asked in JSON in one run of each test and in CBOR in the other.
class BothEncodings : public testing::TestWithParam<wire::Encoding> {
  protected:
    TestKinesis kinesis{{.encoding = GetParam()}};
};

inline std::string name_of_encoding(const testing::TestParamInfo<wire::Encoding>& info) {
    return info.param == wire::Encoding::json ? "Json" : "Cbor";
}

}  // namespace lk::local

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): GoogleTest has no other way.
#define LK_IN_BOTH_ENCODINGS(suite)                                                               \
    INSTANTIATE_TEST_SUITE_P(, suite,                                                             \
                             testing::Values(lk::wire::Encoding::json, lk::wire::Encoding::cbor), \
                             lk::local::name_of_encoding)
