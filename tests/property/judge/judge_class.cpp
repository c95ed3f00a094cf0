// SPDX-License-Identifier: BSD-2-Clause
// judge_class.cpp - see judge_class.h.
#include "tests/property/judge/judge_class.h"

#include <algorithm>

namespace judge
{

namespace
{

bool is_refused(const Target &t)
{
    return t.kind == Kind::kRefused;
}

Class judge_view(const Target &seen, const Target &before, const Target &after, Phase phase)
{
    if (seen == after || (phase == kDuring && seen == before))
        return kHitless;
    if (phase == kDuring)
        return !is_refused(seen)                         ? kTorn
               : is_refused(before) || is_refused(after) ? kHitless
                                                         : kBreaks;
    return is_refused(seen) ? kStaleRefusal : kStale;
}

// A translation that a TLB has, found by a request that looks under this tag. What the old
// configuration filed under its own tag is stale if it is used; nobody was poisoned.
Class judge_hit(const Target &seen, const Target &before, const Target &after, Phase phase)
{
    const bool is_old = before.is_translated() && seen.regime == before.regime;

    if (after.is_translated() && seen.regime == after.regime)
        return kHitless;
    if (before == after)
        return kPoisons;
    if (phase == kDuring)
        return is_old ? kHitless : kTorn;
    if (!after.is_translated() || !(seen.tag == after.tag))
        return kStale;
    return is_old && before.tag == seen.tag ? kStale : kPoisons;
}

// What was there when the operation began is an earlier one's.
Class judge_request(const Seen &seen, const Target &before, const Target &after, bool is_first)
{
    Class worst = kHitless;

    for (const Phase phase : {kDuring, kAfter}) {
        if (seen.is_ats_refused[phase] && (is_first || !seen.is_ats_refused[kBefore]))
            worst = std::max(worst, judge_view({}, before, after, phase));
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

/* ---- promises: what memory should say at the end ---- */

Found walk(const Memory &memory, const Target &target, uint64_t iova, uint64_t &pa)
{
    uint64_t table = target.regime.root;

    pa = iova;
    if (target.kind == Kind::kBypassed)
        return Found::kSomewhere;
    if (!target.is_translated() || (target.tag.stage == 1 && (target.regime.shape & kEpd0)))
        return Found::kNowhere;
    for (unsigned level = first_level(target); level <= kLastLevel; level++) {
        const auto found = memory.find(pte_address(table, level, iova));
        if (found == memory.end())
            return Found::kUnknown;
        const Descriptor d = decode_pte(found->second, level);
        if (d.kind == Pte::kInvalid)
            return Found::kNowhere;
        table = d.address;
        if (d.kind == Pte::kLeaf) {
            const uint64_t size = kPage << (9 * (kLastLevel - level));
            pa = d.address | (iova & (size - 1));
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

    led.is_refused = is_refused(now);
    led.is_bypassed = now.kind == Kind::kBypassed;
    led.is_guest = now.kind == Kind::kGuest;
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
        const Target &before = op.before.at(request);
        if (request.sid != own.sid || request.ssid == own.ssid || after == before)
            continue;
        worst = std::max(worst, is_refused(after) ? kStaleRefusal : kStale);
    }
    return worst;
}

bool is_table_op(uint8_t op)
{
    return op == SIM_OP_MAP || op == SIM_OP_UNMAP;
}

Class judge_switch(const Stream &stream, const Operation &op, bool is_first, bool &is_unknown)
{
    const Machine0 start = set_up(stream);
    const Request own = {start.sid_of.count(op.mark.dev) ? start.sid_of.at(op.mark.dev) : 0,
                         op.mark.pasid};
    Class worst = judge_promise(stream, op, own, is_unknown);

    if (op.mark.pasid != UINT32_MAX)
        worst = std::max(worst, judge_others(op, own));

    for (const auto &[request, seen] : op.seen)
        worst = std::max(
            worst, judge_request(seen, op.before.at(request), op.after.at(request), is_first));
    return worst;
}

} // namespace

Verdicts judge(const Stream &stream, const Result &result)
{
    Verdicts verdicts;

    for (const Operation &op : result.ops) {
        Class worst = op.dangles ? kDangles : kHitless;
        bool is_unknown = false;
        if (is_table_op(op.outer))
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

} // namespace judge
