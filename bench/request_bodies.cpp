#include "request_bodies.hpp"

#include <array>

#include "base/random.hpp"
#include "data.hpp"
#include "event/envelope.hpp"
#include "event/identity.hpp"
#include "wire/put_records.hpp"
#include "wire/record_layout.hpp"

namespace lk::bench {
namespace {

std::string finished_record(int number, RandomBytes& random) {
    std::array<char, event::uuid_bytes> id;
    std::array<char, event::uuid_bytes> key;
    event::write_uuid(key.data(), random);
    event::write_uuid(id.data(), random);
    const std::string data = data_of_300_bytes(number);

    event::Envelope envelope;
    envelope.id = event::JsonString::plain({id.data(), id.size()});
    envelope.type = "element inserted in collection posts";
    envelope.has_data = true;
    envelope.data = data;
    envelope.timestamp = "2016-01-01T00:00:00.000Z";
    envelope.producer_id_json = "\"server@hostname\"";
    envelope.partition_key = event::JsonString::plain({key.data(), key.size()});

    const std::size_t bytes = event::envelope_bytes(envelope);
    std::string record(wire::RecordLayout::bytes(bytes, key.size(), 0), '\0');
    char* const data_at = wire::begin_record(record.data(), bytes, false);
    event::write_envelope(data_at, envelope);
    wire::end_record(data_at + bytes, envelope.partition_key.text(), {});
    return record;
}

}  // namespace

std::vector<std::string> request_bodies(const std::string& stream, int bodies, int records) {
    RandomBytes random;
    std::vector<std::string> made;
    for (int i = 0; i < bodies; ++i) {
        std::vector<std::string> cbor;
        for (int j = 0; j < records; ++j) cbor.push_back(finished_record(j, random));
        std::vector<Record> views(cbor.size());
        for (std::size_t j = 0; j < cbor.size(); ++j) views[j].cbor = cbor[j];
        wire::Body body;
        wire::encode_put_records(wire::Encoding::cbor, {stream, views, {}}, body);
        std::string& whole = made.emplace_back();
        whole.reserve(body.bytes);
        for (const std::string_view piece : body.pieces) whole += piece;
    }
    return made;
}

}  // namespace lk::bench
