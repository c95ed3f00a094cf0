// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_class.cpp - see judge_vtd_class.h.
#include "tests/property/judge/judge_vtd_class.h"

#include <algorithm>

namespace judge::vtd
{

namespace
{

Class judge_view(const Target &seen, const Target &before, const Target &after, Phase phase)
{
    if (seen == after || (phase == kDuring && seen == before))
        return kHitless;
    if (phase == kDuring)
        return !seen.is_refused()                          ? kTorn
               : before.is_refused() || after.is_refused() ? kHitless
                                                           : kBreaks;
    return seen.is_refused() ? kStaleRefusal : kStale;
}

// Are tables of @hit found by walks of @by, which lead elsewhere? Caches of page tables are looked
// up by domain, those of the first stage by PASID too.
bool is_trusted(const Target &hit, const Target &by)
{
    const Regime &h = hit.regime, &b = by.regime;

    if (hit.did != by.did)
        return false;
    if (h.has_ss() && b.has_ss() && !h.has_same_ss(b))
        return true;
    return h.has_fs() && b.has_fs() && hit.pasid == by.pasid &&
           (h.fs != b.fs || h.fs_shape != b.fs_shape);
}

// A translation that the IOTLB has, or the device. The IOTLB is looked up by source and PASID
// alone: whatever is a mix poisons the new configuration. What the old one left under its own
// domain is stale; nobody was poisoned. Nor if rights and attributes alone are a mix.
Class judge_hit(const Target &hit, const Target &before, const Target &after, Phase phase)
{
    const bool is_known =
        hit.regime.has_same_tables(before.regime) || hit.regime.has_same_tables(after.regime);

    if (hit.regime == after.regime)
        return kHitless;
    if (before == after)
        return kPoisons;
    if (phase == kDuring)
        return is_known ? kHitless : kTorn;
    if (!is_known)
        return kPoisons;
    return is_trusted(hit, after) && before.did != hit.did ? kPoisons : kStale;
}

// What was there when the operation began is an earlier one's; @is_first: there was none, and it is
// about this request.
Class judge_request(const Seen &seen, const Target &before, const Target &after, bool is_first)
{
    const Target refused;
    Class worst = kHitless;

    for (const Phase phase : {kDuring, kAfter}) {
        if (seen.is_ats_refused[phase] && (is_first || !seen.is_ats_refused[kBefore]))
            worst = std::max(worst, judge_view(refused, before, after, phase));
        for (const Target &view : seen.views[phase]) {
            if (is_first || view == before || !seen.views[kBefore].count(view))
                worst = std::max(worst, judge_view(view, before, after, phase));
        }
        for (const Target &hit : seen.hits[phase]) {
            if (is_first || hit.regime == before.regime || !seen.hits[kBefore].count(hit))
                worst = std::max(worst, judge_hit(hit, before, after, phase));
        }
    }
    return worst;
}

Found walk(const Memory &memory, const Target &target, uint64_t iova, uint64_t &pa)
{
    const bool is_first_stage = target.regime.kind == Kind::kFirst;
    uint64_t table = is_first_stage ? target.regime.fs : target.regime.ss;

    pa = iova;
    if (target.regime.kind == Kind::kPass)
        return Found::kSomewhere;
    if (target.is_refused())
        return Found::kNowhere;
    for (unsigned level = top_level(target.regime, is_first_stage); level >= 1; level--) {
        const auto found = memory.find(pte_address(table, level, iova));
        if (found == memory.end())
            return Found::kUnknown;
        const Descriptor d = decode_pte(found->second, level, is_first_stage);
        if (d.kind == Pte::kInvalid)
            return Found::kNowhere;
        table = d.address;
        if (d.kind == Pte::kLeaf) {
            pa = d.address | (iova & ((kPage << (9 * (level - 1))) - 1));
            return Found::kSomewhere;
        }
    }
    return Found::kNowhere;
}

Class judge_promise(const Stream &stream, const Operation &op, const Request &own, bool &is_unknown)
{
    const Promises promises(stream, std::min(op.end + 1, stream.acts.size()));
    const Target now = op.after.at(own);
    Led led;

    led.is_refused = now.is_refused();
    led.is_bypassed = now.regime.kind == Kind::kPass;
    led.is_as_before = now == op.before.at(own);
    led.walk = [now](const Memory &memory, uint64_t iova, uint64_t &pa) {
        return walk(memory, now, iova, pa);
    };
    return promises.judge({op.outer, op.has_stores, op.mark.dev, op.mark.pasid}, led, is_unknown);
}

// What is done for one PASID leaves the device's other requests what they had.
Class judge_others(const Operation &op, const Request &own)
{
    Class worst = kHitless;

    for (const auto &[request, after] : op.after) {
        if (request.sid != own.sid || request.pasid == own.pasid || after == op.before.at(request))
            continue;
        worst = std::max(worst, after.is_refused() ? kStaleRefusal : kStale);
    }
    return worst;
}

Class judge_switch(const Stream &stream, const Operation &op, bool is_first, bool &is_unknown)
{
    const Start start = start_of(stream);
    const Request own = {start.sid_of.count(op.mark.dev) ? start.sid_of.at(op.mark.dev) : 0,
                         op.mark.pasid};
    Class worst = judge_promise(stream, op, own, is_unknown);

    if (op.mark.pasid != UINT32_MAX)
        worst = std::max(worst, judge_others(op, own));
    for (const auto &[request, seen] : op.seen) {
        const Target &before = op.before.at(request), &after = op.after.at(request);
        worst = std::max(worst, judge_request(seen, before, after, is_first && !(before == after)));
    }
    return worst;
}

} // namespace

Verdicts judge(const Stream &stream, const Result &result)
{
    Verdicts verdicts;

    for (const Operation &op : result.ops) {
        Class worst = op.dangles ? kDangles : kHitless;
        bool is_unknown = false;
        if (op.outer == SIM_OP_MAP || op.outer == SIM_OP_UNMAP)
            worst = std::max(worst, op.has_pages     ? kStale
                                    : op.lacks_pages ? kStaleRefusal
                                                     : kHitless);
        else
            worst =
                std::max(worst, judge_switch(stream, op, &op == &result.ops.front(), is_unknown));
        verdicts.ops.push_back(worst);
        verdicts.inconclusive.push_back(is_unknown);
    }
    verdicts.bad_outside = result.dangles_outside;
    return verdicts;
}

} // namespace judge::vtd
