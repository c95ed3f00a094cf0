// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_machine.cpp - see judge_vtd_machine.h: software, stores on their way, the queue.
#include "tests/property/judge/judge_vtd_machine.h"

#include "sim/diag.h"

#include <algorithm>

namespace judge::vtd
{

namespace
{

constexpr bool is_memory(const Act &act)
{
    return act.op == Op::kStore || act.op == Op::kCommand;
}

constexpr bool is_buffered(const Act &act)
{
    return is_memory(act) || act.op == Op::kDoorbell;
}

// Whoever acts on these sees what was stored before. So does another CPU, whatever it does: it goes
// on because something in memory told it to.
constexpr bool hands_over(const Act &act)
{
    return act.op == Op::kBarrier || act.op == Op::kEnd || act.op == Op::kFree;
}

} // namespace

size_t StateHash::operator()(const State &state) const
{
    size_t hash = state.issued;
    const auto mix = [&](size_t word) {
        hash = (hash ^ word ^ (hash >> 29)) * UINT64_C(0x9e3779b97f4a7c15);
    };

    mix(std::hash<std::bitset<kMaxActs>>()(state.visible));
    mix(std::hash<std::bitset<kMaxActs>>()(state.done));
    mix(std::hash<std::bitset<kMaxItems>>()(state.held));
    return hash;
}

Machine::Machine(const Stream &stream) : stream_(stream), start_(start_of(stream))
{
    SIM_BUG_ON(stream.acts.size() > kMaxActs);
    is_caching_ = start_.caps.caching_mode();
    plan();
    plan_ops();
}

void Machine::plan()
{
    const std::vector<Act> &acts = stream_.acts;

    need_.resize(acts.size());
    commands_.resize(acts.size());
    slots_.assign(start_.n_slots, 0);
    for (size_t i = 0; i < acts.size(); i++) {
        if (acts[i].op == Op::kStore) {
            stores_[acts[i].pa].push_back(i);
            if (acts[i].wide)
                stores_[acts[i].pa + 8].push_back(i);
        } else if (acts[i].op == Op::kCommand) {
            commands_[i] = decode_command(acts[i].word);
            slots_.push_back(i);
        }
        for (size_t early = 0; early < i; early++)
            need_[i][early] = ordered(early, i);
    }
}

// Must @early be visible before @late? Of one CPU all that goes to memory, also before a register;
// of all, the slots and the earlier doorbells that a doorbell covers.
bool Machine::ordered(size_t early, size_t late) const
{
    const Act &a = stream_.acts[early], &b = stream_.acts[late];

    if (!is_buffered(a) || !is_buffered(b))
        return false;
    if (b.op == Op::kDoorbell && !is_memory(a))
        return true;
    if (b.op == Op::kDoorbell && a.op == Op::kCommand && a.index < b.index)
        return true;
    return a.cpu == b.cpu && is_memory(a);
}

uint64_t Machine::read(const State &state, uint64_t address) const
{
    const auto found = start_.memory.find(address);
    uint64_t word = found == start_.memory.end() ? 0 : found->second;
    const auto stores = stores_.find(address);

    if (stores == stores_.end())
        return word;
    for (const size_t i : stores->second) {
        const Act &act = stream_.acts[i];
        if (state.visible[i])
            word = act.word[act.pa == address ? 0 : 1];
    }
    return word;
}

Quantum Machine::read_quantum(const State &state, uint64_t address) const
{
    return {read(state, address), read(state, address + 8)};
}

bool Machine::is_stored(uint64_t address) const
{
    return stores_.count(address) || stores_.count(address + 8);
}

Result Machine::run()
{
    reach(State());
    while (!todo_.empty()) {
        const State state = todo_.back().first;
        const Targets targets = todo_.back().second;
        todo_.pop_back();
        look(state, targets);
        issue(state);
        show_stores(state);
        run_queue(state);
    }
    result_.n_states = seen_.size();
    return result_;
}

void Machine::reach(State state)
{
    Targets targets;

    drop_straddlers(state);
    while (fetch(state, targets))
        continue;
    if (seen_.insert(state).second)
        todo_.emplace_back(state, targets);
}

void Machine::issue(State state)
{
    if (state.issued == stream_.acts.size())
        return;
    const Act &act = stream_.acts[state.issued];
    if (act.op == Op::kWait && !state.done[slots_[act.index]])
        return;
    for (size_t i = 0; i < state.issued; i++) {
        const Act &early = stream_.acts[i];
        if ((early.cpu != act.cpu || hands_over(act)) && is_memory(early) && !state.visible[i])
            return;
    }
    state.issued++;
    reach(state);
}

void Machine::show_stores(const State &state)
{
    for (size_t i = 0; i < state.issued; i++) {
        if (!is_buffered(stream_.acts[i]) || state.visible[i] || (need_[i] & ~state.visible).any())
            continue;
        State next = state;
        next.visible[i] = true;
        reach(next);
    }
}

// What a descriptor waits for (6.5.2.11): all before it, for a wait; and nothing runs before an
// earlier fence is complete.
bool Machine::may_run(const State &state, const std::vector<size_t> &earlier,
                      const Command &c) const
{
    for (const size_t act : earlier) {
        const Cmd e = commands_[act].cmd;
        const bool is_tlb = c.cmd == Cmd::kIotlb || c.cmd == Cmd::kPiotlb;
        const bool waits = c.cmd == Cmd::kWait || commands_[act].is_fence ||
                           (is_tlb && (e == Cmd::kContext || e == Cmd::kPasid)) ||
                           (c.cmd == Cmd::kPasid && e == Cmd::kContext) ||
                           (c.cmd == Cmd::kDevice && e == Cmd::kIotlb) ||
                           (c.cmd == Cmd::kPasidDevice && (e == Cmd::kIotlb || e == Cmd::kPiotlb));
        if (waits && !state.done[act])
            return false;
    }
    return true;
}

void Machine::run_queue(const State &state)
{
    std::vector<size_t> earlier;
    uint32_t n_ready = start_.n_slots;

    for (size_t i = 0; i < state.issued; i++) {
        if (stream_.acts[i].op == Op::kDoorbell && state.visible[i])
            n_ready = std::max(n_ready, stream_.acts[i].index);
    }
    for (uint32_t slot = start_.n_slots; slot < n_ready; slot++) {
        const size_t act = slots_[slot];
        if (!state.done[act] && may_run(state, earlier, commands_[act])) {
            State next = state;
            execute(next, act);
            reach(next);
        }
        earlier.push_back(act);
    }
}

} // namespace judge::vtd
