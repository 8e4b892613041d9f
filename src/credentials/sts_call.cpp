#include "credentials/sts_call.hpp"

#include <optional>
#include <utility>

#include "aws/http_date.hpp"
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

bool is_passing(const http::WipedAnswer& came) {
    return came.status == 400 && may_pass(read_sts_answer(came.body));
}

struct Reply {
    int status = 0;
    StsAnswer answer;
    // By the clock of STS; nothing where it does not tell.
    std::optional<WallTime> date;
};

// Sends a form to STS and understands what it replies.
class StsCall {
  public:
    StsCall(const Role& role, const Surroundings& surroundings, std::string_view from)
        : role_(role), surroundings_(surroundings), from_(from) {}

    [[nodiscard]] Expected<Reply, Error> send(http::WaitingCall call, const Form& form) const {
        call.method = "POST";
        call.body = form.text();
        call.headers.emplace_back(WipedText("Content-Type: ").append(form_type));
        const auto came = ask(surroundings_, std::move(call), std::string(from_) + ": AWS STS",
                              {.passing = is_passing});
        if (!came) return came.error();
        return Reply{came->status, read_sts_answer(came->body), aws::parse_http_date(came->date)};
    }

    [[nodiscard]] Expected<Fetched, Error> understand(const Expected<Reply, Error>& reply) const {
        if (!reply) return reply.error();
        const StsAnswer& answer = reply->answer;
        if (reply->status != 200) return refused_by_sts(answer, reply->status, role_, from_);
        auto expires = parse_timestamp(answer.expiration);
        if (!expires || answer.access_key_id.empty()) {
            return refused(std::string(from_) +
                           ": the answer of AWS STS is not one of its own; does its endpoint lead "
                           "somewhere else?");
        }
        auto fetched =
            checked({answer.access_key_id, answer.secret_access_key, answer.session_token},
                    by_this_machines_clock(*expires, reply->date), "AWS STS");
        if (fetched) fetched->account_id = account_of(answer);
        return fetched;
    }

  private:
    // A clock that is wrong by hours would else have them fetched at the wrong time, again and
    // again. A difference of less than a minute may as well be the way of the answer.
    [[nodiscard]] WallTime by_this_machines_clock(WallTime expires,
                                                  std::optional<WallTime> date) const {
        if (!date) return expires;
        const auto ahead = *date - surroundings_.now();
        return ahead < std::chrono::minutes(1) && ahead > std::chrono::minutes(-1)
                   ? expires
                   : expires - ahead;
    }

    const Role& role_;
    const Surroundings& surroundings_;
    std::string_view from_;
};

http::WaitingCall signed_call(const aws::Endpoint& endpoint, const Form& form,
                              const aws::Credentials& as, const std::string& region,
                              WallTime when) {
    const aws::Header headers[] = {{"Host", endpoint.host}, {"Content-Type", form_type}};
    const auto added =
        aws::Signer(region, "sts")
            .sign(
                {.path = endpoint.path, .headers = headers, .body_hash = aws::sha256(form.text())},
                as, when);
    http::WaitingCall call{.url = endpoint.url};
    for (const auto& [name, value] : added) {
        call.headers.emplace_back(WipedText(name).append(": ").append(value));
    }
    return call;
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
    const StsCall sts_call(role, surroundings, from);
    auto reply = sts_call.send(signed_call(*endpoint, form, as, region, now), form);
    if (reply && reply->status != 200 && reply->date && blames_the_clock(reply->answer)) {
        reply = sts_call.send(signed_call(*endpoint, form, as, region, *reply->date), form);
    }
    return sts_call.understand(reply);
}

Expected<Fetched, Error> assume_role_with_web_identity(const Role& role, std::string_view token,
                                                       const Surroundings& surroundings,
                                                       std::string_view from) {
    const auto endpoint = service_url(sts, surroundings.region, surroundings);
    if (!endpoint) return endpoint.error();
    Form form("AssumeRoleWithWebIdentity");
    add_role(form, role, surroundings.now());
    form.add("WebIdentityToken", token);
    const StsCall sts_call(role, surroundings, from);
    return sts_call.understand(sts_call.send({.url = endpoint->url}, form));
}

}  // namespace lk::credentials
