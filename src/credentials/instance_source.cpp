#include "credentials/instance_source.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "credentials/ask.hpp"
#include "credentials/json_answer.hpp"

namespace lk::credentials {
namespace {

constexpr const char* roles_path = "/latest/meta-data/iam/security-credentials/";

}  // namespace

InstanceSource::InstanceSource(std::shared_ptr<InstanceMetadata> metadata,
                               SharedSurroundings surroundings)
    : metadata_(std::move(metadata)), surroundings_(std::move(surroundings)) {}

Expected<std::string, Error> InstanceSource::role() {
    const auto came = metadata_->get(roles_path);
    if (!came) return came.error();
    if (came->status == 404) {
        return refused(name() + ": the machine has no IAM role; attach an instance profile");
    }
    if (came->status != 200) return refused(name() + ": " + refusal(*came));
    // One a line; there is only ever one.
    const std::string role(came->body.substr(0, came->body.find_first_of("\r\n")));
    const bool fits = std::all_of(role.begin(), role.end(), [](char c) {
        return c > ' ' && c < 0x7F && std::string_view("/?#%").find(c) == std::string_view::npos;
    });
    if (role.empty() || !fits) return refused(name() + ": the name of the role is none");
    return role;
}

Expected<Fetched, Error> InstanceSource::fetch() {
    const auto of = role();
    if (!of) return of.error();
    const auto came = metadata_->get(roles_path + *of);
    if (!came) return came.error();
    if (came->status != 200) return refused(name() + ": " + refusal(*came));
    const auto fields = JsonFields::read(came->body);
    if (!fields) return refused(name() + ": the answer is no JSON object");
    if (const auto code = fields->text("Code"); !code.empty() && code != "Success") {
        return refused(name() + ": no credentials for the role " + quotable(*of) + " (" +
                       quotable(code) + ": " + quotable(fields->text("Message")) + ")");
    }
    auto fetched = credentials_in(*fields, {.session_token = "Token"}, name());
    if (!fetched) return fetched;
    const WallTime now = surroundings_->now();
    if (fetched->expires && *fetched->expires <= now) {
        RandomBytes random;
        // Spread, as a whole fleet meets the same trouble at once.
        fetched->expires = now + std::chrono::seconds(300 + random.below(600));
    }
    return fetched;
}

}  // namespace lk::credentials
