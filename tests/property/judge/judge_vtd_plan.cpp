// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_plan.cpp - see judge_vtd_machine.h: operations, and requests that they are about.
#include "tests/property/judge/judge_vtd_machine.h"

#include "sim/diag.h"

#include <algorithm>

namespace judge::vtd
{

static void take_request(std::vector<Request> &requests, const Request &request)
{
    if (std::find(requests.begin(), requests.end(), request) == requests.end())
        requests.push_back(request);
}

static bool is_table_op(uint8_t op)
{
    return op == SIM_OP_MAP || op == SIM_OP_UNMAP;
}

// PASIDs that are in use though nobody names them: a few; a guest's are all alike.
void Machine::plan_pasids(size_t n_acts)
{
    for (const auto &[dev, sid] : start_.sid_of) {
        unsigned n = 0;
        for (uint32_t pasid = 1; pasid <= 64 && n < 4; pasid++) {
            const Target target = recorded(n_acts, {sid, pasid});
            if (target.is_refused())
                continue;
            take_request(requests_, {sid, pasid});
            n++;
        }
    }
}

void Machine::plan_ops()
{
    std::vector<sim_record> all = stream_.setup;
    std::vector<Operation> &ops = result_.ops;

    for (size_t i = 0; i < stream_.acts.size(); i++) {
        const Act &act = stream_.acts[i];
        all.insert(all.end(), act.records.begin(), act.records.end());
        if (act.op == Op::kBegin) {
            ops.emplace_back();
            ops.back().outer = act.records.front().mark.op;
            ops.back().mark = act.records.back().mark;
            ops.back().begin = i;
            ops.back().end = stream_.acts.size();
        } else if (act.op == Op::kStore && !ops.empty()) {
            ops.back().has_stores |= ops.back().end == stream_.acts.size();
        } else if (act.op == Op::kEnd && !ops.empty()) {
            ops.back().end = i;
        }
    }
    for (const sim_record &rec : all) {
        if (rec.kind == SIM_R_DEVICE)
            take_request(requests_, {rec.device.requester, kNoPasid});
        else if (rec.kind == SIM_R_BEGIN && rec.mark.pasid != UINT32_MAX)
            take_request(requests_, {start_.sid_of[rec.mark.dev], rec.mark.pasid});
    }
    for (const Operation &op : ops)
        plan_pasids(op.begin);
    for (Operation &op : ops) {
        recorded(op.begin, op.before);
        recorded(op.end, op.after);
        plan_window(op);
    }
    plan_pages(all);
    plan_domains(all);
}

// Walks matter where tables change or go: then of the first page of each mapping.
void Machine::plan_pages(const std::vector<sim_record> &all)
{
    bool is_needed = false;

    for (const Operation &op : result_.ops)
        is_needed |= is_table_op(op.outer);
    for (const Act &act : stream_.acts)
        is_needed |= act.op == Op::kFree;
    for (const sim_record &rec : all) {
        if (is_needed && rec.kind == SIM_R_MAP &&
            std::find(iovas_.begin(), iovas_.end(), rec.map.iova) == iovas_.end())
            iovas_.push_back(rec.map.iova);
    }
}

// A domain's tables: where its maps stored.
void Machine::plan_domains(const std::vector<sim_record> &all)
{
    uint64_t domain = 0;

    for (const sim_record &rec : all) {
        if (rec.kind == SIM_R_BEGIN && is_table_op(rec.mark.op))
            domain = rec.mark.domain;
        else if (rec.kind == SIM_R_END && is_table_op(rec.mark_end.op))
            domain = 0;
        else if (rec.kind == SIM_R_STORE && domain != 0)
            table_pages_[domain].insert(rec.store.pa & ~(kPage - 1));
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

// What memory says when the first @n_acts acts are over, nothing cached.
Target Machine::recorded(size_t n_acts, const Request &request)
{
    State state;
    std::set<Target> one;

    for (size_t i = 0; i < n_acts; i++)
        state.visible[i] = stream_.acts[i].op == Op::kStore;
    fetch_request(state, request, one);
    SIM_BUG_ON(one.size() != 1);
    Target target = *one.begin();
    target.ats = false;
    return target;
}

void Machine::recorded(size_t n_acts, std::map<Request, Target> &targets)
{
    for (const Request &request : requests_)
        targets[request] = recorded(n_acts, request);
}

} // namespace judge::vtd
