#include "cli/event_line.hpp"

#include <simdjson.h>

#include "event/json_text.hpp"
#include "wire/base64.hpp"

namespace lk::cli {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr const char* no_event =
    "this line is no event: it must be one as `lk-dispatch tail` prints it (an object with id, "
    "type, timestamp and source), or have one under \"event\", or a record under \"record\"";

std::string_view trimmed(std::string_view json) {
    const auto last = json.find_last_not_of(" \t\r\n");
    return json.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// A member's JSON text as it stands, white space behind it left out.
bool raw_text(ondemand::value& value, std::string& text) {
    ondemand::json_type type{};
    if (value.type().get(type)) return false;
    std::string_view raw;
    switch (type) {
        case ondemand::json_type::object: {
            ondemand::object object;
            if (value.get_object().get(object) || object.raw_json().get(raw)) return false;
            break;
        }
        case ondemand::json_type::array: {
            ondemand::array array;
            if (value.get_array().get(array) || array.raw_json().get(raw)) return false;
            break;
        }
        default: raw = value.raw_json_token();
    }
    text = trimmed(raw);
    return true;
}

// A string; null counts as an empty one.
bool text_of(ondemand::value& value, std::string& text) {
    // An error where it only begins like null.
    bool is_null = false;
    if (value.is_null().get(is_null)) return false;
    if (is_null) {
        text.clear();
        return true;
    }
    std::string_view read;
    if (value.get_string().get(read)) return false;
    text = read;
    return true;
}

// Each member by its name, until one is not as it should be.
template <class Take>
bool for_each_member(ondemand::object& object, Take take) {
    for (auto member : object) {
        std::string_view read;
        ondemand::value value;
        if (member.unescaped_key().get(read) || member.value().get(value)) return false;
        // The view ends where a text is read from the value.
        const std::string name(read);
        if (!take(name, value)) return false;
    }
    return true;
}

template <class Take>
bool for_each_member(ondemand::value& value, Take take) {
    ondemand::object object;
    return !value.get_object().get(object) && for_each_member(object, take);
}

bool read_source(ondemand::value& value, Source& source) {
    return for_each_member(value, [&](const std::string& name, ondemand::value& field) {
        if (name == "producerId") return text_of(field, source.producer_id);
        if (name == "kinesisPartitionKey") return text_of(field, source.kinesis_partition_key);
        if (name != "userId") return true;
        std::string user;
        if (!text_of(field, user)) return false;
        if (!user.empty()) source.user_id = user;
        return true;
    });
}

bool read_event_member(const std::string& name, ondemand::value& value, Event& event) {
    if (name == "id") return text_of(value, event.id);
    if (name == "type") return text_of(value, event.type);
    if (name == "timestamp") return text_of(value, event.timestamp);
    if (name == "data") return raw_text(value, event.data.emplace());
    if (name == "source") return read_source(value, event.source);
    return true;
}

bool read_event(ondemand::value& value, Event& event) {
    return for_each_member(value, [&](const std::string& name, ondemand::value& field) {
        return read_event_member(name, field, event);
    });
}

bool read_record(ondemand::value& value, Event& event) {
    std::string data;
    const bool read = for_each_member(value, [&](const std::string& name, ondemand::value& field) {
        if (name == "data") return text_of(field, data);
        if (name == "partitionKey") return text_of(field, event.source.kinesis_partition_key);
        return true;
    });
    if (!read) return false;
    const auto bytes = wire::decode_base64(data);
    if (!bytes) return false;
    event.data = *bytes;
    return true;
}

void add_string(std::string& line, std::string_view text) {
    const std::size_t start = line.size();
    line.resize(start + event::json_string_bytes(text));
    event::write_json_string(line.data() + start, text);
}

}  // namespace

struct EventLineReader::Work {
    ondemand::parser parser;
    std::string padded;
};

EventLineReader::EventLineReader() : work_(std::make_unique<Work>()) {}
EventLineReader::~EventLineReader() = default;

Expected<EventLine, std::string> EventLineReader::read(std::string_view line) {
    work_->padded.assign(line);
    work_->padded.append(simdjson::SIMDJSON_PADDING, '\0');
    const simdjson::padded_string_view padded(work_->padded.data(), line.size(),
                                              work_->padded.size());
    EventLine read;
    ondemand::document document;
    ondemand::object object;
    if (work_->parser.iterate(padded).get(document) || document.get_object().get(object)) {
        return std::string(no_event);
    }
    bool wrapped = false;
    const bool well = for_each_member(object, [&](const std::string& name, ondemand::value& value) {
        if (name == "event") {
            wrapped = true;
            return read_event(value, read.event);
        }
        if (name == "record") {
            wrapped = read.is_record = true;
            return read_record(value, read.event);
        }
        if (name == "explicitHashKey") return text_of(value, read.explicit_hash_key);
        return wrapped || read_event_member(name, value, read.event);
    });
    if (!well) return std::string(no_event);
    if (!read.is_record && (read.event.id.empty() || read.event.type.empty())) {
        return std::string(no_event);
    }
    return read;
}

std::string event_line(const EventLine& one, std::string_view stream) {
    std::string line;
    if (one.is_record) {
        line = "{\"record\":{\"data\":\"";
        wire::append_base64(line, one.event.data.value_or(std::string()));
        line += "\",\"partitionKey\":";
        add_string(line, one.event.source.kinesis_partition_key);
        line += '}';
    } else {
        line = "{\"event\":" + one.event.json();
    }
    line += ",\"stream\":";
    add_string(line, stream);
    if (!one.explicit_hash_key.empty()) {
        line += ",\"explicitHashKey\":\"" + one.explicit_hash_key + '"';
    }
    line += '}';
    return line;
}

}  // namespace lk::cli
