#include "credentials/json_answer.hpp"

#include "credentials/timestamp.hpp"

namespace lk::credentials {

Expected<Fetched, Error> credentials_in(const JsonFields& fields, const FieldNames& names,
                                        std::string_view from) {
    std::optional<WallTime> expires;
    if (const auto text = fields.text(names.expiration); !text.empty()) {
        expires = parse_timestamp(text);
        if (!expires) {
            return refused(std::string(from) + ": " + std::string(names.expiration) + " \"" +
                           quotable(text) + "\" is no time such as 2026-11-24T04:00:00Z");
        }
    }
    auto fetched = checked({fields.text(names.access_key_id), fields.text(names.secret_access_key),
                            fields.text(names.session_token)},
                           expires, from);
    if (fetched) fetched->account_id = account_id_in(fields.text(names.account_id));
    return fetched;
}

}  // namespace lk::credentials
