#include "local/server.hpp"

#include <optional>
#include <utility>

#include "local/concat.hpp"
#include "local/faults/read_fault_plan.hpp"
#include "local/http/certificate.hpp"
#include "local/http/listener.hpp"
#include "local/log.hpp"
#include "local/service.hpp"
#include "local/signature/signature_check.hpp"
#include "local/store/store.hpp"
#include "wire/document.hpp"

namespace lk::local {

namespace {

Error bad_option(std::string message) {
    return {.code = ErrorCode::bad_option, .message = std::move(message)};
}

std::optional<Error> check(const ServerOptions& options) {
    if (options.io_threads < 1 || options.io_threads > 64) {
        return bad_option("io_threads is " + std::to_string(options.io_threads) +
                          "; it must be 1 to 64");
    }
    using namespace std::chrono_literals;
    if (options.idle_timeout < 10ms || options.idle_timeout > 1h) {
        return bad_option("idle_timeout is " + std::to_string(options.idle_timeout.count()) +
                          " ms; it must be 10 ms to 1 hour");
    }
    return std::nullopt;
}

Expected<std::optional<Certificate>, Error> certificate_for(const ServerOptions& options) {
    if (!options.tls) return std::optional<Certificate>();
    auto certificate = options.directory.empty()
                           ? make_certificate(options.address)
                           : kept_certificate(options.directory, options.address);
    if (!certificate) return std::move(certificate).error();
    return std::optional(std::move(certificate).value());
}

Expected<std::optional<SignatureCheck>, Error> signatures_for(ServerOptions& options) {
    if (!options.credentials) return std::optional<SignatureCheck>();
    auto check = SignatureCheck::of(*options.credentials);
    if (!check) return std::move(check).error();
    return std::optional(std::move(check).value());
}

// Goes the way of a client's CreateStream, so that names and counts are checked the same way.
std::optional<Error> create(const LocalStream& stream, Store& store, const Environment& environment,
                            Log& log) {
    if (const auto existing = store.find(stream.name)) {
        const std::size_t open = existing->map()->open().size();
        if (std::cmp_not_equal(open, stream.shards)) {
            log.line("the stream " + stream.name + " exists already and keeps its " +
                     std::to_string(open) + (open == 1 ? " shard, not " : " shards, not ") +
                     std::to_string(stream.shards));
        }
        return std::nullopt;
    }
    const wire::Document request = {{"StreamName", stream.name}, {"ShardCount", stream.shards}};
    const auto created = create_stream(environment, {request, wire::Encoding::json});
    if (created) return std::nullopt;
    return bad_option("cannot create the stream '" + stream.name + "' with " +
                      std::to_string(stream.shards) + " shards: " + created.error().message);
}

}  // namespace

class Server::Parts {
  public:
    Parts(std::function<void(std::string_view)> sink, std::unique_ptr<Store> opened,
          bool enforce_limits)
        : log(std::move(sink)),
          store(std::move(opened)),
          service(environment_of(*store, enforce_limits), &faults) {}

    Log log;
    std::optional<SignatureCheck> signatures;
    std::unique_ptr<Store> store;
    Faults faults;
    Service service;
    std::string authority;
    std::string endpoint;
    std::uint16_t port = 0;
    std::mutex stop_mutex;
    // Last, so that it ends before what its threads use.
    std::unique_ptr<Listener> listener;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
    stop();
}

Expected<std::unique_ptr<Server>, Error> Server::start(ServerOptions options) {
    if (auto error = check(options)) return *std::move(error);
    auto signatures = signatures_for(options);
    if (!signatures) return std::move(signatures).error();
    auto plan = load_fault_plan(options.faults);
    if (!plan) return std::move(plan).error();
    auto store = Store::open({.directory = options.directory, .discard = options.discard});
    if (!store) return std::move(store).error();
    auto certificate = certificate_for(options);
    if (!certificate) return std::move(certificate).error();
    auto parts = std::make_unique<Parts>(std::move(options.log), std::move(store).value(),
                                         options.enforce_limits);
    parts->faults.set(std::move(plan).value());
    parts->signatures = std::move(signatures).value();
    const Environment environment = environment_of(*parts->store, options.enforce_limits);
    for (const LocalStream& stream : options.streams) {
        if (auto error = create(stream, *parts->store, environment, parts->log)) {
            return *std::move(error);
        }
    }
    if (*certificate) parts->authority = (*certificate)->authority;
    auto listener =
        Listener::start({.address = options.address,
                         .port = options.port,
                         .io_threads = options.io_threads,
                         .idle_timeout = options.idle_timeout,
                         .certificate = std::move(certificate).value(),
                         .signatures = parts->signatures ? &*parts->signatures : nullptr},
                        parts->service, parts->log);
    if (!listener) return std::move(listener).error();
    parts->listener = std::move(listener).value();
    parts->port = parts->listener->port();
    parts->endpoint = (options.tls ? "https://" : "http://") + parts->listener->host() + ":" +
                      std::to_string(parts->port);
    return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::string Server::endpoint() const {
    return parts_->endpoint;
}

std::uint16_t Server::port() const noexcept {
    return parts_->port;
}

std::string Server::ca_certificate() const {
    return parts_->authority;
}

Expected<std::vector<StoredRecord>, Error> Server::records(std::string_view name) const {
    const auto stream = parts_->store->find(name);
    if (stream == nullptr) {
        return Error{.code = ErrorCode::stream_not_found,
                     .message = concat({"there is no stream ", name})};
    }
    std::vector<StoredRecord> records;
    for (const auto& shard : stream->shards()) {
        auto kept = parts_->store->read(*stream, *shard, 0, SIZE_MAX, SIZE_MAX);
        if (!kept) return Error{.code = ErrorCode::internal, .message = kept.error().message};
        for (KeptRecord& record : *kept) {
            records.push_back({.shard_id = shard->id,
                               .sequence_number = shard->sequence_number(record.position),
                               .partition_key = std::move(record.partition_key),
                               .data = std::move(record.data),
                               .arrival_ms = record.arrival_ms});
        }
    }
    return records;
}

std::optional<Error> Server::set_faults(std::string_view text_or_file) {
    auto plan = load_fault_plan(text_or_file);
    if (!plan) return std::move(plan).error();
    parts_->faults.set(std::move(plan).value());
    return std::nullopt;
}

void Server::stop() {
    const std::lock_guard lock(parts_->stop_mutex);
    parts_->listener.reset();
}

}  // namespace lk::local
