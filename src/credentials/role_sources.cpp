#include "credentials/role_sources.hpp"

#include <algorithm>
#include <utility>

#include "credentials/token_file.hpp"

namespace lk::credentials {

RoleSource::RoleSource(Role role, std::unique_ptr<Source> base, std::string from,
                       SharedSurroundings surroundings)
    : role_(std::move(role)),
      base_(std::move(base)),
      from_(std::move(from)),
      surroundings_(std::move(surroundings)) {}

// The base is asked each time: it is seldom, and a base that was kept could have expired.
Expected<Fetched, Error> RoleSource::fetch() {
    const auto base = base_->fetch();
    if (!base) return base.error();
    return assume_role(role_, base->credentials, *surroundings_, from_);
}

std::string RoleSource::name() const {
    return "role " + quotable(role_.arn) + ", " + from_ + ", with " + base_->name();
}

WebIdentitySource::WebIdentitySource(Role role, TokenFile token_file, std::string from,
                                     SharedSurroundings surroundings)
    : role_(std::move(role)),
      token_file_(std::move(token_file)),
      from_(std::move(from)),
      surroundings_(std::move(surroundings)) {}

Expected<Fetched, Error> WebIdentitySource::fetch() {
    const auto token = read_token_file(token_file_.path, token_file_.from);
    if (!token) return token.error();
    return assume_role_with_web_identity(role_, *token, *surroundings_, from_);
}

std::string WebIdentitySource::name() const {
    return "web identity, role " + quotable(role_.arn) + ", " + from_;
}

}  // namespace lk::credentials
