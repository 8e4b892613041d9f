#include "pipeline/observers.hpp"

#include "pipeline/page.hpp"

namespace lk::pipeline {
namespace {

void add_text(Settlement& made, const Settled& settled) {
    const Pending& pending = *settled.record;
    const Record record = record_of(pending);
    made.published = true;
    made.is_envelope = pending.is_envelope;
    made.may_be_duplicate = pending.may_have_been_stored;
    made.on_other_shard = settled.on_other_shard;
    made.data_bytes = pending.data_bytes();
    made.key_bytes = pending.is_envelope ? 0 : pending.key_bytes;
    made.shard_bytes = static_cast<std::uint32_t>(settled.shard_id.size());
    made.text.reserve(pending.data_bytes() + made.key_bytes + settled.shard_id.size() +
                      settled.sequence_number.size());
    made.text.append(record.data)
        .append(record.partition_key.substr(0, made.key_bytes))
        .append(settled.shard_id)
        .append(settled.sequence_number);
}

}  // namespace

std::unique_ptr<Settlement> settlement_of(const Settled& settled) {
    auto made = std::make_unique<Settlement>();
    made->attempts = settled.record->attempts;
    if (settled.ending == Ending::published) {
        add_text(*made, settled);
    } else {
        made->error = settled.error;
    }
    return made;
}

void Observers::add(const Settled& settled, std::function<void(bool)> then) {
    Seen& seen = batch_.emplace_back();
    seen.settlement = std::make_unique<Settlement>();
    seen.settlement->attempts = settled.record->attempts;
    add_text(*seen.settlement, settled);
    if (settled.ending != Ending::published) seen.error = settled.error;
    seen.explicit_hash_key = record_of(*settled.record).explicit_hash_key;
    seen.from_earlier_run = settled.record->generation == Generations::earlier_run;
    seen.then = std::move(then);
}

void Observers::end_of_batch() {
    if (batch_.empty()) return;
    detail::Slot::run(
        completions_,
        [options = options_, batch = std::make_shared<std::vector<Seen>>(std::move(batch_))] {
            look(*options, std::move(*batch));
        });
    batch_.clear();
}

// What a callback throws is told of by who runs it; the others are called all the same.
void Observers::look(const ObserverOptions& options, std::vector<Seen> batch) {
    std::exception_ptr thrown;
    std::vector<DeadLetter> dead;
    std::vector<std::function<void(bool)>> taken;
    const auto tell = [&](Seen& seen) {
        const Outcome outcome = seen.settlement->outcome();
        // What cannot be read back is given as it stands.
        Event event =
            outcome ? *outcome
                    : Event{.data = seen.settlement->text.substr(0, seen.settlement->data_bytes)};
        if (options.on_settled) {
            try {
                options.on_settled(event, seen.error ? Outcome(*seen.error) : Outcome(event),
                                   seen.from_earlier_run);
            } catch (...) {
                thrown = std::current_exception();
            }
        }
        if (seen.error && options.take_dead_letters) {
            dead.push_back(
                {std::move(event), std::move(*seen.error), std::move(seen.explicit_hash_key)});
            if (seen.then) taken.push_back(std::move(seen.then));
        } else if (seen.then) {
            seen.then(true);
        }
    };
    for (Seen& seen : batch) {
        try {
            tell(seen);
        } catch (...) {
            // Out of memory. It is let go of untold, and stays where it is kept.
            thrown = std::current_exception();
        }
    }
    if (!dead.empty()) {
        options.take_dead_letters(std::move(dead), [taken = std::move(taken)](bool are_taken) {
            for (const auto& then : taken) then(are_taken);
        });
    }
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace lk::pipeline
