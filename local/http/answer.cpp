#include "local/http/answer.hpp"

#include <array>
#include <exception>
#include <span>

#include "base/random.hpp"
#include "event/identity.hpp"
#include "local/dates.hpp"
#include "local/faults/faulty_answer.hpp"
#include "wire/base64.hpp"

namespace lk::local {

namespace {

constexpr std::string_view target_prefix = "Kinesis_20131202.";

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 408: return "Request Timeout";
        case 413: return "Content Too Large";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        default: return status < 500 ? "Client Error" : "Internal Server Error";
    }
}

// "application/x-amz-json-1.1; charset=utf-8" is that type too.
std::optional<wire::Encoding> encoding_of(std::string_view content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    while (content_type.ends_with(' ')) content_type.remove_suffix(1);
    for (const auto encoding : {wire::Encoding::cbor, wire::Encoding::json}) {
        if (content_type == wire::content_type(encoding)) return encoding;
    }
    return std::nullopt;
}

HttpAnswer answer_as(wire::Encoding encoding, Reply reply) {
    return {reply.status, std::string(wire::content_type(encoding)), std::move(reply.body)};
}

std::optional<std::string_view> operation_of(std::string_view amz_target) {
    if (!amz_target.starts_with(target_prefix)) return std::nullopt;
    return amz_target.substr(target_prefix.size());
}

Reply reply(const Service& service, const HttpRequest& request, std::string_view operation,
            wire::Encoding encoding, const FaultDecision& faults) {
    Reply own;
    if (faults.commits()) own = service.handle(operation, encoding, request.body, faults.records);
    if (faults.answer == nullptr) return own;
    return faulty_answer(*faults.answer, encoding, std::move(own));
}

HttpAnswer try_answer(const Service& service, const HttpRequest& request,
                      const FaultDecision& faults) {
    if (request.method != "POST") {
        return refuse_http(403, "AccessDeniedException",
                           "This is a local Kinesis: it takes POST requests with the header "
                           "X-Amz-Target: Kinesis_20131202.OPERATION");
    }
    const auto encoding = encoding_of(request.content_type);
    if (!encoding) {
        return refuse_http(404, "UnknownOperationException",
                           "The content type must be application/x-amz-json-1.1 or "
                           "application/x-amz-cbor-1.1");
    }
    if (request.refusal) return answer_as(*encoding, reply_to(*encoding, *request.refusal));
    const auto operation = operation_of(request.amz_target);
    if (!operation) {
        return answer_as(*encoding, reply_to(*encoding, {"UnknownOperationException",
                                                         "The header X-Amz-Target must be "
                                                         "Kinesis_20131202.OPERATION"}));
    }
    return answer_as(*encoding, reply(service, request, *operation, *encoding, faults));
}

}  // namespace

FaultDecision decide_faults(const Service& service, const HttpRequest& request) {
    const auto encoding = encoding_of(request.content_type);
    const auto operation = operation_of(request.amz_target);
    if (request.method != "POST" || !encoding || !operation || request.refusal) return {};
    return service.decide(*operation, *encoding, request.body);
}

HttpAnswer answer(const Service& service, const HttpRequest& request,
                  const FaultDecision& faults) noexcept {
    try {
        return try_answer(service, request, faults);
    } catch (const std::exception& error) {
        return refuse_http(500, "InternalFailure", error.what());
    }
}

HttpAnswer refuse_http(int status, std::string_view code, std::string_view message) {
    std::string body;
    for (const std::string_view part :
         {std::string_view("<"), code, std::string_view(">\n  <Message>"), message,
          std::string_view("</Message>\n</"), code, std::string_view(">\n")}) {
        body += part;
    }
    return {status, "application/xml", std::move(body)};
}

std::string write_answer(const HttpAnswer& answer, bool keep_open, std::int64_t now_ms) {
    thread_local RandomBytes random;
    std::array<char, event::uuid_bytes> request_id;
    event::write_uuid(request_id.data(), random);
    std::array<std::uint8_t, 48> second_id;
    random.fill(second_id);

    std::string text = "HTTP/1.1 ";
    text.reserve(512 + answer.body.size());
    text.append(std::to_string(answer.status)).append(" ").append(reason(answer.status));
    text.append("\r\nx-amzn-RequestId: ").append(request_id.data(), request_id.size());
    text += "\r\nx-amz-id-2: ";
    wire::append_base64(text, {reinterpret_cast<const char*>(second_id.data()), second_id.size()});
    text.append("\r\nDate: ").append(http_date(now_ms));
    text.append("\r\nContent-Type: ").append(answer.content_type);
    text.append("\r\nContent-Length: ").append(std::to_string(answer.body.size()));
    text += keep_open ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    return text.append(answer.body);
}

}  // namespace lk::local
