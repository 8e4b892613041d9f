// Dispatches what standard input says, through the public API alone, for tests that then read the
// stream with other programs:
//
//     dispatcher --endpoint URL --stream NAME [--json] [--ca-bundle FILE] [--deliver-within MS]
//                [--at-first-use]
//
// A line is one of
//     {"type": …, "data": JSON text, "source_user_id": …, "partition_key": …, "explicit_hash_key":
//     …}
//     {"record": bytes in hexadecimal, "partition_key": …, "explicit_hash_key": …}
//     {"flush": true}
// and every event or record is answered, in order, with one of
//     {"json": the event's text, or null, "partition_key": …, "shard_id": …, "sequence_number": …,
//      "attempts": …}
//     {"error": name of the code, "message": …, "may_have_been_delivered": …}

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>
#include <nlohmann/json.hpp>

namespace {

using Line = nlohmann::json;

struct Sent {
    lk::Published published;
    bool is_record;
};

std::string bytes_of(const std::string& hexadecimal) {
    std::string bytes;
    for (std::size_t i = 0; i < hexadecimal.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

Sent send(const lk::Dispatch& dispatch, const Line& line) {
    const std::string key = line.value("partition_key", "");
    const std::string hash_key = line.value("explicit_hash_key", "");
    if (line.contains("record")) {
        return {dispatch.record(bytes_of(line.at("record")),
                                {.partition_key = key, .explicit_hash_key = hash_key}),
                true};
    }
    const std::string type = line.at("type");
    const std::string user = line.value("source_user_id", "");
    const std::string data = line.value("data", "");
    return {dispatch(type, line.contains("data") ? lk::json(data) : lk::Json(),
                     {.source_user_id = user, .partition_key = key, .explicit_hash_key = hash_key}),
            false};
}

Line answer(Sent sent) {
    lk::Outcome outcome = sent.published.wait();
    if (!outcome) {
        return {{"error", lk::name_of(outcome.error().code)},
                {"message", outcome.error().message},
                {"may_have_been_delivered", outcome.error().may_have_been_delivered}};
    }
    return {{"json", sent.is_record ? Line() : Line(outcome->json())},
            {"partition_key", outcome->source.kinesis_partition_key},
            {"shard_id", outcome->shard_id},
            {"sequence_number", outcome->sequence_number},
            {"attempts", outcome->attempts}};
}

std::map<std::string, std::string> read_options(int count, char** words) {
    std::map<std::string, std::string> options;
    for (int i = 1; i < count; ++i) {
        const std::string name = words[i];
        const bool is_flag = name == "--json" || name == "--at-first-use";
        if (!is_flag && i + 1 == count) throw std::invalid_argument(name + ": no value");
        options[name] = is_flag ? "yes" : words[++i];
    }
    return options;
}

void run(std::map<std::string, std::string> options) {
    const auto kinesis = lk::aws_kinesis({
        .region = "us-east-1",
        .endpoint = options.at("--endpoint"),
        .credentials = lk::AwsCredentials{"AKIDEXAMPLE", "not-a-secret"},
        .wire_format = options.contains("--json") ? lk::WireFormat::json : lk::WireFormat::cbor,
        .ca_bundle = options["--ca-bundle"],
    });
    lk::DispatchOptions settings;
    settings.kinesis_client = kinesis;
    settings.kinesis_stream = options.at("--stream");
    settings.producer_id = "integration@test";
    // A slow machine must not look like a lost answer.
    settings.request_timeout = std::chrono::minutes(10);
    settings.deliver_within = std::chrono::minutes(10);
    settings.log = [](lk::LogLevel, std::string_view line) { std::cerr << line << std::endl; };
    if (options.contains("--deliver-within")) {
        settings.deliver_within = std::chrono::milliseconds(std::stoi(options["--deliver-within"]));
    }
    if (options.contains("--at-first-use")) {
        settings.check_stream_within = std::chrono::milliseconds(0);
    }
    lk::Dispatch dispatch = lk::get_dispatch(settings);

    std::vector<Sent> all;
    for (std::string text; std::getline(std::cin, text);) {
        const Line line = Line::parse(text);
        if (line.contains("flush")) {
            static_cast<void>(dispatch.flush(std::chrono::minutes(10)));
        } else {
            all.push_back(send(dispatch, line));
        }
    }
    for (Sent& sent : all) std::cout << answer(std::move(sent)).dump() << '\n';
}

}  // namespace

int main(int count, char** words) {
    try {
        run(read_options(count, words));
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::cerr << "dispatcher: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
