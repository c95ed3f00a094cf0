// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_explore.cpp - see judge_vtd_explore.h.
#include "tests/property/judge/judge_vtd_explore.h"

#include "check/explore.h"
#include "cli/arch_vtd.h"
#include "sim/diag.h"

#include <algorithm>
#include <memory>

namespace judge::vtd
{

namespace
{

struct Free {
    void operator()(xpl *explorer) const
    {
        xpl_free(explorer);
    }
};

Kind kind_of(const chk_regime &regime)
{
    switch (regime.field[ARCH_VTD_CLASS]) {
    case ARCH_VTD_LEGACY:
    case ARCH_VTD_SS:
        return Kind::kSecond;
    case ARCH_VTD_FS:
        return Kind::kFirst;
    case ARCH_VTD_NESTED:
        return Kind::kNested;
    case ARCH_VTD_PASS:
        return Kind::kPass;
    default:
        return Kind::kRefused;
    }
}

// Levels and input bits, as AW says them.
uint64_t aw_of(uint64_t levels)
{
    return (levels >> 8) - 2;
}

Regime regime_of(const chk_regime &regime)
{
    Regime r;

    r.kind = kind_of(regime);
    if (r.has_ss()) {
        r.ss = regime.root[0];
        r.ss_shape = aw_of(regime.field[ARCH_VTD_SS_LEVELS]);
    }
    if (r.has_fs()) {
        r.fs = regime.root[r.kind == Kind::kNested ? 1 : 0];
        r.fs_shape = regime.field[ARCH_VTD_FS_LEVELS] - 4;
    }
    return r;
}

Target target_of(const chk_target &t)
{
    Target out;

    if (t.kind == CHK_REFUSED)
        return out;
    out.regime = regime_of(t.tlb[0].regime);
    // A second stage from a cache of tables, below a guest's first one.
    if (t.kind == CHK_OPAQUE && t.tlb[0].tag.world == ARCH_VTD_SS_TABLES) {
        out.regime.kind = Kind::kNested;
        out.regime.fs = t.tlb[1].regime.root[1];
    }
    out.did = arch_vtd_file_did(t.tlb[0].tag.file);
    out.pasid = arch_vtd_file_pasid(t.tlb[0].tag.file);
    if (out.pasid == CHK_NO_PASID)
        out.pasid = 0;
    return out;
}

// Tables of a guest's first stage, without what they are combined with.
bool is_half(const chk_target &t)
{
    return t.tlb[0].tag.world == ARCH_VTD_FS_TABLES &&
           arch_vtd_file_class(t.tlb[0].tag.file) == ARCH_VTD_NESTED;
}

void take_slot(const xpl_slot &slot, std::map<Request, Answers> &all)
{
    Answers &seen = all[{slot.request.requester, slot.request.pasid}];

    for (uint32_t i = 0; i < slot.n_outcomes; i++) {
        const xpl_outcome &outcome = slot.outcomes[i];
        const Target t = target_of(outcome.target);
        if (outcome.source != XPL_ENTRY && t.is_refused())
            continue; // a device's own translation request: counts in the class alone
        if (outcome.source == XPL_ENTRY)
            seen.views[outcome.phase].insert(t);
        else if (is_half(outcome.target))
            continue;
        seen.all[outcome.phase].insert(t.regime);
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

    for (const auto &[dev, sid] : start_of(stream).sid_of) {
        sim_device d = {};
        d.dev = dev;
        d.requester[0] = sid;
        d.n_requesters = 1;
        d.source = "record";
        devices.push_back(d);
    }
    return devices;
}

// Attributes are judged by the class alone.
Target plain(Target t)
{
    t.regime.over = 0;
    return t;
}

} // namespace

Answers answers_of(const Seen &seen)
{
    Answers answers;

    for (unsigned p = kBefore; p < kPhases; p++) {
        for (const Target &view : seen.views[p]) {
            answers.views[p].insert(plain(view));
            answers.all[p].insert(plain(view).regime);
        }
        for (const Target &hit : seen.hits[p])
            answers.all[p].insert(plain(hit).regime);
    }
    return answers;
}

Explored explore(const Stream &stream)
{
    const chk_arch *const archs[] = {&arch_vtd};
    const std::vector<sim_device> devices = devices_of(stream);
    Explored explored;
    xpl_params params;

    xpl_defaults(&params);
    params.has_all_ats = true;
    const std::unique_ptr<xpl, Free> explorer(
        xpl_new(&params, archs, 1, devices.data(), devices.size()));
    SIM_BUG_ON(!explorer);
    put(explorer.get(), judge::vtd::records_of(stream));
    const xpl_report *report = xpl_get_report(explorer.get());
    const auto n_ops = size_t(std::count_if(stream.acts.begin(), stream.acts.end(),
                                            [](const Act &a) { return a.op == Op::kBegin; }));
    SIM_BUG_ON(report->n_ops < n_ops);
    for (size_t i = report->n_ops - n_ops; i < report->n_ops; i++) {
        const xpl_op &op = report->ops[i];
        std::map<Request, Answers> seen;
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

} // namespace judge::vtd
