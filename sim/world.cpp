#include "sim/world.hpp"

namespace lk::sim {

World::World(const Plan& the_plan, bool wants_trace)
    : plan(the_plan),
      trace(time, wants_trace),
      random(the_plan.seed),
      faults(the_plan.faults, time, random.fork(1)),
      kinesis(the_plan, time, trace, faults, random.fork(2)),
      network(the_plan, time, trace, faults, kinesis, random.fork(3)),
      checks(the_plan, time, trace, kinesis) {
    const Surroundings around{plan, time, trace, faults, network, checks, coverage};
    for (std::uint32_t i = 0; i < plan.producers.size(); ++i) {
        producers.push_back(std::make_unique<Producer>(around, i, random.fork(100 + i)));
    }
    faults.on_strike = [this](Fault fault, std::uint32_t number) {
        strike(fault, *producers[number]);
    };
    network.on_late_commit = [this](const SentRequest& request) {
        const Producer& producer = *producers[request.producer];
        if (!producer.gone()) coverage.met(Fault::late_commit, producer.lane_states_of(request));
    };
    for (EventNumber event = 0; event < plan.events.size(); ++event) {
        time.at(Timeline::start + plan.events[event].at,
                [this, event] { producers[plan.events[event].producer]->dispatch(event); });
    }
    for (const PlannedFault& fault : plan.faults) plan_fault(fault);
}

void World::plan_fault(const PlannedFault& fault) {
    time.at(Timeline::start + fault.at, [this, fault] {
        trace.line("begins for %g s: %s", std::chrono::duration<double>(fault.lasts).count(),
                   name_of(fault.kind).data());
        begin(fault);
    });
    if (fault.kind == Fault::stream_deleted) {
        time.at(Timeline::start + fault.at + fault.lasts,
                [this] { kinesis.erase_and_create_again(); });
    }
}

// What happens at once; the other faults wait for somebody whom they can strike.
void World::begin(const PlannedFault& fault) {
    Producer& producer = *producers[fault.target % producers.size()];
    if (fault.kind >= Fault::freeze) strike(fault.kind, producer);
    if (fault.kind == Fault::split || fault.kind == Fault::merge) {
        for (const auto& one : producers) strike(fault.kind, *one);
    }
    switch (fault.kind) {
        case Fault::split: kinesis.split(fault.target); break;
        case Fault::merge: kinesis.merge(fault.target); break;
        case Fault::freeze: producer.stand_still(fault.lasts, false); break;
        case Fault::suspend: producer.stand_still(fault.lasts, true); break;
        case Fault::flush: producer.flush(fault.lasts); break;
        case Fault::close: producer.close(fault.lasts); break;
        case Fault::crash: producer.crash(); break;
        default: break;
    }
}

void World::strike(Fault fault, const Producer& producer) {
    if (!producer.gone()) coverage.met(fault, producer.lane_states());
}

}  // namespace lk::sim
