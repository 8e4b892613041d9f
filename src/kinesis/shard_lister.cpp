#include "kinesis/shard_lister.hpp"

#include <iterator>

#include "wire/streams.hpp"

namespace lk::kinesis {
namespace {

// An account has 20,000 unless it asks for more. Pages may hold few, but not for ever.
constexpr std::size_t most_shards = 100'000;
constexpr int most_pages = 1000;

// One listing; alive while a page is under way.
class Listing : public std::enable_shared_from_this<Listing> {
  public:
    Listing(std::shared_ptr<Sender> sender, std::string stream, WhichShards which,
            ListShardsDone done)
        : sender_(std::move(sender)),
          stream_(std::move(stream)),
          which_(which),
          done_(std::move(done)) {}

    void ask(const std::string& next_token) {
        ++pages_;
        call_with_document(*sender_, "ListShards", stream_, request(next_token),
                           [self = shared_from_this()](Expected<wire::Document, Failure> came) {
                               self->take(std::move(came));
                           });
    }

  private:
    [[nodiscard]] wire::Document request(const std::string& next_token) const {
        if (next_token.empty() && which_ == WhichShards::all) return wire::stream_request(stream_);
        return wire::list_shards_request(stream_, next_token);
    }

    void take(Expected<wire::Document, Failure> came) {
        if (!came) {
            // A token lives for 300 s; what was collected so far may be outdated with it.
            if (came.error().service_code == "ExpiredNextTokenException" && !began_again_) {
                began_again_ = true;
                pages_ = 0;
                shards_.clear();
                return ask({});
            }
            return finish(std::move(came).error());
        }
        auto page = wire::read_list_shards_answer(*came);
        if (!page) return finish(failure_of_bad_answer(page.error(), {"ListShards", stream_}));
        shards_.insert(shards_.end(), std::make_move_iterator(page->shards.begin()),
                       std::make_move_iterator(page->shards.end()));
        if (shards_.size() > most_shards) return finish(more_than(most_shards, "shards"));
        if (page->next_token.empty()) return finish(std::move(shards_));
        if (pages_ == most_pages) return finish(more_than(most_pages, "pages of shards"));
        ask(page->next_token);
    }

    [[nodiscard]] Failure more_than(std::size_t most, const char* what) const {
        return failure_of_bad_answer("more than " + std::to_string(most) + " " + what,
                                     {"ListShards", stream_});
    }

    void finish(Expected<std::vector<Shard>, Failure> outcome) {
        const auto done = std::exchange(done_, nullptr);
        done(std::move(outcome));
    }

    std::shared_ptr<Sender> sender_;
    std::string stream_;
    WhichShards which_;
    ListShardsDone done_;
    std::vector<Shard> shards_;
    int pages_ = 0;
    bool began_again_ = false;
};

}  // namespace

void list_shards(std::shared_ptr<Sender> sender, std::string stream, WhichShards which,
                 ListShardsDone done) {
    std::make_shared<Listing>(std::move(sender), std::move(stream), which, std::move(done))
        ->ask({});
}

}  // namespace lk::kinesis
