#include <fstream>
#include <optional>

#include <lk/aws_kinesis.hpp>

#include "kinesis/aws_client.hpp"

namespace lk {
namespace kinesis {
namespace {

using std::chrono::milliseconds;

// As many as a dispatch function may have under way, so that none is opened anew for each request.
constexpr int most_kept_connections = 1000;

std::optional<Error> check(const detail::AwsKinesisSettings& settings) {
    constexpr std::int64_t longest_ms = 10 * 60 * 1000;
    if (settings.connect_timeout_ms < 1 || settings.connect_timeout_ms > longest_ms) {
        return Error{
            .code = ErrorCode::bad_option,
            .message = "option connect_timeout: " + std::to_string(settings.connect_timeout_ms) +
                       " ms is outside 1 ms to 10 minutes"};
    }
    if (!settings.ca_bundle.empty()) {
        std::ifstream file{std::string(settings.ca_bundle)};
        if (file.peek() == std::ifstream::traits_type::eof()) {
            return Error{.code = ErrorCode::bad_option,
                         .message = "option ca_bundle: the file \"" +
                                    std::string(settings.ca_bundle) +
                                    "\" can not be read, or is empty; give a file of PEM "
                                    "certificates"};
        }
    }
    return std::nullopt;
}

Expected<std::shared_ptr<aws::CredentialsProvider>, Error> find_credentials(
    const detail::AwsKinesisSettings& settings, const aws::Environment& environment) {
    if (settings.access_key_id == nullptr) return aws::environment_credentials(environment);
    const auto text = [](const std::string* given) {
        return given == nullptr ? std::string_view() : std::string_view(*given);
    };
    return aws::given_credentials(*settings.access_key_id, text(settings.secret_access_key),
                                  text(settings.session_token));
}

}  // namespace

Expected<std::shared_ptr<AwsKinesis>, Error> open_aws_client(
    const detail::AwsKinesisSettings& settings, const aws::Environment& environment) {
    if (auto error = check(settings)) return *error;
    auto service = aws::find_kinesis(settings.endpoint, settings.region, environment);
    if (!service) return std::move(service).error();
    auto credentials = find_credentials(settings, environment);
    if (!credentials) return std::move(credentials).error();
    try {
        return std::make_shared<AwsKinesis>(AwsKinesis::Parts{
            .service = std::move(*service),
            .credentials = std::move(*credentials),
            .encoding = settings.json ? wire::Encoding::json : wire::Encoding::cbor,
            .transport = {.connect_timeout = milliseconds(settings.connect_timeout_ms),
                          .ca_bundle = std::string(settings.ca_bundle),
                          .user_agent = "lk-dispatch/" LK_VERSION " lang/c++20 os/linux",
                          .max_connections = most_kept_connections}});
    } catch (const std::exception& thrown) {
        return Error{
            .code = ErrorCode::internal,
            .message = std::string("the client could not start its thread: ") + thrown.what()};
    }
}

}  // namespace kinesis

namespace detail {

Expected<std::shared_ptr<KinesisClient>, Error> open_aws_kinesis(
    const AwsKinesisSettings& settings) {
    auto client = kinesis::open_aws_client(settings, aws::process_environment());
    if (!client) return std::move(client).error();
    return std::shared_ptr<KinesisClient>(std::move(*client));
}

}  // namespace detail
}  // namespace lk
