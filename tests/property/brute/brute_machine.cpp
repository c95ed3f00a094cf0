// SPDX-License-Identifier: BSD-2-Clause
// brute_machine.cpp - see brute_machine.h: software, stores on their way, the queue.
#include "tests/property/brute/brute_machine.h"

#include <cstring>

namespace brute
{

namespace
{

constexpr bool is_buffered(Op op)
{
    return op == Op::kStore || op == Op::kSlot || op == Op::kDoorbell;
}

bool touches(const Act &act, unsigned word)
{
    return act.op == Op::kStore && (act.word == word || act.also == word);
}

bool same_place(const Act &a, const Act &b)
{
    if (a.op == Op::kStore)
        return touches(b, a.word) || (a.also != kNoWord && touches(b, a.also));
    return a.op == Op::kDoorbell && b.op == Op::kDoorbell;
}

// A store of a pointer to a table, and one into that table.
bool is_pointer_to(const Act &pointer, const Act &pointee)
{
    if (!touches(pointer, S0) || pointee.op != Op::kStore)
        return false;
    if (pointer.value == kS1A)
        return pointee.word >= A0 && pointee.word <= A3;
    return pointer.value == kS1B && pointee.word >= B0 && pointee.word <= B3;
}

} // namespace

bool State::operator==(const State &other) const
{
    return !std::memcmp(this, &other, sizeof(*this));
}

size_t StateHash::operator()(const State &state) const
{
    uint64_t words[sizeof(State) / 8], hash = 0;

    std::memcpy(words, &state, sizeof(state));
    for (const uint64_t word : words)
        hash = (hash ^ word ^ (hash >> 29)) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 32);
}

Machine::Machine(const Case &c) : case_(c), n_atoms_(c.wide_atoms ? 2 : 3)
{
    for (unsigned cpu = 0; cpu < kCpus; cpu++) {
        for (const Act &act : c.cpus[cpu]) {
            if (act.op == Op::kSlot)
                slots_[act.index] = &act;
        }
    }
    for (unsigned cpu = 0; cpu < kCpus; cpu++)
        plan(cpu);
}

void Machine::plan(unsigned cpu)
{
    const std::vector<Act> &acts = case_.cpus[cpu];

    need_[cpu].resize(acts.size());
    for (unsigned i = 0; i < acts.size(); i++) {
        if (is_buffered(acts[i].op))
            buffered_[cpu] |= UINT32_C(1) << i;
        need_[cpu][i][cpu] |= before(cpu, i);
        if (acts[i].op == Op::kDoorbell)
            plan_doorbell(cpu, i);
        if (case_.implied)
            plan_pointer(cpu, i);
    }
}

uint32_t Machine::before(unsigned cpu, unsigned act) const
{
    uint32_t mask = 0;

    for (unsigned early = 0; early < act; early++) {
        if (is_buffered(case_.cpus[cpu][early].op) && ordered(cpu, early, act))
            mask |= UINT32_C(1) << early;
    }
    return mask;
}

bool Machine::ordered(unsigned cpu, unsigned early, unsigned late) const
{
    const std::vector<Act> &acts = case_.cpus[cpu];

    if (same_place(acts[early], acts[late]))
        return true;
    bool has_slot = false;
    for (unsigned i = early + 1; i < late; i++) {
        // The barrier that is implied between a slot's past and its doorbell orders what follows,
        // too.
        has_slot |= acts[i].op == Op::kSlot;
        if (acts[i].op == Op::kBarrier ||
            (case_.implied && has_slot && acts[i].op == Op::kDoorbell))
            return true;
    }
    return false;
}

// Of any CPU, a pointer follows what was recorded of its pointee, where barriers are implied.
void Machine::plan_pointer(unsigned cpu, unsigned act)
{
    unsigned next[kCpus] = {0, 0};

    for (const uint8_t other : case_.order) {
        const unsigned i = next[other]++;
        if (other == cpu && i == act)
            return;
        if (is_pointer_to(case_.cpus[cpu][act], case_.cpus[other][i]))
            need_[cpu][act][other] |= UINT32_C(1) << i;
    }
}

// The slots that a doorbell covers come before it, whoever wrote them. So do lower doorbells: a
// queue pointer does not go back.
void Machine::plan_doorbell(unsigned cpu, unsigned act)
{
    const unsigned limit = case_.cpus[cpu][act].index;

    for (unsigned other = 0; other < kCpus; other++) {
        const std::vector<Act> &acts = case_.cpus[other];
        for (unsigned i = 0; i < acts.size(); i++) {
            if (acts[i].op == Op::kDoorbell && acts[i].index < limit)
                need_[cpu][act][other] |= UINT32_C(1) << i;
            if (acts[i].op != Op::kSlot || acts[i].index >= limit || (other == cpu && i > act))
                continue;
            need_[cpu][act][other] |= UINT32_C(1) << i;
            for (unsigned early = 0; case_.implied && early < i; early++) {
                if (is_buffered(acts[early].op) && acts[early].op != Op::kDoorbell)
                    need_[cpu][act][other] |= UINT32_C(1) << early;
            }
        }
    }
}

Result Machine::run()
{
    State first;

    first.memory = case_.memory;
    reach(first);
    while (!todo_.empty()) {
        const State state = todo_.back();
        todo_.pop_back();
        look(state);
        step_cpus(state);
        step_stores(state);
        step_queue(state);
    }
    result_.n_states = seen_.size();
    return result_;
}

void Machine::reach(State state)
{
    fetch(state);
    if (seen_.insert(state).second)
        todo_.push_back(state);
}

void Machine::step_cpus(const State &state)
{
    const unsigned n_issued = state.issued[0] + state.issued[1];

    for (unsigned cpu = 0; cpu < kCpus; cpu++) {
        if (state.issued[cpu] == case_.cpus[cpu].size())
            continue;
        if (case_.order.empty() || case_.order[n_issued] == cpu)
            issue(state, cpu);
    }
}

void Machine::issue(State state, unsigned cpu)
{
    const Act &act = case_.cpus[cpu][state.issued[cpu]];

    if (act.op == Op::kWait && !(state.done >> act.index & 1))
        return;
    const uint32_t issued = (UINT32_C(1) << state.issued[cpu]) - 1;
    if (act.op == Op::kBarrier && case_.settled && (buffered_[cpu] & issued & ~state.visible[cpu]))
        return;
    if (act.op == Op::kEnd)
        state.phase = kAfter;
    if (act.op == Op::kFreeTable)
        state.freed_tables = uint8_t(state.freed_tables | 1u << act.index);
    if (act.op == Op::kFreeRoot)
        state.freed_roots = uint8_t(state.freed_roots | 1u << act.index);
    state.issued[cpu]++;
    reach(state);
}

void Machine::step_stores(const State &state)
{
    for (unsigned cpu = 0; cpu < kCpus; cpu++) {
        for (unsigned i = 0; i < state.issued[cpu]; i++) {
            const auto &need = need_[cpu][i];
            if (!(buffered_[cpu] & ~state.visible[cpu] & UINT32_C(1) << i) ||
                (need[0] & ~state.visible[0]) || (need[1] & ~state.visible[1]))
                continue;
            State next = state;
            show(next, cpu, i);
            reach(next);
        }
    }
}

void Machine::show(State &state, unsigned cpu, unsigned act)
{
    const Act &a = case_.cpus[cpu][act];

    state.visible[cpu] |= UINT32_C(1) << act;
    if (a.op == Op::kDoorbell)
        state.prod = std::max(state.prod, a.index);
    if (a.op != Op::kStore)
        return;
    state.memory[a.word] = a.value;
    if (a.also != kNoWord)
        state.memory[a.also] = a.also_value;
    if (state.phase == kBefore)
        state.phase = kDuring;
}

// Commands run in any order up to a CMD_SYNC, which is complete when they are.
void Machine::step_queue(const State &state)
{
    for (unsigned i = 0; i < state.prod; i++) {
        const bool is_sync = slots_[i]->cmd == Cmd::kSync;
        if (!(state.done >> i & 1)) {
            State next = state;
            execute(next, *slots_[i]);
            if (!is_sync || (state.done & ((1u << i) - 1)) == (1u << i) - 1)
                reach(next);
        }
        if (is_sync && !(state.done >> i & 1))
            return;
    }
}

void Machine::execute(State &state, const Act &act)
{
    const bool ste = act.cmd == Cmd::kCfgiSte || act.cmd == Cmd::kCfgiAll;

    state.done |= UINT32_C(1) << act.index;
    if (ste)
        std::memset(state.ste, 0, sizeof(state.ste));
    if (ste || act.cmd == Cmd::kCfgiCd || act.cmd == Cmd::kCfgiCdAll)
        std::memset(state.cd, 0, sizeof(state.cd));
    drop_tlb(state, act);
}

void Machine::drop_tlb(State &state, const Act &act)
{
    for (unsigned i = 0; i < entries_.size(); i++) {
        const Outcome &e = entries_[i];
        const bool vmid = e.vmid == act.vmid, s1 = e.kind == Kind::kStage1;
        if (act.cmd == Cmd::kTlbiAll || (act.cmd == Cmd::kTlbiS12 && vmid) ||
            (act.cmd == Cmd::kTlbiVmid && vmid && s1) ||
            (act.cmd == Cmd::kTlbiAsid && vmid && s1 && e.asid == act.asid))
            state.tlb &= ~(UINT64_C(1) << i);
    }
}

} // namespace brute
