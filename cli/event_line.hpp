#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <lk/event.hpp>
#include <lk/expected.hpp>

namespace lk::cli {

/// An event, or a record without an envelope, to be put once more.
struct EventLine {
    /// As Published gives it: of a record, `data` and the partition key alone.
    Event event;
    bool is_record = false;
    std::string explicit_hash_key;
};

/// Reads lines that `lk-dispatch tail`, `lk-dispatch outbox export` or a file of dead letters has:
/// an event by itself, or
///
///     {"event":{…} or "record":{"data":base64,"partitionKey":…}[,"explicitHashKey":…] …}
///
/// The data keep their bytes. Holds memory to work with, so one a thread.
class EventLineReader {
  public:
    EventLineReader();
    ~EventLineReader();
    EventLineReader(const EventLineReader&) = delete;
    EventLineReader& operator=(const EventLineReader&) = delete;

    /// The line's event, or for people why it has none.
    [[nodiscard]] Expected<EventLine, std::string> read(std::string_view line);

  private:
    struct Work;
    std::unique_ptr<Work> work_;
};

/// The same the other way round, without the line's end: what EventLineReader reads.
[[nodiscard]] std::string event_line(const EventLine& line, std::string_view stream);

}  // namespace lk::cli
