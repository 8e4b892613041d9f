#include "kinesis/classify.hpp"

#include <algorithm>
#include <iterator>

#include "kinesis/clock_repair.hpp"

namespace lk {
namespace {

struct Meaning {
    std::string_view service_code;
    FailureClass kind;
    ErrorCode code;
    bool may_have_been_stored;
    const char* mend;
};

constexpr const char* see_kms = "Check the stream's KMS key, its state and its key policy.";
constexpr const char* see_credentials =
    "Check the access key, the secret and, for temporary credentials, the session token.";
constexpr const char* see_endpoint = "Check that the endpoint is a Kinesis endpoint.";
constexpr const char* see_clock = "Set this machine's clock.";
constexpr const char* see_stream = "Check the stream's name, the account and the region.";

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html and
// https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html. What is not here is
// judged by the HTTP status alone.
constexpr Meaning meanings[] = {
    {"ProvisionedThroughputExceededException", FailureClass::slow_down, ErrorCode::throttled, false,
     ""},
    {"ThrottlingException", FailureClass::slow_down, ErrorCode::throttled, false, ""},
    {"LimitExceededException", FailureClass::slow_down, ErrorCode::throttled, false, ""},
    {"KMSThrottlingException", FailureClass::slow_down, ErrorCode::throttled, false, ""},

    {"InternalFailure", FailureClass::transient, ErrorCode::service, true, ""},
    {"InternalFailureException", FailureClass::transient, ErrorCode::service, true, ""},
    {"ServiceUnavailable", FailureClass::transient, ErrorCode::service, true, ""},
    {"RequestTimeout", FailureClass::transient, ErrorCode::service, true, ""},
    {"RequestTimeoutException", FailureClass::transient, ErrorCode::service, true, ""},

    {"ResourceInUseException", FailureClass::not_ready, ErrorCode::stream_not_ready, false, ""},

    {"InvalidArgumentException", FailureClass::invalid, ErrorCode::invalid_request, false, ""},
    {"ValidationException", FailureClass::invalid, ErrorCode::invalid_request, false, ""},

    {"SerializationException", FailureClass::final, ErrorCode::invalid_request, false,
     "Check that the endpoint reads the wire format (option wire_format)."},
    {"UnknownOperationException", FailureClass::final, ErrorCode::unsupported, false, ""},
    {"ResourceNotFoundException", FailureClass::final, ErrorCode::stream_not_found, false,
     see_stream},
    {"AccessDeniedException", FailureClass::final, ErrorCode::access_denied, false, ""},
    {"UnrecognizedClientException", FailureClass::final, ErrorCode::credentials, false,
     see_credentials},
    {"InvalidClientTokenId", FailureClass::final, ErrorCode::credentials, false, see_credentials},
    {"InvalidSignatureException", FailureClass::final, ErrorCode::credentials, false,
     see_credentials},
    {"SignatureDoesNotMatch", FailureClass::final, ErrorCode::credentials, false, see_credentials},
    {"IncompleteSignatureException", FailureClass::final, ErrorCode::credentials, false, ""},
    {"MissingAuthenticationTokenException", FailureClass::final, ErrorCode::credentials, false, ""},
    {"ExpiredToken", FailureClass::final, ErrorCode::credentials, false,
     "Give fresh temporary credentials."},
    {"ExpiredTokenException", FailureClass::final, ErrorCode::credentials, false,
     "Give fresh temporary credentials."},
    {"RequestExpired", FailureClass::final, ErrorCode::credentials, false, see_clock},
    {"RequestTimeTooSkewed", FailureClass::final, ErrorCode::credentials, false, see_clock},

    {"KMSDisabledException", FailureClass::final, ErrorCode::encryption, false, see_kms},
    {"KMSInvalidStateException", FailureClass::final, ErrorCode::encryption, false, see_kms},
    {"KMSAccessDeniedException", FailureClass::final, ErrorCode::encryption, false, see_kms},
    {"KMSNotFoundException", FailureClass::final, ErrorCode::encryption, false, see_kms},
    {"KMSOptInRequired", FailureClass::final, ErrorCode::encryption, false, see_kms},
};

std::string_view without_namespace(std::string_view service_code) {
    return service_code.substr(service_code.find('#') + 1);
}

const Meaning* find(std::string_view service_code) {
    const auto* found =
        std::find_if(std::begin(meanings), std::end(meanings),
                     [&](const auto& one) { return one.service_code == service_code; });
    return found == std::end(meanings) ? nullptr : found;
}

Meaning by_status(int status) {
    if (status >= 500) {
        constexpr int not_implemented = 501;  // A web server that knows no POST.
        return {"", FailureClass::transient, ErrorCode::service, true,
                status == not_implemented ? see_endpoint : ""};
    }
    // What stands before Kinesis (a proxy, a gateway) gives no code of Kinesis's.
    if (status == 429) return {"", FailureClass::slow_down, ErrorCode::throttled, false, ""};
    if (status == 408) return {"", FailureClass::transient, ErrorCode::service, true, ""};
    if (status == 403) return {"", FailureClass::final, ErrorCode::access_denied, false, ""};
    return {"", FailureClass::final, ErrorCode::service, false, see_endpoint};
}

Failure made_of(const Meaning& meaning, std::string_view service_code) {
    return {.kind = meaning.kind,
            .code = meaning.code,
            .service_code = std::string(service_code),
            .message = {},
            .may_have_been_stored = meaning.may_have_been_stored};
}

void append_sentence(std::string& text, std::string_view sentence) {
    if (sentence.empty()) return;
    if (!text.empty() && text.back() != '.') text += '.';
    text.append(" ").append(sentence);
}

std::string prefix_of(const kinesis::CallNames& names) {
    std::string text(names.operation);
    if (!names.stream.empty()) text.append(" on stream \"").append(names.stream).append("\"");
    if (!text.empty()) text += ": ";
    return text;
}

std::string mend_of(const Meaning& meaning, std::string_view service_code, std::string_view message,
                    const kinesis::CallNames& names) {
    // The keys are the right ones.
    if (kinesis::blames_the_clock(service_code, message)) return see_clock;
    if (meaning.mend != see_stream || names.region.empty()) return meaning.mend;
    return "Check the stream's name, the account and the region, which is " +
           std::string(names.region) + " here.";
}

}  // namespace

namespace kinesis {

Failure failure_of_answer(int http_status, std::string_view service_code, std::string_view message,
                          std::string_view request_id, const CallNames& names) {
    const std::string_view code = without_namespace(service_code);
    const Meaning* const listed = find(code);
    Meaning meaning = listed != nullptr ? *listed : by_status(http_status);
    if (listed == nullptr && !code.empty() && http_status < 500) {
        meaning = {"", FailureClass::final, ErrorCode::service, false, ""};
    }
    Failure failure = made_of(meaning, code);
    std::string& text = failure.message;
    text = prefix_of(names);
    if (!code.empty()) text.append(code).append(", ");
    text.append("HTTP ").append(std::to_string(http_status));
    if (!message.empty()) text.append(": ").append(message);
    if (!request_id.empty()) {
        append_sentence(text, "Request id ");
        text.append(request_id);
    }
    if (failure.code == ErrorCode::access_denied) {
        append_sentence(text, "Allow these credentials the IAM action kinesis:");
        text.append(names.operation.empty() ? "PutRecords" : names.operation).append(".");
    }
    append_sentence(text, mend_of(meaning, code, message, names));
    return failure;
}

Failure failure_without_answer(const http::NoAnswer& none, const CallNames& names) {
    return {.kind = none.needs_mending ? FailureClass::final : FailureClass::transient,
            .code = ErrorCode::network,
            .service_code = {},
            .message = prefix_of(names) + none.message,
            .may_have_been_stored = none.may_have_been_sent};
}

Failure failure_of_bad_answer(std::string_view why, const CallNames& names) {
    return {.kind = FailureClass::transient,
            .code = ErrorCode::bad_answer,
            .service_code = {},
            .message = prefix_of(names) + "the answer is not one of Kinesis's: " + std::string(why),
            .may_have_been_stored = true};
}

}  // namespace kinesis

Failure classify_answer(int http_status, std::string_view service_code, std::string_view message) {
    return kinesis::failure_of_answer(http_status, service_code, message, {}, {});
}

Failure classify_record(std::string_view service_code, std::string_view message) {
    const std::string_view code = without_namespace(service_code);
    const Meaning* const listed = find(code);
    // No status speaks for a single record, so what is not known may have gone either way.
    Failure failure = made_of(listed != nullptr ? *listed : by_status(500), code);
    failure.message = code;
    if (!code.empty() && !message.empty()) failure.message += ": ";
    failure.message += message;
    if (listed != nullptr) append_sentence(failure.message, listed->mend);
    if (failure.code == ErrorCode::access_denied) {
        append_sentence(failure.message,
                        "Allow these credentials the IAM action kinesis:PutRecords.");
    }
    return failure;
}

}  // namespace lk
