// A request of 500 records of 528 bytes, as it is encoded for the wire.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "data.hpp"
#include "wire/put_records.hpp"
#include "wire/record_layout.hpp"

namespace lk {
namespace {

struct Request {
    Request() {
        const std::string key = "01234567-89ab-4def-8123-456789abcdef";
        const std::string data = bench::data_of_300_bytes(1) + std::string(228, 'e');
        const std::size_t bytes = wire::RecordLayout::bytes(data.size(), key.size(), 0);
        page.resize(bytes * 500);
        for (std::size_t i = 0; i < 500; ++i) {
            char* const start = page.data() + i * bytes;
            char* const at = wire::begin_record(start, data.size(), false);
            std::copy(data.begin(), data.end(), at);
            wire::end_record(at + data.size(), key, {});
            Record record;
            record.data = {at, data.size()};
            record.partition_key = {start + bytes - key.size(), key.size()};
            record.cbor = {start, bytes};
            records.push_back(record);
        }
        request = {"entrypoint", records, {}};
    }
    std::string page;
    std::vector<Record> records;
    PutRecordsRequest request;
};

void encode(benchmark::State& state, wire::Encoding encoding) {
    const Request request;
    std::size_t bytes = 0;
    for (auto _ : state) {
        wire::Body body;
        wire::encode_put_records(encoding, request.request, body);
        bytes = body.bytes;
        benchmark::DoNotOptimize(body);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}
BENCHMARK_CAPTURE(encode, cbor, wire::Encoding::cbor);
BENCHMARK_CAPTURE(encode, json, wire::Encoding::json);

}  // namespace
}  // namespace lk
