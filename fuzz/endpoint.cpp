// One line of text for each place where a name or an URL is taken.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/endpoint.hpp"
#include "aws/http_date.hpp"
#include "aws/kinesis_service.hpp"
#include "aws/stream_arn.hpp"
#include "http/loopback.hpp"
#include "http/proxy.hpp"
#include "must.hpp"

namespace {

using lk::fuzz::must;
using namespace lk::aws;

bool is_printable(char c) {
    return c > ' ' && c <= '~';
}

void try_endpoint(std::string_view text) {
    const auto endpoint = parse_endpoint(text, "option endpoint");
    if (!endpoint) return;
    const std::string& url = endpoint->url;
    must(url == "http://" + endpoint->host + endpoint->path ||
             url == "https://" + endpoint->host + endpoint->path,
         "an URL is its parts");
    must(std::all_of(url.begin(), url.end(), is_printable), "an URL is printable");
    must(url.find_first_of("?#\\") == std::string::npos, "an URL has no query or fragment");
    must(endpoint->host.find('@') == std::string::npos, "an URL has no user");
    must(endpoint->path.starts_with('/'), "a path begins with a slash");
    const auto again = parse_endpoint(url, "option endpoint");
    must(again && again->url == url && again->host == endpoint->host &&
             again->path == endpoint->path,
         "an URL is read the same again");
    (void)lk::http::is_loopback(url);
}

void try_arn(std::string_view text) {
    const auto arn = parse_stream_arn(text);
    if (!arn) {
        must(arn.error().message.size() < 1000, "a refusal stays readable");
        return;
    }
    std::string parts = "arn:";
    for (const std::string_view part :
         {arn->partition, std::string_view("kinesis"), arn->region, arn->account}) {
        parts.append(part).append(":");
    }
    must(parts.append("stream/").append(arn->name) == text, "an ARN is its parts");
}

void try_region(std::string_view text) {
    const auto no_environment = [](const char*) { return std::string(); };
    const auto service = find_kinesis({.region = text}, no_environment, ProfileFiles());
    if (!service) return;
    must(is_aws_host(service->endpoint.host), "no region leads away from AWS");
    const std::string arn = "arn:" + std::string(service->partition->name) +
                            ":kinesis:" + service->region + ":111122223333:stream/events";
    const auto of_stream = endpoint_of_stream(*service, arn, Plane::data);
    must(of_stream.has_value() && is_aws_host(of_stream->endpoint.host),
         "a stream of the region has a host");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_endpoint(text);
    try_arn(text);
    try_region(text);
    (void)parse_http_date(text);
    (void)lk::http::problem_of_proxy(text);
    return 0;
}
