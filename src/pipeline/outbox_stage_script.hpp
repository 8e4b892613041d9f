#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/completions.hpp"
#include "pipeline/outbox_stage.hpp"

namespace lk::pipeline {

inline constexpr std::size_t mebibyte = 1024 * 1024;

// A loop that nobody runs: the test is the driver.
class NoLoop final : public Loop {
  public:
    void attach(std::shared_ptr<Participant>) override {}
    void detach(const Participant*) override {}
    void detach_and_wait(const Participant*) override {}
    void wake() noexcept override {}
    [[nodiscard]] bool on_loop_thread() const noexcept override { return false; }
};

// An outbox in memory that does what it is asked when the test says so.
class FakeOutbox final : public outbox::StreamOutbox {
  public:
    struct Page {
        std::deque<std::string> cbor;
        std::vector<outbox::KeptRecord> records;  ///< Views into it.
        std::vector<bool> settled;
    };
    std::map<outbox::PageId, Page> pages;
    std::vector<outbox::LeftPage> left;
    outbox::DiscardedKeys discarded_keys;
    std::optional<Error> disk_error;
    /// What the disk has room for at a time, in pages.
    std::size_t most_at_once = 1'000'000;
    /// Of all pages: its age is by the system's clock, which no script moves.
    std::int64_t kept_at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();
    std::uint64_t most_bytes = 1 << 30;
    std::deque<std::function<void()>> asked;

    /// Does what was asked so far.
    void work() {
        while (!asked.empty()) {
            const auto next = std::move(asked.front());
            asked.pop_front();
            next();
        }
    }

    [[nodiscard]] std::uint64_t fingerprint_seed() const noexcept override { return 5; }
    std::optional<Error> for_each_left(
        const std::function<void(const outbox::LeftPage&)>& page) override {
        for (const auto& one : left) page(one);
        return std::nullopt;
    }
    void keep(std::vector<outbox::PageDraft> drafts,
              std::function<void(Expected<std::vector<outbox::PageId>, Error>)> done) override {
        asked.emplace_back([this, drafts = std::move(drafts), done = std::move(done)] {
            if (disk_error) return done(*disk_error);
            if (drafts.size() > most_at_once) {
                return done(Error{ErrorCode::outbox, "No space left on device", false, 0});
            }
            std::vector<outbox::PageId> ids;
            for (const outbox::PageDraft& draft : drafts) {
                const outbox::PageId id = ++last_id_;
                for (const outbox::KeptRecord& record : draft) {
                    pages[id].records.push_back(record);
                    pages[id].records.back().cbor = pages[id].cbor.emplace_back(record.cbor);
                    pages[id].settled.push_back(false);
                }
                ids.push_back(id);
            }
            done(std::move(ids));
        });
    }
    void load(outbox::PageId id,
              std::function<void(Expected<outbox::ReadPage, Error>)> done) override {
        asked.emplace_back([this, id, done = std::move(done)] {
            if (disk_error) return done(*disk_error);
            if (!pages.contains(id)) return done(outbox::ReadPage());
            outbox::KeptPage page;
            page.id = id;
            page.kept_at_ms = kept_at_ms;
            page.records = pages[id].records;
            page.settled = pages[id].settled;
            for (std::size_t i = 0; i < page.records.size(); ++i) {
                page.records[i].cbor = pages[id].cbor[i];
            }
            done(outbox::ReadPage(std::move(page)));
        });
    }
    void settle(outbox::PageId id, std::vector<std::uint32_t> records) override {
        for (const std::uint32_t index : records) pages.at(id).settled[index] = true;
        const auto& settled = pages.at(id).settled;
        if (std::all_of(settled.begin(), settled.end(), [](bool one) { return one; })) {
            pages.erase(id);
        }
    }
    [[nodiscard]] outbox::PageId last_page() const noexcept override { return last_id_; }
    void discard(std::uint64_t fingerprint, outbox::PageId last,
                 std::function<void(std::optional<Error>)> done) override {
        discarded_keys[fingerprint] = last;
        done(std::nullopt);
    }
    Expected<outbox::DiscardedKeys, Error> discarded() override { return discarded_keys; }
    void flush(std::function<void()> done) override { asked.push_back(std::move(done)); }
    [[nodiscard]] std::uint64_t bytes() const noexcept override { return 0; }
    [[nodiscard]] std::uint64_t max_bytes() const noexcept override { return most_bytes; }

  private:
    outbox::PageId last_id_ = 0;
};

/// Plays a stage, with an intake before it and a core behind it, like a script: time is what the
/// script says.
class OutboxStageScript : public ::testing::Test {
  protected:
    static CoreOptions usual_options() {
        return {.deliver_within = std::chrono::hours(1), .max_requests_in_flight = 100};
    }
    explicit OutboxStageScript(CoreOptions options = usual_options()) : core(std::move(options)) {}

    void write(const std::string& name, const std::string& key = {}, std::size_t bytes = 10) {
        const std::string data = name + std::string(bytes, '.');
        Draft draft;
        draft.bytes = data;
        draft.data_bytes = data.size();
        draft.partition_key = key.empty() ? std::string_view("random") : std::string_view(key);
        draft.lane = key.empty() ? 0 : intake.lane_of(key);
        detail::Slot* const slot = intake.write(draft);
        results.push_back(detail::Slot::of(slot));
    }

    void turn() {
        intake.drain([this](Pending* record) { stage->take(record, now); });
        stage->turn(now, nullptr);
    }
    /// What was written is kept, and goes on where it may.
    void keep() {
        turn();
        outbox->work();
        turn();
    }

    /// More than memory holds: the last of it is on the disk alone.
    std::vector<std::string> keep_a_backlog(const std::string& key) {
        std::vector<std::string> names;
        for (int i = 0; i < 2500; ++i) {
            names.push_back(std::to_string(i));
            write(names.back(), key, 1000);
            if (i % 50 == 0) keep();
        }
        keep();
        return names;
    }

    /// What the core would send now: the names of all that is ready.
    std::vector<std::string> send() {
        std::vector<std::string> names;
        core.hurry(0);
        while (const Core::Request* request = core.next_request(now)) {
            under_way.push_back(*request);
            for (const Parcel& parcel : request->parcels) {
                const std::string_view data = record_of(*parcel.first).data;
                names.emplace_back(data.substr(0, data.find('.')));
            }
        }
        return names;
    }
    /// Kinesis stores all that was sent.
    void store_all() {
        while (!under_way.empty()) {
            PutRecordsAnswer answer;
            for (std::size_t i = 0; i < under_way.front().parcels.size(); ++i) {
                answer.add_stored("shardId-000000000000", "1");
            }
            core.answered(under_way.front().id, answer, now);
            under_way.pop_front();
            take_settled();
        }
    }
    /// Whether there was any.
    bool take_settled() {
        const bool any = !core.settled().empty();
        for (const std::uint64_t lane : core.newly_paused()) stage->paused(lane);
        core.newly_paused().clear();
        Budget::Return returned;
        for (Settled& settled : core.settled()) {
            Pending* const record = settled.record;
            endings[settled.ending]++;
            if (record->slot != nullptr) {
                if (record->slot->wanted()) {
                    auto settlement = std::make_unique<Settlement>();
                    settlement->published = settled.ending == Ending::published;
                    settlement->error = settled.error;
                    record->slot->settle(std::move(settlement));
                } else {
                    record->slot->settle_unwanted();
                }
            }
            if (record->is_kept()) {
                settled.ending == Ending::kept ? stage->left(*record) : stage->settled(*record);
            }
            stage->released(*record);
            budget->settled(*record, returned);
            intake.release(record);
        }
        core.settled().clear();
        intake.give_back_released();
        budget->give_back(returned);
        return any;
    }
    /// All that can be sent, until nothing comes any more.
    std::vector<std::string> drain() {
        std::vector<std::string> all;
        for (int idle = 0; idle < 100;) {
            keep();
            const bool any = take_settled();
            const auto names = send();
            all.insert(all.end(), names.begin(), names.end());
            store_all();
            now += std::chrono::milliseconds(10);
            idle = names.empty() && !any ? idle + 1 : 0;
        }
        return all;
    }

    void close() {
        stage->end(now, {ErrorCode::kept, "kept", false, 0});
        while (core.fail_all({ErrorCode::not_in_time, "closed", false, 0},
                             {ErrorCode::kept, "kept", false, 0})) {
            take_settled();
        }
        core.abandon_requests();
        take_settled();
        stage.reset();
    }

    void TearDown() override {
        if (stage == nullptr) return;
        outbox->work();
        turn();
        close();
    }

    std::shared_ptr<NoLoop> loop = std::make_shared<NoLoop>();
    std::shared_ptr<FakeOutbox> outbox = std::make_shared<FakeOutbox>();
    std::shared_ptr<Budget> budget = std::make_shared<Budget>(
        BudgetOptions{.bytes = 2 * mebibyte, .events = 5000, .most_held_by_key = mebibyte / 4});
    Doorbell doorbell{loop};
    Intake intake{budget, doorbell, Completions::make({}, {}),
                  IntakeOptions{true, outbox->fingerprint_seed()}};
    Core core;
    std::unique_ptr<OutboxStage> stage = std::make_unique<OutboxStage>(
        OutboxStage::Options{outbox, loop, std::make_shared<Inbox>(loop, Log{}), "s"}, core, intake,
        *budget);
    std::vector<Published> results;
    std::deque<Core::Request> under_way;
    std::map<Ending, int> endings;
    TimePoint now = TimePoint{} + std::chrono::hours(1);
};

}  // namespace lk::pipeline
