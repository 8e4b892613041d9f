#include "credentials/find_credentials.hpp"

#include <mutex>
#include <utility>

#include "credentials/refreshing_credentials.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

// What people may see of them.
std::string shown(const Fetched& fetched) {
    std::string text = "key " + masked(fetched.credentials.access_key_id);
    if (!fetched.account_id.empty()) text += " of account " + fetched.account_id;
    if (fetched.expires) text += ", until " + timestamp(*fetched.expires);
    return text;
}

// Chooses anew at each fetch.
class FoundSource final : public Source {
  public:
    FoundSource(Surroundings surroundings, std::string profile)
        : surroundings_(std::move(surroundings)),
          profile_(std::move(profile)),
          metadata_(std::make_shared<InstanceMetadata>(
              std::make_shared<const Surroundings>(surroundings_))) {}

    Expected<Fetched, Error> fetch() override {
        auto files = aws::ProfileFiles::load(surroundings_.environment, profile_);
        if (!files) return std::move(files).error();
        auto now = std::make_shared<Surroundings>(surroundings_);
        now->files = std::move(*files);
        Choice choice = choose_source(now, metadata_);
        steps_ = std::move(choice.steps);
        if (!choice.source) return std::move(choice.error);
        {
            const std::lock_guard lock(mutex_);
            name_ = choice.source->name();
        }
        unchanging_ = choice.unchanging;
        auto fetched = choice.source->fetch();
        if (fetched) {
            steps_.back().finding += ": " + shown(*fetched);
            return fetched;
        }
        if (!choice.last_resort) return fetched;
        std::string why = std::move(fetched).error().message;
        const std::string twice = steps_.back().place + ": ";
        if (why.starts_with(twice)) why.erase(0, twice.size());
        steps_.back().finding = std::move(why);
        return none_anywhere(steps_);
    }

    std::string name() const override {
        const std::lock_guard lock(mutex_);
        return name_;
    }

    // Of the last fetch; not to be called while another thread fetches.
    [[nodiscard]] bool unchanging() const noexcept { return unchanging_; }
    [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }

  private:
    Surroundings surroundings_;
    std::string profile_;
    std::shared_ptr<InstanceMetadata> metadata_;
    std::vector<Step> steps_;
    bool unchanging_ = false;
    mutable std::mutex mutex_;
    std::string name_ = "AWS credentials";
};

}  // namespace

Expected<FoundCredentials, Error> find_credentials(Surroundings surroundings,
                                                   std::string_view option_profile,
                                                   std::vector<Step>* steps) {
    const auto shared = std::make_shared<const Surroundings>(surroundings);
    const auto source =
        std::make_shared<FoundSource>(std::move(surroundings), std::string(option_profile));
    auto first = source->fetch();
    if (steps != nullptr) *steps = source->steps();
    if (!first) return std::move(first).error();
    FoundCredentials found;
    found.from = source->name();
    found.steps = source->steps();
    found.expires = first->expires;
    found.account_id = first->account_id;
    if (source->unchanging()) {
        const aws::Credentials& keys = first->credentials;
        auto fixed = aws::given_credentials(keys.access_key_id, keys.secret_access_key.reveal(),
                                            keys.session_token.reveal());
        if (!fixed) return std::move(fixed).error();
        found.provider = std::move(*fixed);
        return found;
    }
    found.provider = std::make_shared<RefreshingCredentials>(source, std::move(*first), shared);
    return found;
}

}  // namespace lk::credentials
