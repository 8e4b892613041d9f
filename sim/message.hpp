#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "event/hash_key.hpp"
#include "sim/plan.hpp"

namespace lk::sim {

using EventNumber = std::uint32_t;

/// A record inside an aggregate, as its consumer will read it.
struct UserRecord {
    std::string partition_key;
    std::optional<std::string> explicit_hash_key;
};

/// A record as Kinesis receives it: an event, or an aggregate of several.
struct SentRecord {
    event::HashKey hash{};
    std::size_t bytes = 0;
    std::vector<EventNumber> events;  ///< In the order in which they stand in it.
    std::uint32_t key = random_key;   ///< Of the first.
    bool invalid = false;
    bool aggregated = false;
    std::vector<UserRecord> user_records = {};  ///< Aggregated: one an event.
};

/// A fault that struck a request, or one of its records.
struct Strike {
    static constexpr std::size_t all = ~std::size_t{0};
    Fault fault{};
    std::size_t record = all;
};

struct SentRequest {
    std::uint32_t producer = 0;
    std::uint64_t number = 0;
    std::uint64_t credentials = 0;  ///< The generation that it is signed with.
    std::vector<SentRecord> records;
    std::vector<Strike> strikes = {};
};

/// The data of an event, of its planned size: its number, filling, and a mark at the end.
void write_event_data(std::string& out, EventNumber event, std::uint32_t bytes);

/// Reads what a client was given to send, byte for byte, taking aggregates apart as consumers do.
/// Nothing, and `problem` says why, where a record is not the event that it should be.
[[nodiscard]] std::optional<SentRequest> read_request(const PutRecordsRequest& request,
                                                      const Plan& plan, std::string& problem);

/// The event that stands in the data of a record which was dispatched.
[[nodiscard]] EventNumber event_in(std::string_view data);

}  // namespace lk::sim
