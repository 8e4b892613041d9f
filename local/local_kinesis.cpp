#include <lk/local_kinesis.hpp>

#include <charconv>
#include <optional>

#include <lk/aws_kinesis.hpp>

#include "base/adopt.hpp"
#include "base/fork.hpp"
#include "kinesis/aws_client.hpp"
#include "kinesis/loop_owner.hpp"
#include "local/concat.hpp"
#include "local/http/authority_file.hpp"
#include "local/server.hpp"

namespace lk {
namespace local {
namespace {

/// A server and a client to it, which goes the way any client goes. The pipeline takes part in the
/// client's loop as it would in that of a client to AWS.
class ServerAndClient final : public LocalKinesis, public LoopOwner {
  public:
    ServerAndClient(std::unique_ptr<Server> server, AuthorityFile authority,
                    std::shared_ptr<kinesis::AwsKinesis> client)
        : server_(std::move(server)),
          authority_(std::make_unique<AuthorityFile>(std::move(authority))),
          client_(std::make_unique<std::shared_ptr<kinesis::AwsKinesis>>(std::move(client))) {}

    /// In a forked child none of it is the child's: its threads do not exist there, and its sockets
    /// and database are the parent's. What is only let go of touches nothing.
    ~ServerAndClient() override {
        if (!origin_.inherited()) return;
        static_cast<void>(server_.release());
        static_cast<void>(authority_.release());
        static_cast<void>(client_.release());
    }

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        (*client_)->put_records(request, std::move(done));
    }
    void list_shards(std::string_view stream, ListShardsDone done) override {
        (*client_)->list_shards(stream, std::move(done));
    }
    void describe_stream_summary(std::string_view stream, DescribeDone done) override {
        (*client_)->describe_stream_summary(stream, std::move(done));
    }
    [[nodiscard]] std::shared_ptr<Loop> loop() override { return (*client_)->loop(); }

    [[nodiscard]] std::string endpoint() const override { return server_->endpoint(); }
    [[nodiscard]] std::string ca_certificate() const override { return server_->ca_certificate(); }
    [[nodiscard]] Expected<std::vector<StoredRecord>, Error> records(
        std::string_view stream) const override {
        return server_->records(stream);
    }
    std::optional<Error> set_faults(std::string_view plan) override {
        return server_->set_faults(plan);
    }

  private:
    // In this order, so that the client ends first.
    std::unique_ptr<Server> server_;
    std::unique_ptr<AuthorityFile> authority_;
    std::unique_ptr<std::shared_ptr<kinesis::AwsKinesis>> client_;
    Origin origin_;
};

Error bad_option(std::string message) {
    return {.code = ErrorCode::bad_option, .message = std::move(message)};
}

// "name:shards"; a name has no colon.
std::optional<LocalStream> parse_stream(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    LocalStream stream{.name = std::string(text.substr(0, colon))};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, stream.shards);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return stream;
}

Expected<ServerOptions, Error> server_options(const detail::LocalKinesisSettings& settings) {
    ServerOptions options;
    options.port = settings.port;
    options.enforce_limits = settings.enforce_limits;
    options.discard = settings.discard;
    options.tls = settings.tls;
    if (settings.directory != nullptr) options.directory = *settings.directory;
    if (settings.faults != nullptr) options.faults = *settings.faults;
    if (settings.access_key_id != nullptr) {
        options.credentials = {.access_key_id = *settings.access_key_id,
                               .secret_access_key = *settings.secret_access_key,
                               .session_token = *settings.session_token};
    }
    if (settings.streams == nullptr) return options;
    for (const std::string& text : *settings.streams) {
        auto stream = parse_stream(text);
        if (!stream) {
            return bad_option(concat({"the stream '", text, "' is not NAME:SHARDS"}));
        }
        options.streams.push_back(*std::move(stream));
    }
    return options;
}

// What the environment says of AWS is not about this endpoint.
std::string no_environment(const char*) {
    return {};
}

Expected<std::shared_ptr<kinesis::AwsKinesis>, Error> connect(
    const std::string& endpoint, const std::string& ca_bundle,
    const detail::LocalKinesisSettings& own) {
    const std::string word = "local";
    detail::AwsKinesisSettings settings;
    settings.region = "us-east-1";
    settings.endpoint = endpoint;
    settings.access_key_id = own.access_key_id != nullptr ? own.access_key_id : &word;
    settings.secret_access_key = own.access_key_id != nullptr ? own.secret_access_key : &word;
    settings.session_token = own.session_token;
    settings.connect_timeout_ms = 5000;
    settings.ca_bundle = ca_bundle;
    return kinesis::open_aws_client(settings, no_environment);
}

}  // namespace
}  // namespace local

Expected<std::shared_ptr<LocalKinesis>, Error> detail::open_local_kinesis(
    const LocalKinesisSettings& given) {
    const LocalKinesisSettings settings = adopt(given);
    auto options = local::server_options(settings);
    if (!options) return std::move(options).error();
    auto server = local::Server::start(std::move(options).value());
    if (!server) return std::move(server).error();
    auto authority = local::AuthorityFile::write((*server)->ca_certificate());
    if (!authority) return std::move(authority).error();
    auto client = local::connect((*server)->endpoint(), authority->path(), settings);
    if (!client) return std::move(client).error();
    return std::shared_ptr<LocalKinesis>(std::make_shared<local::ServerAndClient>(
        std::move(server).value(), std::move(authority).value(), std::move(client).value()));
}

}  // namespace lk
