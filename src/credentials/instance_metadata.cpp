#include "credentials/instance_metadata.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "aws/endpoint.hpp"
#include "credentials/ask.hpp"
#include "credentials/source.hpp"

namespace lk::credentials {
namespace {

constexpr std::string_view whom = "EC2 instance metadata";

std::string lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

std::string setting(const Surroundings& surroundings, const char* variable, const char* key) {
    auto value = surroundings.environment(variable);
    if (value.empty()) value = surroundings.files.profile().value(key);
    return value;
}

std::string base_url(const Surroundings& surroundings) {
    auto url =
        setting(surroundings, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    if (!url.empty()) {
        while (url.ends_with('/')) url.pop_back();
        return url;
    }
    const auto mode = lower_case(setting(surroundings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                         "ec2_metadata_service_endpoint_mode"));
    return mode == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
}

int number_or(const std::string& text, int otherwise, int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1) return otherwise;
    return std::min(value, most);
}

}  // namespace

InstanceMetadata::InstanceMetadata(SharedSurroundings surroundings)
    : surroundings_(std::move(surroundings)), base_(base_url(*surroundings_)) {}

bool InstanceMetadata::disabled(const aws::Environment& environment) {
    return lower_case(environment("AWS_EC2_METADATA_DISABLED")) == "true";
}

http::WaitingCall InstanceMetadata::call(std::string_view path) const {
    // The metadata is within the machine: who does not answer in a second is not there.
    const std::chrono::seconds patience(
        number_or(surroundings_->environment("AWS_METADATA_SERVICE_TIMEOUT"), 1, 60));
    http::WaitingCall made{
        .url = base_, .connect_timeout = patience, .timeout = patience, .may_use_proxy = false};
    made.url += path;
    return made;
}

int InstanceMetadata::attempts() const {
    return number_or(surroundings_->environment("AWS_METADATA_SERVICE_NUM_ATTEMPTS"), 2, 10);
}

Expected<WipedText, Error> InstanceMetadata::token() {
    if (!token_.empty()) return token_;
    auto put = call("/latest/api/token");
    put.method = "PUT";
    put.headers.emplace_back("x-aws-ec2-metadata-token-ttl-seconds: 21600");
    const auto came = ask(*surroundings_, std::move(put), whom, {.attempts = attempts()});
    if (!came) {
        return refused(came.error().message +
                       "; this is no EC2 machine, or it is in a container on one: the instance's "
                       "metadata hop limit must then be 2");
    }
    if (came->status == 403) {
        return refused(std::string(whom) + ": is switched off for this machine (HTTP 403)");
    }
    const bool fits = std::all_of(came->body.begin(), came->body.end(),
                                  [](char c) { return c > ' ' && c < 0x7F; });
    if (came->status != 200 || came->body.empty() || !fits) {
        return refused(std::string(whom) + ": gave no token (HTTP " + std::to_string(came->status) +
                       ")");
    }
    token_ = came->body;
    return token_;
}

Expected<http::WipedAnswer, Error> InstanceMetadata::get(std::string_view path) {
    const std::lock_guard lock(mutex_);
    for (bool renewed = false;; renewed = true) {
        const bool is_new = token_.empty();
        const auto word = token();
        if (!word) return word.error();
        auto question = call(path);
        question.headers.push_back(WipedText("x-aws-ec2-metadata-token: ").append(*word));
        auto came = ask(*surroundings_, std::move(question), whom, {.attempts = attempts()});
        const bool token_expired = came && came->status == 401;
        if (!token_expired || is_new || renewed) return came;
        token_.clear();
    }
}

std::string region_of_instance(InstanceMetadata& metadata) {
    const auto came = metadata.get("/latest/meta-data/placement/region");
    if (!came || came->status != 200 || !aws::is_host_label(came->body)) return {};
    return std::string(came->body);
}

}  // namespace lk::credentials
