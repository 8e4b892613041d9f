#include "aws/sigv4.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

namespace lk::aws {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

// A request as AWS's cases write it: "POST / HTTP/1.1", header lines (one that begins with a space
// goes on with the line before), an empty line, the body.
struct WrittenRequest {
    std::string method;
    std::string path;
    std::string query;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    explicit WrittenRequest(const std::string& text) {
        std::size_t at = text.find('\n');
        const std::string first = text.substr(0, at);
        const auto method_end = first.find(' ');
        const std::string target =
            first.substr(method_end + 1, first.rfind(" HTTP/") - method_end - 1);
        method = first.substr(0, method_end);
        path = target.substr(0, target.find('?'));
        if (target.find('?') != std::string::npos) query = target.substr(target.find('?') + 1);
        for (++at; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string line = text.substr(at, end - at);
            at = end + 1;
            if (line.empty()) {
                body = text.substr(std::min(at, text.size()));
                break;
            }
            if (line.front() == ' ') {
                headers.back().second += "\n" + line;
            } else {
                const auto colon = line.find(':');
                headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
            }
        }
    }
};

std::string scope_of(const nlohmann::json& context, std::string_view date) {
    return std::string(date) + "/" + context["region"].get<std::string>() + "/" +
           context["service"].get<std::string>() + "/aws4_request";
}

class PublishedCase : public testing::TestWithParam<std::string> {};

TEST_P(PublishedCase, IsSignedAsAwsSignsIt) {
    const std::filesystem::path folder =
        std::filesystem::path(LK_GOLDEN_DIR) / "sigv4" / GetParam();
    const auto context = nlohmann::json::parse(read_file(folder / "context.json"));
    ASSERT_EQ(context["timestamp"], "2015-08-30T12:36:00Z");
    const auto time = std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) +
                      std::chrono::hours(12) + std::chrono::minutes(36);
    const auto& given = context["credentials"];
    const Credentials credentials{given["access_key_id"],
                                  Secret(given["secret_access_key"].get<std::string>()),
                                  Secret(given.value("token", std::string()))};
    SignOptions options;
    options.normalize_path = context["normalize"];
    options.add_body_hash = context["sign_body"];
    options.leave_token_unsigned = context.value("omit_session_token", false);

    const WrittenRequest written(read_file(folder / "request.txt"));
    std::vector<Header> headers;
    for (const auto& [name, value] : written.headers) headers.push_back({name, value});
    const RequestToSign request{written.method, written.path, written.query, headers,
                                sha256(written.body)};

    const Signer signer(context["region"], context["service"]);
    const auto added = signer.sign(request, credentials, time, options);

    std::vector<Header> all_signed = headers;
    for (const auto& [name, value] : added) {
        const bool unsigned_token = options.leave_token_unsigned && name == "X-Amz-Security-Token";
        if (name != "Authorization" && !unsigned_token) all_signed.push_back({name, value});
    }
    RequestToSign complete = request;
    complete.headers = all_signed;
    const CanonicalRequest canonical = canonical_request(complete, options.normalize_path);
    EXPECT_EQ(canonical.text, read_file(folder / "header-canonical-request.txt"));
    EXPECT_EQ(string_to_sign("20150830T123600Z", scope_of(context, "20150830"), canonical.text),
              read_file(folder / "header-string-to-sign.txt"));

    const std::string& authorization = added.back().second;
    EXPECT_EQ(authorization.substr(authorization.find("Signature=") + 10),
              read_file(folder / "header-signature.txt"));

    const WrittenRequest expected(read_file(folder / "header-signed-request.txt"));
    const auto comparable = [](std::vector<std::pair<std::string, std::string>> list) {
        for (auto& [name, value] : list) {
            std::transform(name.begin(), name.end(), name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        }
        return std::multiset<std::pair<std::string, std::string>>(list.begin(), list.end());
    };
    auto sent = written.headers;
    sent.insert(sent.end(), added.begin(), added.end());
    EXPECT_EQ(comparable(sent), comparable(expected.headers));
}

std::vector<std::string> published_cases() {
    std::vector<std::string> names;
    for (const auto& folder :
         std::filesystem::directory_iterator(std::filesystem::path(LK_GOLDEN_DIR) / "sigv4")) {
        names.push_back(folder.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
}

INSTANTIATE_TEST_SUITE_P(Sigv4, PublishedCase, testing::ValuesIn(published_cases()),
                         [](const auto& one) {
                             std::string name = one.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(Sigv4, EveryPublishedCaseIsThere) {
    EXPECT_EQ(published_cases().size(), 38U);
}

TEST(Sigv4, APathThatIsEscapedAlreadyIsEscapedAgain) {
    const auto canonical = canonical_request({.path = "/a%20b", .headers = {}}, true);
    EXPECT_TRUE(canonical.text.starts_with("POST\n/a%2520b\n"));
}

TEST(Sigv4, ABodyInPiecesHasTheHashOfTheWhole) {
    const std::string_view pieces[] = {"Par", "", "am1=va", "lue1"};
    EXPECT_EQ(hex(sha256(pieces)),
              "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");
}

TEST(Sigv4, WritesTimesToTheSecond) {
    const auto time = std::chrono::sys_days(std::chrono::year(2031) / 1 / 2) +
                      std::chrono::hours(3) + std::chrono::minutes(4) +
                      std::chrono::milliseconds(5999);
    EXPECT_EQ(amz_date(time), "20310102T030405Z");
}

std::string signature_of(const Signer& signer, const Credentials& credentials,
                         std::chrono::system_clock::time_point time) {
    const Header host{"Host", "kinesis.eu-west-1.amazonaws.com"};
    return signer.sign({.headers = {&host, 1}}, credentials, time).back().second;
}

// The kept key must never be used for another secret or day; a fresh signer has none kept.
TEST(Sigv4, TheKeptKeyFollowsTheSecretAndTheDay) {
    const Credentials first{"AKIDFIRST", Secret("first secret"), {}};
    const Credentials second{"AKIDSECOND", Secret("second secret"), {}};
    const std::chrono::system_clock::time_point today =
        std::chrono::sys_days(std::chrono::year(2026) / 8 / 1);
    const auto tomorrow = today + std::chrono::days(1);
    const Signer used("eu-west-1", "kinesis");
    for (const auto& time : {today, tomorrow, today}) {
        for (const Credentials* credentials : {&first, &second, &first}) {
            EXPECT_EQ(signature_of(used, *credentials, time),
                      signature_of(Signer("eu-west-1", "kinesis"), *credentials, time));
        }
    }
}

TEST(Sigv4, ManyThreadsSignWithOneSigner) {
    const Signer signer("eu-west-1", "kinesis");
    const std::chrono::system_clock::time_point time =
        std::chrono::sys_days(std::chrono::year(2026) / 8 / 1);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            const Credentials mine{"AKID", Secret("secret " + std::to_string(i % 2)), {}};
            const std::string expected = signature_of(Signer("eu-west-1", "kinesis"), mine, time);
            for (int n = 0; n < 200; ++n) wrong += signature_of(signer, mine, time) != expected;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace lk::aws
