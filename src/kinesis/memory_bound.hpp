#pragma once

#include <cstddef>

#include "wire/encoding.hpp"

namespace lk::kinesis {

/// What decides how much memory a client of Kinesis may come to hold for a dispatch function.
struct MemoryOptions {
    wire::Encoding encoding = wire::Encoding::cbor;
    std::size_t max_requests_in_flight = 0;
    /// Of records, together: what the dispatch function's budget holds, and was let in past it.
    std::size_t unsettled_bytes = 0;
    // What the program does with it.
    std::size_t threads = 1;  ///< That wait in get() at the same time.
    std::size_t shards = 1;   ///< That the stream has.
};

/// The most bytes that the client allocates for it, part by part. They come on top of what the
/// pipeline holds (pipeline::most_memory()), as a user's own client's would.
struct MostMemory {
    /// Requests in flight. In CBOR a body is made of the records where they lie; in JSON it is a
    /// copy, in base64, and so a third larger than they are.
    std::size_t bodies = 0;
    /// What libcurl and OpenSSL hold for each, and keep of it for the next.
    std::size_t connections = 0;
    /// Answers to all of them at once, each as long as it may be.
    std::size_t answers = 0;
    /// Reading one of them, and what each thread that has driven the loop keeps for the next.
    std::size_t reading = 0;
    /// Questions about the stream: two answers, and the shards.
    std::size_t questions = 0;
    /// What does not depend on any option.
    std::size_t rest = 0;

    [[nodiscard]] std::size_t sum() const noexcept {
        return bodies + connections + answers + reading + questions + rest;
    }
};

[[nodiscard]] MostMemory most_memory(const MemoryOptions& options) noexcept;

}  // namespace lk::kinesis
