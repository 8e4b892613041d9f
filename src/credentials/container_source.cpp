#include "credentials/container_source.hpp"

#include <algorithm>
#include <utility>

#include "aws/endpoint.hpp"
#include "credentials/ask.hpp"
#include "credentials/json_answer.hpp"
#include "credentials/token_file.hpp"
#include "http/loopback.hpp"

namespace lk::credentials {
namespace {

constexpr const char* relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

// The addresses that ECS and EKS answer at, of IPv4 and IPv6.
bool is_of_a_container(std::string_view url) {
    for (const std::string_view host : {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"}) {
        const std::string start = "http://" + std::string(host);
        if (!url.starts_with(start)) continue;
        const std::string_view rest = url.substr(start.size());
        if (rest.empty() || rest.front() == '/' || rest.front() == ':') return true;
    }
    return false;
}

bool fits_an_url(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

Expected<WipedText, Error> authorization(const aws::Environment& environment) {
    constexpr const char* file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    constexpr const char* plain = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    if (const auto path = environment(file); !path.empty()) {
        return read_token_file(path, file, Spaces::allowed);
    }
    const WipedText token(environment(plain));
    const bool breaks_a_line = token.find_first_of("\r\n") != WipedText::npos;
    if (breaks_a_line) return refused(std::string(plain) + " holds a line break");
    return token;
}

}  // namespace

Expected<ContainerPlace, Error> container_place(const aws::Environment& environment) {
    if (const auto path = environment(relative); !path.empty()) {
        if (path.front() != '/' || !fits_an_url(path)) {
            return refused(std::string(relative) + ": \"" + quotable(path) +
                           "\" is no path that begins with a slash");
        }
        return ContainerPlace{"http://169.254.170.2" + path, relative};
    }
    const auto url = environment(full);
    if (url.empty()) return ContainerPlace{};
    const std::string plain = url.substr(0, url.find_first_of("?#"));
    if (const auto read = aws::parse_endpoint(plain, full); !read || !fits_an_url(url)) {
        return refused(read ? std::string(full) + ": holds a space" : read.error().message);
    }
    if (!url.starts_with("https://") && !http::is_loopback(url) && !is_of_a_container(url)) {
        return refused(std::string(full) + ": \"" + quotable(plain) +
                       "\" is neither https nor an address of this machine, ECS "
                       "(169.254.170.2) or EKS (169.254.170.23, [fd00:ec2::23]); credentials are "
                       "not asked for there");
    }
    return ContainerPlace{url, full};
}

ContainerSource::ContainerSource(ContainerPlace place, SharedSurroundings surroundings)
    : place_(std::move(place)), surroundings_(std::move(surroundings)) {}

Expected<Fetched, Error> ContainerSource::fetch() {
    const auto token = authorization(surroundings_->environment);
    if (!token) return token.error();
    http::WaitingCall call{.url = place_.url,
                           .connect_timeout = std::chrono::seconds(2),
                           .timeout = std::chrono::seconds(5),
                           .may_use_proxy = false};
    call.headers.emplace_back("Accept: application/json");
    if (!token->empty()) call.headers.push_back(WipedText("Authorization: ").append(*token));
    const auto came = ask(*surroundings_, std::move(call), name());
    if (!came) return came.error();
    if (came->status != 200) return refused(name() + ": " + refusal(*came));
    const auto fields = JsonFields::read(came->body);
    if (!fields) return refused(name() + ": the answer is no JSON object");
    return credentials_in(*fields, {.session_token = "Token"}, name());
}

std::string ContainerSource::name() const {
    return "container credentials (" + place_.from + ")";
}

}  // namespace lk::credentials
