#include "credentials/sts_call.hpp"

#include <utility>

#include "aws/sigv4.hpp"
#include "base/wiped_text.hpp"
#include "credentials/ask.hpp"
#include "credentials/service_url.hpp"
#include "credentials/sts_answer.hpp"
#include "credentials/timestamp.hpp"
#include "credentials/url_text.hpp"

namespace lk::credentials {
namespace {

constexpr const char* form_type = "application/x-www-form-urlencoded; charset=utf-8";

class Form {
  public:
    explicit Form(std::string_view action) {
        add("Action", action);
        add("Version", "2011-06-15");
    }

    void add(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        if (!text_.empty()) text_ += '&';
        text_ += name;
        text_ += '=';
        text_ += url_text(value);
    }

    [[nodiscard]] std::string_view text() const noexcept { return text_; }

  private:
    WipedText text_;
};

void add_role(Form& form, const Role& role, WallTime now) {
    form.add("RoleArn", role.arn);
    std::string name = role.session_name;
    if (name.empty()) {
        name = "lk-dispatch-" + std::to_string(std::chrono::system_clock::to_time_t(now));
    }
    form.add("RoleSessionName", name);
    form.add("ExternalId", role.external_id);
    if (role.duration.count() > 0) {
        form.add("DurationSeconds", std::to_string(role.duration.count()));
    }
}

Error refused_by_sts(const StsAnswer& answer, int status, const Role& role, std::string_view from) {
    std::string text = std::string(from) + ": AWS STS gave no credentials for the role " +
                       quotable(role.arn) + " (HTTP " + std::to_string(status);
    if (!answer.error_code.empty()) text += ", " + quotable(answer.error_code);
    if (!answer.error_message.empty()) text += ": " + quotable(answer.error_message);
    text += ")";
    if (answer.error_code == "AccessDenied") {
        text +=
            "; the role's trust policy must allow who asks, and who asks must be allowed "
            "sts:AssumeRole";
    }
    return refused(std::move(text));
}

Expected<Fetched, Error> send(http::WaitingCall call, const Role& role,
                              const Surroundings& surroundings, std::string_view from) {
    const auto came = ask(surroundings, std::move(call), std::string(from) + ": AWS STS");
    if (!came) return came.error();
    const StsAnswer answer = read_sts_answer(came->body);
    if (came->status != 200) return refused_by_sts(answer, came->status, role, from);
    const auto expires = parse_timestamp(answer.expiration);
    if (!expires || answer.access_key_id.empty()) {
        return refused(std::string(from) +
                       ": the answer of AWS STS is not one of its own; does its endpoint lead "
                       "somewhere else?");
    }
    return checked({answer.access_key_id, answer.secret_access_key, answer.session_token}, expires,
                   "AWS STS");
}

}  // namespace

Expected<Fetched, Error> assume_role(const Role& role, const aws::Credentials& as,
                                     const Surroundings& surroundings, std::string_view from) {
    const auto endpoint = service_url(sts, surroundings.region, surroundings);
    if (!endpoint) return endpoint.error();
    const WallTime now = surroundings.now();
    Form form("AssumeRole");
    add_role(form, role, now);
    const std::string region = surroundings.region.empty() ? "us-east-1" : surroundings.region;
    const aws::Header headers[] = {{"Host", endpoint->host}, {"Content-Type", form_type}};
    const auto added =
        aws::Signer(region, "sts")
            .sign(
                {.path = endpoint->path, .headers = headers, .body_hash = aws::sha256(form.text())},
                as, now);
    http::WaitingCall call{.method = "POST", .url = endpoint->url, .body = form.text()};
    call.headers.emplace_back(std::string("Content-Type: ") + form_type);
    for (const auto& [name, value] : added) {
        call.headers.emplace_back(WipedText(name).append(": ").append(value));
    }
    return send(std::move(call), role, surroundings, from);
}

Expected<Fetched, Error> assume_role_with_web_identity(const Role& role, std::string_view token,
                                                       const Surroundings& surroundings,
                                                       std::string_view from) {
    const auto endpoint = service_url(sts, surroundings.region, surroundings);
    if (!endpoint) return endpoint.error();
    Form form("AssumeRoleWithWebIdentity");
    add_role(form, role, surroundings.now());
    form.add("WebIdentityToken", token);
    http::WaitingCall call{.method = "POST", .url = endpoint->url, .body = form.text()};
    call.headers.emplace_back(WipedText("Content-Type: ").append(form_type));
    return send(std::move(call), role, surroundings, from);
}

}  // namespace lk::credentials
