// SPDX-License-Identifier: BSD-2-Clause
// judge_class.cpp - see judge_class.h.
#include "tests/property/judge/judge_class.h"

#include <algorithm>

namespace judge
{

namespace
{

constexpr uint64_t kBlocked = 0, kPaging = 1, kIdentity = 4; // type of a domain, in a mark

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

struct Domain {
    bool is_known = false;
    uint64_t type = kPaging, number = 0;
};

bool is_opaque(const Domain &d)
{
    return d.type != kBlocked && d.type != kIdentity && !(d.type & kPaging);
}

class Promises
{
  public:
    Promises(const Stream &stream, size_t n_acts);
    // What memory gives after the operation; @is_unknown: it does not tell.
    Class judge(const Operation &op, const Target &before, const Target &now,
                bool &is_unknown) const;

  private:
    void take(const sim_record &rec);
    void take_mark(const sim_rec_mark_end &mark);
    enum Found { kNowhere, kSomewhere, kUnknown };
    Found walk(const Target &target, uint64_t iova, uint64_t &pa) const;
    Class judge_pages(const Target &now, const Domain &wanted, const Domain &old,
                      bool &is_unknown) const;

    std::map<uint64_t, uint64_t> memory_;
    std::map<uint64_t, std::map<uint64_t, uint64_t>> maps_; // by domain: page to page
    std::map<std::pair<uint32_t, uint32_t>, Domain> now_, before_;
};

Promises::Promises(const Stream &stream, size_t n_acts)
{
    for (const sim_record &rec : stream.setup)
        take(rec);
    for (size_t i = 0; i < n_acts; i++) {
        for (const sim_record &rec : stream.acts[i].records)
            take(rec);
    }
}

void Promises::take_mark(const sim_rec_mark_end &mark)
{
    const auto who = std::make_pair(mark.dev, mark.pasid);
    const bool is_pasid = mark.op == SIM_OP_SET_PASID || mark.op == SIM_OP_REPLACE_PASID;
    Domain d = {mark.domain != 0, mark.a, mark.domain};

    if (mark.op == SIM_OP_REMOVE_PASID)
        d = {true, kBlocked, 0};
    else if (is_pasid)
        d.type = maps_.count(mark.domain) ? kPaging : 2;
    else if (mark.op != SIM_OP_DRV_ATTACH)
        return;
    before_[who] = now_[who];
    now_[who] = d;
}

void Promises::take(const sim_record &rec)
{
    switch (rec.kind) {
    case SIM_R_STORE:
        memory_[rec.store.pa] = rec.store.value;
        if (rec.store.width == 16)
            memory_[rec.store.pa + 8] = rec.store.value_hi;
        break;
    case SIM_R_MEMORY:
        for (uint64_t at = 0; at < rec.memory.size; at += 8)
            memory_[rec.memory.pa + at] = rec.memory.fill;
        break;
    case SIM_R_MAP:
        for (uint64_t at = 0; at < rec.map.size; at += kPage)
            maps_[rec.map.domain][rec.map.iova + at] = rec.map.pa + at;
        break;
    case SIM_R_UNMAP:
        for (uint64_t at = 0; at < rec.unmap.unmapped; at += kPage)
            maps_[rec.unmap.domain].erase(rec.unmap.iova + at);
        break;
    case SIM_R_END:
        take_mark(rec.mark_end);
        break;
    default:
        break;
    }
}

Promises::Found Promises::walk(const Target &target, uint64_t iova, uint64_t &pa) const
{
    uint64_t table = target.regime.root;

    pa = iova;
    if (target.kind == Kind::kBypassed)
        return kSomewhere;
    if (!target.is_translated() || (target.tag.stage == 1 && (target.regime.shape & kEpd0)))
        return kNowhere;
    for (unsigned level = first_level(target); level <= kLastLevel; level++) {
        const auto found = memory_.find(pte_address(table, level, iova));
        if (found == memory_.end())
            return kUnknown;
        const Descriptor d = decode_pte(found->second, level);
        if (d.kind == Pte::kInvalid)
            return kNowhere;
        table = d.address;
        if (d.kind == Pte::kLeaf) {
            const uint64_t size = kPage << (9 * (kLastLevel - level));
            pa = d.address | (iova & (size - 1));
            return kSomewhere;
        }
    }
    return kNowhere;
}

Class Promises::judge_pages(const Target &now, const Domain &wanted, const Domain &old,
                            bool &is_unknown) const
{
    const auto none = std::map<uint64_t, uint64_t>();
    const auto mine = maps_.find(wanted.number), other = maps_.find(old.number);
    const auto &pages = wanted.type & kPaging && mine != maps_.end() ? mine->second : none;
    const auto &old_pages = old.is_known && other != maps_.end() ? other->second : none;
    uint64_t pa;

    for (const auto &[iova, page] : pages) {
        const Found found = walk(now, iova, pa);
        is_unknown |= found == kUnknown;
        if (found != kSomewhere)
            return found == kNowhere ? kStaleRefusal : kHitless;
        if (pa != page)
            return kStale;
    }
    for (const auto &[iova, page] : old_pages) {
        const Found found = walk(now, iova, pa);
        is_unknown |= found == kUnknown;
        if (found == kUnknown)
            return kHitless;
        if (found == kNowhere || pages.count(iova))
            continue;
        if (wanted.type == kIdentity ? pa != iova : true)
            return kStale;
    }
    return kHitless;
}

Class Promises::judge(const Operation &op, const Target &before, const Target &now,
                      bool &is_unknown) const
{
    const auto who = std::make_pair(op.mark.dev, op.mark.pasid);
    const auto found = now_.find(who), old = before_.find(who);

    // A detach that names no domain: whatever is new, it is not the old.
    if (op.outer == SIM_OP_DETACH && (found == now_.end() || !found->second.is_known))
        return !is_refused(now) && now == before ? kStale : kHitless;
    if (found == now_.end() || !found->second.is_known)
        return kHitless;
    const Domain &wanted = found->second;
    if (is_opaque(wanted)) {
        const bool is_other = !old->second.is_known || old->second.number != wanted.number;
        is_unknown = is_other && now == before && !op.has_stores;
        return op.mark.pasid != UINT32_MAX && is_refused(now) ? kStaleRefusal : kHitless;
    }
    if (now.kind == Kind::kGuest)
        return kHitless;
    if (wanted.type == kIdentity && is_refused(now))
        return kStaleRefusal;
    if (wanted.type == kBlocked && now.kind == Kind::kBypassed)
        return kStale;
    return judge_pages(now, wanted, old->second, is_unknown);
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
    const Promises promises(stream, std::min(op.end + 1, stream.acts.size()));
    Class worst = promises.judge(op, op.before.at(own), op.after.at(own), is_unknown);

    if (op.mark.pasid != UINT32_MAX)
        worst = std::max(worst, judge_others(op, own));

    for (const auto &[request, seen] : op.seen)
        worst = std::max(
            worst, judge_request(seen, op.before.at(request), op.after.at(request), is_first));
    return worst;
}

} // namespace

const char *print(Class c)
{
    static const char *const names[] = {"HITLESS", "BREAKS",  "STALE-REFUSAL", "TORN",
                                        "STALE",   "POISONS", "DANGLES"};

    return names[c];
}

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
