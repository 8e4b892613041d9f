// What becomes of records in the outbox whose key is paused, resumed or discarded.

#include <future>
#include <utility>

#include "pipeline/outbox_stage.hpp"

namespace lk::pipeline {

// What it holds in memory already takes no room from what is read back for others.
void OutboxStage::paused(std::uint64_t lane) {
    core_.for_each_unsettled(lane, [this](Pending* record) {
        if (!record->reloaded) return;
        released(*record);
        record->reloaded = false;
        bytes_from_dispatch_ += held_bytes(*record);
    });
}

void OutboxStage::set_aside(std::uint64_t lane, ShelvedPage page) {
    page.only_lane = lane;
    for (const auto& [generation, records] : page.generations) {
        core_.generations().paused(generation, records);
    }
    set_aside_.add(lane, std::move(page));
}

// Back on the shelf, for the next pass: what this one still finds of the key comes later.
void OutboxStage::resumed(std::uint64_t lane) {
    PageQueue pages = set_aside_.take(lane);
    if (pages.empty()) return;
    shelf_.pass_over_key(lane);
    put_back(std::move(pages));
}

void OutboxStage::discarded(std::uint64_t lane, const Error& error, std::uint32_t last_generation) {
    discarded_.insert_or_assign(lane, Discarded{error, last_generation});
    put_back(set_aside_.take(lane));
}

void OutboxStage::put_back(PageQueue pages) {
    while (!pages.empty()) {
        ShelvedPage page = pages.pop_front();
        for (const auto& [generation, records] : page.generations) {
            core_.generations().resumed(generation, records);
        }
        shelf_.pass_over(std::move(page));
    }
}

const Error* OutboxStage::discards(std::uint64_t lane, std::uint32_t generation) const {
    if (lane == 0 || discarded_.empty()) return nullptr;
    const auto found = discarded_.find(lane);
    if (found == discarded_.end()) return nullptr;
    const bool is_meant = Generations::is_up_to(generation, found->second.last_generation);
    return is_meant ? &found->second.error : nullptr;
}

// The same of one that is read back.
const Error* OutboxStage::discards(std::uint64_t lane, std::uint32_t generation,
                                   outbox::PageId page) const {
    static const Error before{
        ErrorCode::lane_paused,
        "an earlier event of its partition key failed, and the run before called discard() for it",
        false, 0};
    if (generation == Generations::earlier_run) {
        const auto found = discarded_before_.find(lane);
        if (found != discarded_before_.end() && page <= found->second) return &before;
    }
    return discards(lane, generation);
}

// As allocated, but for what allocators add.
std::size_t OutboxStage::discards_bytes() const noexcept {
    constexpr std::size_t links = 2 * sizeof(void*);
    constexpr std::size_t text = 128;  // of the error
    return discarded_.size() * (sizeof *discarded_.begin() + links + text) +
           discarded_before_.size() * (sizeof *discarded_before_.begin() + links);
}

// Nothing of them can come any more.
void OutboxStage::forget_discards() {
    if (discarded_.empty() && discarded_before_.empty()) return;
    if (empty()) {
        discarded_.clear();
        discarded_before_.clear();
    }
}

void OutboxStage::persist_discard(std::uint64_t lane, outbox::PageId last) const {
    std::promise<std::optional<Error>> answer;
    outbox_->discard(lane, last,
                     [&](std::optional<Error> error) { answer.set_value(std::move(error)); });
    if (const auto error = answer.get_future().get()) {
        log(log_error,
            "that a key was discarded cannot be noted in the outbox, so if this process dies now, "
            "a later run may send what is stored of it: " +
                error->message);
    }
}

}  // namespace lk::pipeline
