// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_look.cpp - see judge_vtd_machine.h: what requests meet in a state.
#include "tests/property/judge/judge_vtd_machine.h"

namespace judge::vtd
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
        const std::set<Target> hits = hits_of(state, request);
        std::set<Target> views;
        bool is_ats_refused = false;
        for (Target view : found) {
            is_ats_refused |= !view.ats && has_ats(request.sid, state.issued);
            view.ats = false;
            views.insert(view);
        }
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
            seen.is_ats_refused[when] |= is_ats_refused;
        }
    }
    if (op && phase == kAfter)
        look_pages(state, targets, *op);
    look_freed(state, targets);
}

// The IOTLB is looked up by source and PASID alone; what the device has counts while its ATS is on.
std::set<Target> Machine::hits_of(const State &state, const Request &request) const
{
    std::set<Target> hits;

    for (size_t i = 0; i < items_.size(); i++) {
        const Item &item = items_[i];
        const bool is_its_own = item.type == Item::kInDevice && has_ats(request.sid, state.issued);
        if (!state.held[i] || !(item.request == request) ||
            (item.type != Item::kIotlb && !is_its_own))
            continue;
        Target hit;
        hit.regime = item.regime;
        hit.did = item.did;
        hit.pasid = item.pasid;
        hits.insert(hit);
    }
    return hits;
}

// Do requests of this regime walk tables that this domain's maps stored to?
bool Machine::uses(const Regime &regime, uint64_t domain) const
{
    const auto pages = table_pages_.find(domain);

    if (pages == table_pages_.end() || regime.kind <= Kind::kPass)
        return false;
    return pages->second.count(regime.kind == Kind::kFirst ? regime.fs : regime.ss) != 0;
}

bool Machine::has_page(const State &state, const Request &request, uint64_t iova) const
{
    const bool is_on = has_ats(request.sid, state.issued);

    for (size_t i = 0; i < items_.size(); i++) {
        const Item &item = items_[i];
        if (state.held[i] && item.request == request && item.iova == iova &&
            (item.type == Item::kLeaf || (is_on && item.type == Item::kPageInDevice)))
            return true;
    }
    return false;
}

// May a walk from the root, as memory is, end without a page?
bool Machine::refuses(const State &state, const Regime &regime, uint64_t iova) const
{
    const bool is_first_stage = regime.kind == Kind::kFirst;
    uint64_t table = is_first_stage ? regime.fs : regime.ss;

    for (unsigned level = top_level(regime, is_first_stage); level >= 1; level--) {
        const Descriptor d =
            decode_pte(read(state, pte_address(table, level, iova)), level, is_first_stage);
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
            for (const uint64_t iova : iovas_) {
                if (iova < op.mark.a || iova - op.mark.a >= op.mark.b ||
                    !uses(view.regime, op.mark.domain))
                    continue;
                if (op.outer == SIM_OP_UNMAP)
                    op.has_pages |= has_page(state, request, iova);
                else
                    op.lacks_pages |= refuses(state, view.regime, iova);
            }
        }
    }
    for (const Item &item : held(state, Item::kNoLeaf)) {
        op.lacks_pages |=
            op.outer == SIM_OP_MAP && item.iova >= op.mark.a && item.iova - op.mark.a < op.mark.b;
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

// A table that is free, and that a walk may still read: one that is under way, or one that begins
// at a table that is remembered under a domain in use.
void Machine::look_freed(const State &state, const Targets &targets)
{
    bool dangles = false;

    for (const Item &item : held(state, Item::kIotlb)) {
        dangles |= item.regime.has_ss() && is_freed(state.issued, item.regime.ss);
        dangles |= item.regime.kind == Kind::kFirst && is_freed(state.issued, item.regime.fs);
    }
    for (const Item &item : held(state, Item::kTable)) {
        for (const auto &[request, views] : targets) {
            for (const Target &view : views) {
                const bool is_used = item.is_first_stage
                                         ? view.regime.has_fs() && view.pasid == item.pasid
                                         : view.regime.has_ss();
                dangles |= is_used && view.did == item.did && is_freed(state.issued, item.address);
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

} // namespace judge::vtd
