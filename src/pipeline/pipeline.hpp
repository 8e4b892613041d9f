#pragma once

#include <memory>
#include <optional>
#include <string>

#include <lk/detail/dispatch_abi.hpp>
#include <lk/dispatch.hpp>

#include "base/random.hpp"
#include "event/identity.hpp"
#include "pipeline/driver.hpp"

namespace lk::detail {

struct PipelineOptions {
    pipeline::DriverOptions driver;
    std::string producer_id;
    std::chrono::milliseconds close_deadline{};
    WhenFull when_full = WhenFull::block;
    bool ordered = true;
};

/// What a dispatch function is made of: checks the input, writes it into the intake, and waits
/// with flush() and close(). Thread-safe.
class Pipeline {
  public:
    explicit Pipeline(PipelineOptions options);
    /// First of all: takes what an earlier run left in the outbox, and starts.
    [[nodiscard]] std::optional<Error> begin();
    /// close(close_deadline); where that would wait for itself it goes on in the background.
    ~Pipeline();
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    Published write_event(const EventFields& fields);
    Published write_record(const RecordFields& fields);
    Expected<FlushCounts, Error> flush(std::chrono::milliseconds deadline);
    Expected<FlushCounts, Error> close(std::chrono::milliseconds deadline);
    /// Waits until the stream was asked about (see CoreOptions::asks_at_start), no later than
    /// `wait` from now, and tells what is against ever putting a record into it.
    std::optional<Error> look_at_stream(std::chrono::milliseconds wait);
    bool resume(std::string_view partition_key);
    bool discard(std::string_view partition_key);

  private:
    Published fail(Error error) const;
    Published accept(pipeline::Draft& draft, bool random_key);
    std::optional<Error> find_room(pipeline::Draft& draft);
    Error no_room(pipeline::Budget::Answer why, std::string_view partition_key) const;
    void write_key(char* out, event::UuidBytes drawn, RandomBytes& random) const;
    Expected<FlushCounts, Error> wait(pipeline::FlushWait& wait, TimePoint deadline);
    [[nodiscard]] bool may_wait() const noexcept;

    const std::shared_ptr<pipeline::Completions> completions_;
    const std::string producer_id_json_;
    const std::chrono::milliseconds close_deadline_;
    const WhenFull when_full_;
    const bool ordered_;
    const std::shared_ptr<pipeline::Driver> driver_;
    bool attached_ = false;  // to its loop, which drives it
};

}  // namespace lk::detail
