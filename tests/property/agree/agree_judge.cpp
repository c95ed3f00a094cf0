// SPDX-License-Identifier: BSD-2-Clause
// agree_judge.cpp - see agree_judge.h.
#include "tests/property/agree/agree_judge.h"

namespace agree
{

namespace
{

constexpr uint64_t kAddress = 0xfffffffff000;
constexpr unsigned kFirstSpan = 30, kLastSpan = 12, kBitsPerLevel = 9;

uint64_t key_of(uint32_t sid, uint32_t pasid)
{
    return uint64_t(sid) << 32 | pasid;
}

bool is_table_op(uint8_t op)
{
    return op == SIM_OP_MAP || op == SIM_OP_UNMAP;
}

// What stage 2 of a nested configuration makes of stage 1's output.
bool is_image(const chk_target &target, uint64_t pa)
{
    const uint64_t parent = (target.tlb[0].regime.root[0] - kRootsS2) / kRootBytes;
    const uint64_t first = (64 + 32 * parent) * kGiB;

    return pa >= first + 8 * kGiB && pa < first + 32 * kGiB;
}

} // namespace

Judge::Judge(const Stream &stream, const xpl_report &report) : stream_(stream), report_(report)
{
    for (size_t i = 0; i < report.n_ops; i++) {
        const xpl_op &op = report.ops[i];
        for (uint32_t s = 0; s < op.n_slots; s++) {
            const chk_request &request = op.slots[s].request;
            windows_[key_of(request.requester, request.pasid)].push_back({&op, &op.slots[s]});
        }
    }
    find_ends();
}

void Judge::find_ends()
{
    std::map<uint16_t, std::vector<uint64_t>> open; // by CPU: stores of descriptors
    std::map<uint16_t, bool> is_open;

    for (size_t i = 0; i < stream_.records.size(); i++) {
        const sim_record &rec = stream_.records[i];
        if (rec.kind == SIM_R_BEGIN && is_table_op(rec.mark.op))
            is_open[rec.cpu] = true;
        if (rec.kind == SIM_R_STORE && rec.store.structure == SIM_S_PTE && is_open[rec.cpu])
            open[rec.cpu].push_back(i + 1);
        if (rec.kind != SIM_R_END || !is_table_op(rec.mark_end.op))
            continue;
        for (const uint64_t store : open[rec.cpu])
            ends_[store] = i + 1;
        open[rec.cpu].clear();
        is_open[rec.cpu] = false;
    }
}

// Until the end of its map or unmap what was there before may still be met.
bool Judge::is_possible(const Version &version, const Seen &seen) const
{
    uint64_t gone = version.gone;

    if (version.since > seen.answered)
        return false;
    const auto end = ends_.find(gone);
    if (end != ends_.end())
        gone = end->second;
    return !gone || gone >= seen.issued || is_told(seen, false);
}

// Has an operation left this address as it was?
bool Judge::is_told(const Seen &seen, bool wants_refusal) const
{
    for (size_t i = 0; i < report_.n_ops && report_.ops[i].begin_seq <= seen.answered; i++) {
        const xpl_op &op = report_.ops[i];
        for (uint32_t t = 0; t < op.n_tables; t++) {
            const xpl_table &table = op.tables[t];
            const bool is_whole = table.first == table.last;
            const bool is_refusal =
                table.verdict == CHK_STALE_REFUSAL || (is_whole && wants_refusal);
            if (table.verdict != CHK_HITLESS && is_refusal == wants_refusal &&
                (table.first == table.last ||
                 (table.first <= seen.iova && seen.iova <= table.last)))
                return true; // one address stands for all that a promise is about
        }
    }
    return false;
}

bool Judge::fits_tables(uint64_t table, unsigned span_log2, const Seen &seen) const
{
    const uint64_t index = seen.iova >> span_log2 & ((1u << kBitsPerLevel) - 1);
    const auto found = stream_.history.find(table + 8 * index);
    const uint64_t rest = seen.iova & ((UINT64_C(1) << span_log2) - 1);
    static const std::vector<Version> nothing = {{0, 0, 0}};
    const std::vector<Version> &versions = found == stream_.history.end() ? nothing : found->second;

    if (versions.front().since && seen.is_refused && versions.front().since >= seen.issued)
        return true; // it was 0 before
    for (const Version &version : versions) {
        if (!is_possible(version, seen))
            continue;
        const bool is_table = (version.value & 3) == 3 && span_log2 > kLastSpan;
        if (!(version.value & 1)) {
            if (seen.is_refused)
                return true;
        } else if (is_table) {
            if (fits_tables(version.value & kAddress, span_log2 - kBitsPerLevel, seen))
                return true;
        } else if (!seen.is_refused &&
                   seen.pa ==
                       (version.value & kAddress & ~((UINT64_C(1) << span_log2) - 1)) + rest) {
            return true;
        }
    }
    return false;
}

bool Judge::fits(const chk_target &target, const Seen &seen) const
{
    switch (target.kind) {
    case CHK_REFUSED:
        return seen.is_refused;
    case CHK_BYPASS:
        return !seen.is_refused && seen.pa == seen.iova;
    case CHK_OPAQUE:
        return seen.is_refused || is_image(target, seen.pa);
    default:
        break;
    }
    return fits_tables(target.tlb[0].regime.root[0], kFirstSpan, seen);
}

bool Judge::has_outcome(const Window &window, const Seen &seen, bool is_after) const
{
    for (uint32_t i = 0; i < window.slot->n_outcomes; i++) {
        const xpl_outcome &outcome = window.slot->outcomes[i];
        if ((outcome.phase == XPL_AFTER) == is_after && fits(outcome.target, seen))
            return true;
    }
    return false;
}

// What a guest's own tables may lead to is not told; nor what its stage 2 files for CDs.
bool Judge::is_guest(const Seen &seen) const
{
    const auto found = windows_.find(key_of(seen.sid, seen.pasid));

    for (uint64_t i = 0; i < seen.answered && i < stream_.records.size(); i++) {
        const sim_record &rec = stream_.records[i];
        if (rec.kind == SIM_R_BEGIN && rec.mark.op == SIM_OP_DRV_ATTACH &&
            rec.mark.a == kGuestDomain && rec.mark.dev == found->second.front().slot->dev)
            return true;
    }
    return false;
}

Answer Judge::judge(const Seen &seen) const
{
    const auto found = windows_.find(key_of(seen.sid, seen.pasid));
    bool is_known = false;

    if (found == windows_.end() || found->second.front().op->begin_seq > seen.issued)
        return Answer::kUnknown;
    for (size_t i = 0; i < found->second.size(); i++) {
        const Window &window = found->second[i];
        const bool is_last = i + 1 == found->second.size();
        const uint64_t next = is_last ? UINT64_MAX : found->second[i + 1].op->begin_seq;
        const bool is_lent = !is_last && !found->second[i + 1].slot->is_switched;
        const uint64_t until = is_lent ? found->second[i + 1].op->end_seq : next;
        const bool is_during =
            window.op->begin_seq <= seen.answered && window.op->end_seq >= seen.issued;
        const bool is_after = window.op->end_seq <= seen.answered && until >= seen.issued;
        if (!is_during && !is_after)
            continue;
        is_known = true;
        if (window.slot->inconclusive || window.op->inconclusive)
            return Answer::kUnknown;
        if ((is_during && has_outcome(window, seen, false)) ||
            (is_after && has_outcome(window, seen, true)))
            return Answer::kAllowed;
    }
    if (seen.is_refused && is_told(seen, true))
        return Answer::kAllowed;
    return is_known && !is_guest(seen) ? Answer::kForbidden : Answer::kUnknown;
}

std::string Judge::print(const Seen &seen) const
{
    char text[256];
    const auto found = windows_.find(key_of(seen.sid, seen.pasid));

    (void)snprintf(text, sizeof(text),
                   "sid 0x%x pasid 0x%x iova 0x%llx -> %s 0x%llx (event 0x%x), %llu to %llu",
                   seen.sid, seen.pasid, (unsigned long long)seen.iova,
                   seen.is_refused ? "refused" : "pa", (unsigned long long)seen.pa, seen.event,
                   (unsigned long long)seen.issued, (unsigned long long)seen.answered);
    std::string all = text;
    for (const Window &window : found->second) {
        if (window.op->begin_seq > seen.answered || window.op->end_seq + 300 < seen.issued)
            continue;
        (void)snprintf(text, sizeof(text), "\n  op %s [%llu, %llu] switched %d",
                       sim_enum_word(SIM_SHOW_OP, window.op->op),
                       (unsigned long long)window.op->begin_seq,
                       (unsigned long long)window.op->end_seq, window.slot->is_switched);
        all += text;
        for (uint32_t i = 0; i < window.slot->n_outcomes; i++) {
            const xpl_outcome &o = window.slot->outcomes[i];
            (void)snprintf(text, sizeof(text), "\n    phase %d source %d kind %u root 0x%llx id %u",
                           int(o.phase), int(o.source), o.target.kind,
                           (unsigned long long)o.target.tlb[0].regime.root[0],
                           o.target.tlb[0].tag.id);
            all += text;
        }
    }
    return all;
}

} // namespace agree
