#pragma once

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include <lk/aws_kinesis.hpp>

#include "kinesis/memory_bound.hpp"
#include "server_process.hpp"
#include "wire/record_layout.hpp"

namespace lk::testing {

inline constexpr std::size_t requests_in_flight = 8;
inline constexpr std::size_t records_a_request = 500;

inline std::shared_ptr<KinesisClient> client_of(const ServerProcess& server,
                                                const std::string& ca_bundle, WireFormat format) {
    return aws_kinesis({.region = "eu-west-1",
                        .endpoint = server.url(),
                        .credentials = AwsCredentials{"key", "secret"},
                        .wire_format = format,
                        .ca_bundle = ca_bundle});
}

/// What the client may hold, when so many bytes of records are unsettled.
inline kinesis::MostMemory bound_of(WireFormat format, std::size_t unsettled_bytes) {
    return kinesis::most_memory(
        {.encoding = format == WireFormat::json ? wire::Encoding::json : wire::Encoding::cbor,
         .max_requests_in_flight = requests_in_flight,
         .unsettled_bytes = unsettled_bytes});
}

inline std::string finished_record(std::string_view data, std::string_view key) {
    std::string out(wire::RecordLayout::bytes(data.size(), key.size(), 0), '\0');
    char* const at = wire::begin_record(out.data(), data.size(), false);
    data.copy(at, data.size());
    wire::end_record(at + data.size(), key, {});
    return out;
}

/// What a pipeline hands on: requests of as many records as may be, all the same one.
class Puts {
  public:
    Puts(std::size_t data_bytes, std::string_view key)
        : cbor_(finished_record(std::string(data_bytes, 'x'), key)) {
        const char* const data = cbor_.data() + wire::RecordLayout::before_data;
        records_.assign(
            records_a_request,
            {.data = {data, data_bytes},
             .partition_key = {data + data_bytes + wire::RecordLayout::before_key, key.size()},
             .explicit_hash_key = {},
             .cbor = cbor_});
    }

    /// All at once; returns how many were stored, once all have ended.
    std::size_t put(KinesisClient& client) {
        std::latch left(requests_in_flight);
        std::atomic<std::size_t> stored{0};
        for (std::size_t i = 0; i < requests_in_flight; ++i) {
            client.put_records(
                {.stream = "s", .records = records_, .timeout = std::chrono::seconds(60)},
                [&](const Expected<PutRecordsAnswer, Failure>& answer) {
                    if (answer && answer->failed() == 0) ++stored;
                    left.count_down();
                });
        }
        left.wait();
        return stored;
    }

  private:
    std::string cbor_;
    std::vector<Record> records_;
};

}  // namespace lk::testing
