#include <optional>

#include <lk/aws_kinesis.hpp>

#include "aws/ca_bundle.hpp"
#include "aws/profile_files.hpp"
#include "aws/user_agent.hpp"
#include "base/adopt.hpp"
#include "credentials/find_credentials.hpp"
#include "credentials/instance_metadata.hpp"
#include "http/loopback.hpp"
#include "http/proxy.hpp"
#include "kinesis/aws_client.hpp"

namespace lk {
namespace kinesis {
namespace {

using std::chrono::milliseconds;

// As many as a dispatch function may have under way, so that none is opened anew for each request.
constexpr int most_kept_connections = 1000;

std::optional<Error> out_of_range(const char* option, std::int64_t value, const char* unit,
                                  std::int64_t most, const char* range) {
    if (value >= 1 && value <= most) return std::nullopt;
    return Error{.code = ErrorCode::bad_option,
                 .message = std::string("option ") + option + ": " + std::to_string(value) + unit +
                            " is outside " + range};
}

std::optional<Error> check(const detail::AwsKinesisSettings& settings) {
    constexpr std::int64_t longest_ms = 10 * 60 * 1000;
    constexpr std::int64_t oldest_s = 24 * 60 * 60;
    if (auto error = out_of_range("connect_timeout", settings.connect_timeout_ms, " ms", longest_ms,
                                  "1 ms to 10 minutes")) {
        return error;
    }
    if (auto error = out_of_range("request_timeout", settings.request_timeout_ms, " ms", longest_ms,
                                  "1 ms to 10 minutes")) {
        return error;
    }
    if (auto error = out_of_range("max_connection_age", settings.max_connection_age_s, " s",
                                  oldest_s, "1 second to 24 hours")) {
        return error;
    }
    if (settings.proxy.empty()) return std::nullopt;
    const std::string problem = http::problem_of_proxy(settings.proxy);
    if (problem.empty()) return std::nullopt;
    return Error{.code = ErrorCode::bad_option, .message = "option proxy: " + problem};
}

std::optional<bool> flag_of(std::int8_t number) {
    if (number != 0 && number != 1) return std::nullopt;
    return number == 1;
}

Expected<std::shared_ptr<aws::CredentialsProvider>, Error> find_credentials(
    const detail::AwsKinesisSettings& settings, credentials::Surroundings surroundings,
    std::vector<credentials::Step>& steps) {
    if (settings.access_key_id != nullptr) {
        const auto text = [](const std::string* given) {
            return given == nullptr ? std::string_view() : std::string_view(*given);
        };
        const std::string& key = *settings.access_key_id;
        steps.push_back({"option credentials", "key " + credentials::masked(key), true});
        return aws::given_credentials(key, text(settings.secret_access_key),
                                      text(settings.session_token));
    }
    auto found = credentials::find_credentials(std::move(surroundings), settings.profile, &steps);
    if (!found) return std::move(found).error();
    return std::move(found->provider);
}

}  // namespace

aws::RegionOfMachine region_of_machine(const aws::Environment& environment,
                                       std::string option_profile) {
    return [environment, profile = std::move(option_profile)] {
        if (credentials::InstanceMetadata::disabled(environment)) return std::string();
        credentials::Surroundings surroundings;
        surroundings.environment = environment;
        if (auto files = aws::ProfileFiles::load(environment, profile)) {
            surroundings.files = std::move(*files);
        }
        credentials::InstanceMetadata metadata(
            std::make_shared<const credentials::Surroundings>(std::move(surroundings)));
        return credentials::region_of_instance(metadata);
    };
}

Expected<aws::Service, Error> find_service(const detail::AwsKinesisSettings& given,
                                           const aws::Environment& environment,
                                           const aws::RegionOfMachine& machine,
                                           Findings& findings) {
    const detail::AwsKinesisSettings settings = adopt(given);
    if (auto error = check(settings)) return *error;
    auto files = aws::ProfileFiles::load(environment, settings.profile);
    if (!files) return std::move(files).error();
    findings.files = std::move(*files);
    auto service = aws::find_kinesis({.region = settings.region,
                                      .endpoint = settings.endpoint,
                                      .fips = flag_of(settings.use_fips),
                                      .dual_stack = flag_of(settings.use_dual_stack),
                                      .account_hosts = settings.account_hosts},
                                     environment, *findings.files, machine);
    if (service) findings.service = *service;
    return service;
}

namespace {

Expected<std::shared_ptr<AwsKinesis>, Error> make_client(const detail::AwsKinesisSettings& given,
                                                         const aws::Environment& environment,
                                                         const aws::RegionOfMachine& machine,
                                                         Findings& findings) {
    const detail::AwsKinesisSettings settings = adopt(given);
    auto service = find_service(settings, environment, machine, findings);
    if (!service) return std::move(service).error();
    const aws::ProfileFiles& files = *findings.files;
    auto ca_bundle = aws::find_ca_bundle(settings.ca_bundle, environment, files);
    if (!ca_bundle) return std::move(ca_bundle).error();
    findings.ca_bundle = *ca_bundle;
    const std::string user_agent = aws::user_agent(
        LK_VERSION, aws::find_application_id(settings.application_id, environment, files));
    http::TransportOptions transport{
        .connect_timeout = milliseconds(settings.connect_timeout_ms),
        .ca_bundle = ca_bundle->path,
        .user_agent = user_agent,
        .max_connections = most_kept_connections,
        .max_connection_age = std::chrono::seconds(settings.max_connection_age_s),
        .proxy = WipedText(settings.proxy),
        .own_loop = settings.own_thread};
    findings.transport = transport;
    credentials::Surroundings surroundings;
    surroundings.environment = environment;
    surroundings.files = files;
    surroundings.region = service->region;
    surroundings.ca_bundle = ca_bundle->path;
    surroundings.user_agent = user_agent;
    surroundings.proxy = WipedText(settings.proxy);
    surroundings.may_ask_machine = !http::is_loopback(service->endpoint.url);
    surroundings.fips = service->fips;
    surroundings.dual_stack = service->dual_stack;
    auto credentials = find_credentials(settings, std::move(surroundings), findings.credentials);
    if (!credentials) return std::move(credentials).error();
    return std::make_shared<AwsKinesis>(
        AwsKinesis::Parts{.service = std::move(*service),
                          .credentials = std::move(*credentials),
                          .encoding = settings.json ? wire::Encoding::json : wire::Encoding::cbor,
                          .request_timeout = milliseconds(settings.request_timeout_ms),
                          .transport = std::move(transport)});
}

}  // namespace

Expected<std::shared_ptr<AwsKinesis>, Error> open_aws_client(
    const detail::AwsKinesisSettings& settings, const aws::Environment& environment,
    const aws::RegionOfMachine& machine, Findings* wanted) {
    Findings unwanted;
    try {
        return make_client(settings, environment, machine, wanted != nullptr ? *wanted : unwanted);
    } catch (const std::system_error& thrown) {
        return Error{.code = ErrorCode::internal,
                     .message = std::string("the client could not be made: ") + thrown.what() +
                                "; raise the limits of open files (ulimit -n) and threads "
                                "(ulimit -u)"};
    }
}

}  // namespace kinesis

namespace detail {

Expected<std::shared_ptr<KinesisClient>, Error> open_aws_kinesis(
    const AwsKinesisSettings& settings) {
    const auto environment = aws::copied_environment();
    auto client = kinesis::open_aws_client(
        settings, environment,
        kinesis::region_of_machine(environment, std::string(adopt(settings).profile)));
    if (!client) return std::move(client).error();
    return std::shared_ptr<KinesisClient>(std::move(*client));
}

}  // namespace detail
}  // namespace lk
