// SPDX-License-Identifier: BSD-2-Clause
// judge_explore.cpp - see judge_explore.h.
#include "tests/property/judge/judge_explore.h"

#include "check/explore.h"
#include "cli/arch_smmuv3.h"
#include "sim/diag.h"

#include <algorithm>
#include <memory>

namespace judge
{

namespace
{

struct Free {
    void operator()(xpl *explorer) const
    {
        xpl_free(explorer);
    }
};

constexpr uint64_t kT0sz = 0x3f, kS2Shape = 0xff;

Target target_of(const chk_target &t)
{
    Target out;
    const auto &tlb = t.tlb[0];

    if (t.kind == CHK_REFUSED)
        return out;
    out.over = t.field[1] & 0xf;
    if (t.kind == CHK_BYPASS) {
        out.kind = Kind::kBypassed;
        return out;
    }
    out.tag = {uint8_t(tlb.tag.stage), tlb.tag.space, tlb.tag.stage == 1 ? tlb.tag.id : 0};
    out.regime.root = tlb.regime.root[0];
    if (tlb.tag.stage == 2) {
        out.kind = t.kind == CHK_OPAQUE ? Kind::kGuest : Kind::kStage2;
        out.regime.shape = tlb.regime.field[2] >> 32 & kS2Shape;
    } else {
        out.kind = Kind::kStage1;
        out.over = 0;
        out.regime.shape = tlb.regime.field[0] & (kEpd0 | kT0sz);
        out.regime.mair = tlb.regime.field[3];
    }
    if (t.kind == CHK_OPAQUE) {
        // S1DSS, S1CIR, S1COR, S1CSH
        out.over = (t.field[14] >> 12 & 3) | (t.field[14] >> 20 & 3) << 2 |
                   (t.field[14] >> 24 & 3) << 4 | (t.field[14] >> 28 & 3) << 6;
        out.guest = t.field[13];
    }
    return out;
}

void take_slot(const xpl_slot &slot, std::map<Request, Seen> &all)
{
    Seen &seen = all[{slot.request.requester, slot.request.pasid}];

    for (uint32_t i = 0; i < slot.n_outcomes; i++) {
        const xpl_outcome &outcome = slot.outcomes[i];
        Target t = target_of(outcome.target);
        const Phase phase = Phase(outcome.phase);
        if (outcome.source != XPL_ENTRY && t.kind == Kind::kRefused)
            continue; // a device's own translation request: counts in the class alone
        if (outcome.source == XPL_ENTRY)
            seen.views[phase].insert(t);
        if (t.is_translated())
            t.over = 0;
        seen.all[phase].insert(t);
    }
}

void put(xpl *explorer, const std::vector<sim_record> &records)
{
    for (const sim_record &rec : records)
        SIM_BUG_ON(xpl_put(explorer, &rec) != 0);
    SIM_BUG_ON(xpl_finish(explorer) != 0);
}

std::vector<sim_device> devices_of(const Stream &stream)
{
    std::vector<sim_device> devices;

    for (const auto &[dev, sid] : set_up(stream).sid_of) {
        sim_device d = {};
        d.dev = dev;
        d.requester[0] = sid;
        d.n_requesters = 1;
        d.source = "record";
        devices.push_back(d);
    }
    return devices;
}

} // namespace

Explored explore(const Stream &stream)
{
    const chk_arch *const archs[] = {&arch_smmuv3};
    const std::vector<sim_device> devices = devices_of(stream);
    Explored explored;
    xpl_params params;

    xpl_defaults(&params);
    params.atom_bytes = stream.atom_bytes;
    params.has_all_ats = true;
    const std::unique_ptr<xpl, Free> explorer(
        xpl_new(&params, archs, 1, devices.data(), devices.size()));
    SIM_BUG_ON(!explorer);
    put(explorer.get(), records_of(stream));
    const xpl_report *report = xpl_get_report(explorer.get());
    const auto n_ops = size_t(std::count_if(stream.acts.begin(), stream.acts.end(),
                                            [](const Act &a) { return a.op == Op::kBegin; }));
    SIM_BUG_ON(report->n_ops < n_ops);
    for (size_t i = report->n_ops - n_ops; i < report->n_ops; i++) {
        const xpl_op &op = report->ops[i];
        std::map<Request, Seen> seen;
        for (uint32_t s = 0; s < op.n_slots; s++)
            take_slot(op.slots[s], seen);
        explored.verdicts.ops.push_back(Class(op.worst[XPL_ARCHITECTURE]));
        explored.seen.push_back(seen);
        explored.verdicts.inconclusive.push_back(op.inconclusive);
        explored.why.emplace_back(op.why ? op.why : "");
    }
    explored.verdicts.bad_outside = report->bad_outside != 0;
    return explored;
}

} // namespace judge
