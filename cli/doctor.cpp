#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "aws/environment.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/connection.hpp"
#include "cli/console.hpp"
#include "cli/outcomes.hpp"
#include "cli/output.hpp"
#include "doctor/examination.hpp"
#include "doctor/report.hpp"
#include "doctor/setup_findings.hpp"
#include "kinesis/aws_client.hpp"

namespace lk::cli {
namespace {

struct DoctorOptions {
    ConnectionOptions connection;
    std::string stream;
    std::string explain;
    bool json = false;
};

doctor::Opened open_client_aloud(const ConnectionOptions& options, const std::string& stream,
                                 Console& console) {
    const auto environment = aws::copied_environment();
    kinesis::Findings found;
    std::shared_ptr<kinesis::AwsKinesis> opened;
    auto client = open_over_network(
        options, stream,
        [&](const AwsKinesisOptions& aws) -> Expected<std::shared_ptr<KinesisClient>, Error> {
            found = {};
            auto made = kinesis::open_aws_client(
                detail::settings_of(aws), environment,
                kinesis::region_of_machine(environment, aws.profile), &found);
            if (!made) return std::move(made).error();
            opened = *made;
            return std::shared_ptr<KinesisClient>(std::move(*made));
        },
        console);
    if (!client) return {std::move(client).error(), std::move(found)};
    return {std::move(opened), std::move(found)};
}

ExitStatus print(const std::string& text, ExitStatus status, Console& console) {
    Output output;
    output.write(text);
    // Who closes stdout, as head does, has what he wants.
    if (output.flush() || output.reader_gone()) return status;
    console.say(output.reason());
    return ExitStatus::failed;
}

ExitStatus status_of(const doctor::Findings& findings) {
    if (doctor::all_is_well(findings)) return ExitStatus::success;
    for (const doctor::Finding& finding : findings) {
        if (finding.verdict != doctor::Verdict::bad) continue;
        return is_configuration(finding.code) ? ExitStatus::configuration : ExitStatus::failed;
    }
    return ExitStatus::failed;
}

// The mends name options of the library.
void use_names_of_command_line(doctor::Findings& findings) {
    for (doctor::Finding& finding : findings) {
        finding.text = with_option_names(std::move(finding.text));
        finding.mend = with_option_names(std::move(finding.mend));
        for (std::string& detail : finding.details) detail = with_option_names(std::move(detail));
    }
}

ExitStatus explain_endpoint(const DoctorOptions& options, Console& console) {
    const auto environment = aws::copied_environment();
    const AwsKinesisOptions aws = aws_options(options.connection);
    kinesis::Findings found;
    const auto service =
        kinesis::find_service(detail::settings_of(aws), environment,
                              kinesis::region_of_machine(environment, aws.profile), found);
    if (!service) return report_not_opened(service.error(), console);
    doctor::Findings findings = {doctor::endpoint_finding(*service, options.stream)};
    use_names_of_command_line(findings);
    const ExitStatus status = status_of(findings);
    if (options.json) return print(doctor::as_json(options.stream, findings), status, console);
    const doctor::Finding& endpoint = findings.front();
    if (status != ExitStatus::success) {
        console.say(endpoint.text);
        return status;
    }
    return print(endpoint.facts.front().second + "\n" + endpoint.facts.back().second + "\n", status,
                 console);
}

ExitStatus examine(const DoctorOptions& options, Console& console) {
    if (!options.explain.empty()) return explain_endpoint(options, console);
    if (options.stream.empty()) {
        throw UsageError("--stream is missing: doctor goes the way of a put to one stream");
    }
    doctor::Findings findings = doctor::examine(
        open_client_aloud(options.connection, options.stream, console), options.stream);
    use_names_of_command_line(findings);
    const std::string text =
        options.json ? doctor::as_json(options.stream, findings) : doctor::as_text(findings);
    return print(text, status_of(findings), console);
}

}  // namespace

Command add_doctor(CLI::App& parent) {
    const auto options = std::make_shared<DoctorOptions>();
    CLI::App& app = *parent.add_subcommand(
        "doctor", "Go the way of a put, step by step, and say what is wrong");
    add_stream_option(app, options->stream);
    app.add_option("--explain", options->explain,
                   "Print one step alone: endpoint, and what chose it. Asks nobody")
        ->type_name("STEP")
        ->check(one_of({"endpoint"}));
    app.add_flag("--json", options->json, "Print one JSON object, for scripts");
    add_network_options(app, options->connection);
    app.footer(
        "Signs: ✓ good, ! a put works all the same, ✗ it would not, – not looked at. Stores "
        "nothing:\n"
        "whether PutRecords is allowed is learned with a record that Kinesis refuses. Exit status: "
        "0\n"
        "a put would work, 1 it would not, 3 because of configuration, credentials or "
        "permissions.\n"
        "\n"
        "Example:\n"
        "  lk-dispatch doctor --stream entrypoint --region eu-west-1");
    return {&app, [options](Console& console) { return examine(*options, console); }};
}

}  // namespace lk::cli
