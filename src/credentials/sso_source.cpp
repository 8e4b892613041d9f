#include "credentials/sso_source.hpp"

#include <utility>

#include "credentials/ask.hpp"
#include "credentials/json_answer.hpp"
#include "credentials/service_url.hpp"
#include "credentials/timestamp.hpp"
#include "credentials/url_text.hpp"

namespace lk::credentials {

SsoSource::SsoSource(SsoRole role, std::string from, SharedSurroundings surroundings)
    : role_(std::move(role)), from_(std::move(from)), surroundings_(std::move(surroundings)) {}

Expected<Fetched, Error> SsoSource::fetch() {
    const auto token = sso_access_token(role_.login, *surroundings_);
    if (!token) return refused(from_ + ": " + token.error().message);
    const auto endpoint = service_url(sso_portal, role_.login.region, *surroundings_);
    if (!endpoint) return endpoint.error();
    http::WaitingCall call{.url = endpoint->url};
    call.url += "federation/credentials?role_name=";
    call.url += url_text(role_.role);
    call.url += "&account_id=";
    call.url += url_text(role_.account);
    call.headers.push_back(WipedText("x-amz-sso_bearer_token: ").append(*token));
    const auto came = ask(*surroundings_, std::move(call), from_ + ": the SSO portal");
    if (!came) return came.error();
    if (came->status == 401) {
        return refused(from_ + ": the SSO portal no longer takes the token; run " +
                       role_.login.mend);
    }
    if (came->status != 200) {
        return refused(from_ + ": the SSO portal gave no credentials for the role " +
                       quotable(role_.role) + " of account " + quotable(role_.account) + ": " +
                       refusal(*came));
    }
    const auto answer = JsonFields::read(came->body);
    const auto fields = answer ? answer->object("roleCredentials") : std::nullopt;
    const auto milliseconds = fields ? fields->number("expiration") : std::nullopt;
    const auto expires = milliseconds ? time_of_milliseconds(*milliseconds) : std::nullopt;
    if (!expires) {
        return refused(from_ + ": the answer of the SSO portal is not one of its own");
    }
    auto fetched = checked({fields->text("accessKeyId"), fields->text("secretAccessKey"),
                            fields->text("sessionToken")},
                           expires, from_);
    if (fetched) fetched->account_id = account_id_in(role_.account);
    return fetched;
}

}  // namespace lk::credentials
