// SPDX-License-Identifier: BSD-2-Clause
// judge_machine.cpp - see judge_machine.h: software, stores on their way, the queue.
#include "tests/property/judge/judge_machine.h"

#include "sim/diag.h"

#include <algorithm>

namespace judge
{

namespace
{

constexpr bool is_buffered(const Act &act)
{
    return act.op == Op::kStore || act.op == Op::kCommand || act.op == Op::kDoorbell;
}

bool touches(const Act &act, uint64_t pa)
{
    return act.op == Op::kStore && (act.pa == pa || (act.wide && act.pa + 8 == pa));
}

bool same_word(const Act &a, const Act &b)
{
    return a.op == Op::kStore && (touches(b, a.pa) || (a.wide && touches(b, a.pa + 8)));
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
    mix(std::hash<Bits>()(state.tlb));
    mix(std::hash<Bits>()(state.pieces));
    mix(std::hash<Bits>()(state.atc));
    for (const uint64_t word : state.held)
        mix(word);
    return hash;
}

Machine::Machine(const Stream &stream) : stream_(stream), start_(set_up(stream))
{
    SIM_BUG_ON(stream.acts.size() > kMaxActs);
    plan();
    plan_ops();
}

void Machine::plan()
{
    const std::vector<Act> &acts = stream_.acts;

    need_.resize(acts.size());
    commands_.resize(acts.size());
    slots_.assign(start_.prod, 0);
    for (size_t i = 0; i < acts.size(); i++) {
        if (acts[i].op == Op::kStore) {
            stores_[acts[i].pa].push_back(i);
            if (acts[i].wide)
                stores_[acts[i].pa + 8].push_back(i);
        } else if (acts[i].op == Op::kCommand) {
            commands_[i] = decode_command(acts[i].word);
            slots_.push_back(i);
        }
        for (size_t early = 0; early < acts.size(); early++)
            need_[i][early] = ordered(early, i);
    }
}

// Must @early be visible before @late? Of one CPU, stores to one word and what a barrier parts; of
// all, the slots and the lower doorbells that a doorbell covers.
bool Machine::ordered(size_t early, size_t late) const
{
    const Act &a = stream_.acts[early], &b = stream_.acts[late];

    if (early >= late || !is_buffered(a) || !is_buffered(b))
        return false;
    if (b.op == Op::kDoorbell && (a.op == Op::kCommand || a.op == Op::kDoorbell) &&
        a.index < b.index)
        return true;
    return a.cpu == b.cpu && same_word(a, b);
}

static void take_request(std::vector<Request> &requests, uint32_t sid, uint32_t ssid)
{
    for (const Request &known : requests) {
        if (known.sid == sid && known.ssid == ssid)
            return;
    }
    requests.push_back({sid, ssid});
}

// PASIDs that are in use though nobody names them: a few; a guest's are all alike.
void Machine::plan_pasids(size_t n_acts)
{
    for (const auto &[dev, sid] : start_.sid_of) {
        unsigned n = 0;
        for (uint32_t ssid = 1; ssid <= 64 && n < 4; ssid++) {
            const Target target = recorded(n_acts, {sid, ssid});
            if (target.kind == Kind::kRefused)
                continue;
            take_request(requests_, sid, ssid);
            n += target.kind == Kind::kGuest ? 4 : 1;
        }
    }
}

// The operations, the requests that they are about, and pages that they map or unmap.
void Machine::plan_ops()
{
    std::vector<sim_record> all = stream_.setup;

    for (size_t i = 0; i < stream_.acts.size(); i++) {
        const Act &act = stream_.acts[i];
        all.insert(all.end(), act.records.begin(), act.records.end());
        if (act.op == Op::kBegin) {
            result_.ops.emplace_back();
            result_.ops.back().outer = act.records.front().mark.op;
            result_.ops.back().mark = act.records.back().mark;
            result_.ops.back().begin = i;
            result_.ops.back().end = stream_.acts.size();
        } else if (act.op == Op::kStore && !result_.ops.empty()) {
            Operation &op = result_.ops.back();
            op.has_stores |= op.end == stream_.acts.size();
        } else if (act.op == Op::kEnd && !result_.ops.empty()) {
            result_.ops.back().end = i;
        }
    }
    for (const sim_record &rec : all) {
        if (rec.kind == SIM_R_DEVICE)
            take_request(requests_, rec.device.requester, kNoSsid);
        else if (rec.kind == SIM_R_BEGIN && rec.mark.pasid != UINT32_MAX)
            take_request(requests_, start_.sid_of[rec.mark.dev], rec.mark.pasid);
    }
    for (const Operation &op : result_.ops)
        plan_pasids(op.begin);
    for (Operation &op : result_.ops) {
        recorded(op.begin, op.before);
        recorded(op.end, op.after);
        plan_window(op);
    }
    plan_pages(all);
}

// Walks matter where tables change or go: then of the first page of each mapping.
void Machine::plan_pages(const std::vector<sim_record> &all)
{
    bool is_needed = false;

    for (const Operation &op : result_.ops)
        is_needed |= op.outer == SIM_OP_MAP || op.outer == SIM_OP_UNMAP;
    for (const Act &act : stream_.acts)
        is_needed |= act.op == Op::kFree;
    for (const sim_record &rec : all) {
        if (is_needed && rec.kind == SIM_R_MAP &&
            std::find(iovas_.begin(), iovas_.end(), rec.map.iova) == iovas_.end())
            iovas_.push_back(rec.map.iova);
    }
}

// What is stored outside of all operations is nobody's.
void Machine::plan_window(Operation &op)
{
    for (size_t i = op.end; i <= stream_.acts.size(); i++) {
        std::map<Request, Target> now;
        recorded(i, now);
        for (const auto &[request, target] : now) {
            if (!(target == op.after[request]) && !op.open_to.count(request))
                op.open_to[request] = i;
        }
    }
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

// What memory says when the first @n_acts acts are over, nothing cached.
Target Machine::recorded(size_t n_acts, const Request &request)
{
    State state;
    std::set<Target> one;

    for (size_t i = 0; i < n_acts; i++)
        state.visible[i] = stream_.acts[i].op == Op::kStore;
    fetch_entries(state, request, one);
    SIM_BUG_ON(one.size() != 1);
    Target target = *one.begin();
    target.eats = false;
    return target;
}

void Machine::recorded(size_t n_acts, std::map<Request, Target> &targets)
{
    for (const Request &request : requests_)
        targets[request] = recorded(n_acts, request);
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
    for (size_t i = 0; act.op == Op::kBarrier && i < state.issued; i++) {
        const Act &early = stream_.acts[i];
        if (early.cpu == act.cpu && is_buffered(early) && !state.visible[i])
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

// Commands run in any order up to a CMD_SYNC, which is complete when they are.
void Machine::run_queue(const State &state)
{
    uint32_t prod = start_.prod;
    bool is_clear = true;

    for (size_t i = 0; i < state.issued; i++) {
        if (stream_.acts[i].op == Op::kDoorbell && state.visible[i])
            prod = std::max(prod, stream_.acts[i].index);
    }
    for (uint32_t slot = start_.prod; slot < prod; slot++) {
        const size_t act = slots_[slot];
        const bool is_sync = commands_[act].cmd == Cmd::kSync;
        if (!state.done[act] && (!is_sync || is_clear)) {
            State next = state;
            execute(next, act);
            reach(next);
        }
        is_clear = is_clear && state.done[act];
        if (is_sync && !state.done[act])
            return;
    }
}

void Machine::execute(State &state, size_t act) const
{
    state.done[act] = true;
    drop_entries(state, commands_[act]);
    drop_tlb(state, commands_[act]);
    drop_atc(state, commands_[act]);
}

} // namespace judge
