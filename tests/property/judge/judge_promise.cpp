// SPDX-License-Identifier: BSD-2-Clause
// judge_promise.cpp - see judge_promise.h.
#include "tests/property/judge/judge_promise.h"

namespace judge
{

namespace
{

constexpr uint64_t kBlocked = 0, kPaging = 1, kIdentity = 4; // type of a domain, in a mark
constexpr uint64_t kPageBytes = 0x1000;

bool is_opaque(const Domain &d)
{
    return d.type != kBlocked && d.type != kIdentity && !(d.type & kPaging);
}

} // namespace

const char *print(Class c)
{
    static const char *const names[] = {"HITLESS", "BREAKS",  "STALE-REFUSAL", "TORN",
                                        "STALE",   "POISONS", "DANGLES"};

    return names[c];
}

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
        for (uint64_t at = 0; at < rec.map.size; at += kPageBytes)
            maps_[rec.map.domain][rec.map.iova + at] = rec.map.pa + at;
        break;
    case SIM_R_UNMAP:
        for (uint64_t at = 0; at < rec.unmap.unmapped; at += kPageBytes)
            maps_[rec.unmap.domain].erase(rec.unmap.iova + at);
        break;
    case SIM_R_END:
        take_mark(rec.mark_end);
        break;
    default:
        break;
    }
}

Class Promises::judge_pages(const Led &now, const Domain &wanted, const Domain &old,
                            bool &is_unknown) const
{
    const auto none = std::map<uint64_t, uint64_t>();
    const auto mine = maps_.find(wanted.number), other = maps_.find(old.number);
    const auto &pages = wanted.type & kPaging && mine != maps_.end() ? mine->second : none;
    const auto &old_pages = old.is_known && other != maps_.end() ? other->second : none;
    uint64_t pa;

    for (const auto &[iova, page] : pages) {
        const Found found = now.walk(memory_, iova, pa);
        is_unknown |= found == Found::kUnknown;
        if (found != Found::kSomewhere)
            return found == Found::kNowhere ? kStaleRefusal : kHitless;
        if (pa != page)
            return kStale;
    }
    for (const auto &[iova, page] : old_pages) {
        const Found found = now.walk(memory_, iova, pa);
        is_unknown |= found == Found::kUnknown;
        if (found == Found::kUnknown)
            return kHitless;
        if (found == Found::kNowhere || pages.count(iova))
            continue;
        if (wanted.type == kIdentity ? pa != iova : true)
            return kStale;
    }
    return kHitless;
}

Class Promises::judge(const Asked &asked, const Led &now, bool &is_unknown) const
{
    const auto who = std::make_pair(asked.dev, asked.pasid);
    const auto found = now_.find(who), old = before_.find(who);

    // A detach that names no domain: whatever is new, it is not the old.
    if (asked.outer == SIM_OP_DETACH && (found == now_.end() || !found->second.is_known))
        return !now.is_refused && now.is_as_before ? kStale : kHitless;
    if (found == now_.end() || !found->second.is_known)
        return kHitless;
    const Domain &wanted = found->second;
    if (is_opaque(wanted)) {
        const bool is_other = !old->second.is_known || old->second.number != wanted.number;
        is_unknown = is_other && now.is_as_before && !asked.has_stores;
        return asked.pasid != UINT32_MAX && now.is_refused ? kStaleRefusal : kHitless;
    }
    if (now.is_guest)
        return kHitless;
    if (wanted.type == kIdentity && now.is_refused)
        return kStaleRefusal;
    if (wanted.type == kBlocked && now.is_bypassed)
        return kStale;
    return judge_pages(now, wanted, old->second, is_unknown);
}

} // namespace judge
