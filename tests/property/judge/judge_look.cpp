// SPDX-License-Identifier: BSD-2-Clause
// judge_look.cpp - see judge_machine.h: what requests meet in a state.
#include "tests/property/judge/judge_machine.h"

namespace judge
{

// The operation whose turn it is: the last one that has begun, or the first one that will.
Operation *Machine::op_of(size_t issued, Phase &phase)
{
    Operation *now = nullptr;

    for (Operation &op : result_.ops) {
        if (issued > op.begin)
            now = &op;
    }
    if (now)
        phase = issued > now->end ? kAfter : kDuring;
    return now;
}

static Target plain(Target t)
{
    if (t.is_translated())
        t.over = 0;
    return t;
}

void Machine::look(const State &state, const Targets &targets)
{
    Phase phase = kBefore;
    Operation *op = op_of(state.issued, phase);
    Operation *next = nullptr;

    for (Operation &other : result_.ops) {
        if (other.begin == state.issued)
            next = &other;
    }
    for (const auto &[request, found] : targets) {
        std::set<Target> views;
        bool is_ats_refused = false;
        for (Target view : found) {
            is_ats_refused |= !view.eats && has_ats(request.sid, state.issued);
            view.eats = false;
            views.insert(view);
        }
        const std::set<Target> hits = hits_of(state, request, views);
        for (Operation *to : {op, next}) {
            if (!to)
                continue;
            Seen &seen = to->seen[request];
            const Phase when = to == op ? phase : kBefore;
            if (when == kAfter && to->open_to.count(request) &&
                state.issued >= to->open_to.at(request))
                continue;
            seen.views[when].insert(views.begin(), views.end());
            seen.hits[when].insert(hits.begin(), hits.end());
            seen.all[when].insert(hits.begin(), hits.end());
            for (const Target &view : views)
                seen.all[when].insert(plain(view));
            seen.is_ats_refused[when] |= is_ats_refused;
        }
    }
    if (op && phase == kAfter)
        look_pages(state, targets, *op);
    look_freed(state, targets);
}

// What a TLB has under the tag of a view; and what the device has, if its ATS is on.
std::set<Target> Machine::hits_of(const State &state, const Request &request,
                                  const std::set<Target> &views) const
{
    std::set<Target> hits;

    for (const Target &view : views) {
        for (size_t i = 0; view.is_translated() && i < filed_.size(); i++) {
            Target hit = plain(view);
            hit.regime = filed_[i].regime;
            if (state.tlb[i] && filed_[i].tag == view.tag)
                hits.insert(hit);
        }
    }
    for (size_t i = 0; i < kept_.size(); i++) {
        const Request &by = kept_[i].request;
        if (state.atc[i] && by.sid == request.sid && by.ssid == request.ssid &&
            has_ats(request.sid, state.issued))
            hits.insert(kept_[i].target);
    }
    return hits;
}

// Is a translation of @iova kept that a request with this target may use? @sid: or its device.
bool Machine::has_page(const State &state, const Target &target, uint64_t iova, uint32_t sid) const
{
    for (size_t i = 0; i < pieces_.size(); i++) {
        const Piece &p = pieces_[i];
        if (!state.pieces[i] || p.is_table || p.iova != iova)
            continue;
        if (p.kept_by != kNobody && p.kept_by != sid)
            continue;
        if (p.kept_by == sid && sid != kNobody)
            return true;
        if (p.tag == target.tag)
            return true;
        if (p.is_combined && target.kind == Kind::kGuest && p.tag.vmid == target.tag.vmid)
            return true;
    }
    return false;
}

// May a walk from the root, as memory is, end without a page?
bool Machine::refuses(const State &state, const Target &target, uint64_t iova) const
{
    uint64_t table = target.regime.root;

    for (unsigned level = first_level(target); level <= kLastLevel; level++) {
        const Descriptor d = decode_pte(read(state, pte_address(table, level, iova)), level);
        if (d.kind != Pte::kTable)
            return d.kind == Pte::kInvalid;
        table = d.address;
    }
    return true;
}

void Machine::look_pages(const State &state, const Targets &targets, Operation &op)
{
    if (op.outer != SIM_OP_MAP && op.outer != SIM_OP_UNMAP)
        return;
    for (const auto &[request, views] : targets) {
        for (const Target &view : views) {
            if (!view.is_translated())
                continue;
            const uint32_t sid = has_ats(request.sid, state.issued) ? request.sid : kNobody + 0;
            for (const uint64_t iova : iovas_) {
                if (iova < op.mark.a || iova - op.mark.a >= op.mark.b)
                    continue;
                if (op.outer == SIM_OP_UNMAP)
                    op.has_pages |= has_page(state, view, iova, sid);
                else
                    op.lacks_pages |= refuses(state, view, iova);
            }
        }
    }
}

bool Machine::is_freed(size_t issued, uint64_t address) const
{
    for (size_t i = 0; i < issued; i++) {
        const Act &act = stream_.acts[i];
        if (act.op == Op::kFree && address >= act.pa && address - act.pa < act.size)
            return true;
    }
    return false;
}

// A table that is free, and that a request may still walk.
void Machine::look_freed(const State &state, const Targets &targets)
{
    bool dangles = false;

    for (const auto &[request, views] : targets) {
        for (const Target &view : views) {
            if (!view.is_translated())
                continue;
            const bool has_root = view.tag.stage == 2 || !(view.regime.shape & kEpd0);
            dangles |= has_root && is_freed(state.issued, view.regime.root);
            for (size_t i = 0; i < pieces_.size(); i++) {
                const Piece &p = pieces_[i];
                dangles |= state.pieces[i] && p.is_table && p.tag == view.tag &&
                           is_freed(state.issued, p.address);
            }
        }
    }
    if (!dangles)
        return;
    for (size_t i = 0; i < state.issued; i++) {
        Phase phase = kBefore;
        if (stream_.acts[i].op != Op::kFree)
            continue;
        Operation *op = op_of(i, phase);
        if (op && phase == kDuring)
            op->dangles = true;
        else
            result_.dangles_outside = true;
    }
}

} // namespace judge
