// SPDX-License-Identifier: BSD-2-Clause
// judge_hold.cpp - see judge_machine.h: what hardware keeps, and what a command takes from it.
#include "tests/property/judge/judge_machine.h"

#include "sim/diag.h"

#include <algorithm>

namespace judge
{

namespace
{

constexpr uint64_t kSteBytes = 64, kL1Bytes = 8, kCdBytes = 64;

bool names(const Command &c, uint32_t sid)
{
    return c.n_sids_log2 >= 32 || c.sid >> c.n_sids_log2 == sid >> c.n_sids_log2;
}

bool is_combined_with(const Target &target)
{
    return target.kind == Kind::kGuest;
}

} // namespace

// One pass over all requests. Return: true if something was added.
bool Machine::fetch(State &state, Targets &targets)
{
    const State before = state;

    targets.clear();
    for (const Request &request : requests_) {
        fetch_entries(state, request, targets[request]);
        for (const Target &target : targets[request]) {
            file(state, target);
            if (target.eats && has_ats(request.sid, state.issued))
                keep_in_device(state, request, target);
        }
    }
    while (!state.held.empty() && !state.held.back())
        state.held.pop_back();
    return !(state == before);
}

size_t Machine::item(Type type, uint32_t sid, uint32_t index, uint64_t address, unsigned n_words)
{
    for (size_t i = 0; i < items_.size(); i++) {
        const Item &known = items_[i];
        if (known.type == type && known.sid == sid && known.index == index &&
            known.address == address)
            return i;
    }
    items_.push_back({type, sid, index, address, n_words, values_.size()});
    const unsigned words_per_atom = stream_.atom_bytes / 8;
    values_.resize(values_.size() + (n_words + words_per_atom - 1) / words_per_atom);
    return items_.size() - 1;
}

// What memory has there now may be held from now on.
void Machine::load(State &state, size_t index)
{
    const Item &it = items_[index];
    const unsigned per_atom = std::min(stream_.atom_bytes / 8, it.n_words);

    if (state.held.size() < values_.size())
        state.held.resize(values_.size());
    for (unsigned a = 0; a * per_atom < it.n_words; a++) {
        std::array<uint64_t, 2> value = {0, 0};
        for (unsigned w = 0; w < per_atom; w++)
            value[w] = read(state, it.address + 8 * (a * per_atom + w));
        auto &known = values_[it.first + a];
        const auto at = std::find(known.begin(), known.end(), value);
        const size_t number = size_t(at - known.begin());
        if (at == known.end())
            known.push_back(value);
        SIM_BUG_ON(number >= 64);
        state.held[it.first + a] |= UINT64_C(1) << number;
    }
}

// An entry is found by its key, wherever it was fetched; all of its pieces come from one address.
std::vector<Words> Machine::combinations(const State &state, Type type, uint32_t sid,
                                         uint32_t index) const
{
    std::vector<Words> all;

    for (const Item &it : items_) {
        if (it.type != type || it.sid != sid || it.index != index)
            continue;
        const unsigned per_atom = std::min(stream_.atom_bytes / 8, it.n_words);
        std::vector<Words> some(1);
        some[0].fill(0);
        for (unsigned a = 0; a * per_atom < it.n_words; a++) {
            std::vector<Words> longer;
            uint64_t set = it.first + a < state.held.size() ? state.held[it.first + a] : 0;
            for (; set; set &= set - 1) {
                const auto &value = values_[it.first + a][unsigned(__builtin_ctzll(set))];
                for (Words words : some) {
                    for (unsigned w = 0; w < per_atom; w++)
                        words[a * per_atom + w] = value[w];
                    longer.push_back(words);
                }
            }
            some.swap(longer);
        }
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

bool Machine::fetch_entries(State &state, const Request &request, std::set<Target> &targets)
{
    const unsigned split = start_.strtab_cfg >> 6 & 0x1f;
    const bool is_two_level = start_.strtab_cfg >> 16 & 1;

    if (!is_two_level) {
        load(state, item(kSte, request.sid, 0, start_.strtab + request.sid * kSteBytes, 8));
        after_l1std(state, request, targets);
        return true;
    }
    const uint32_t group = request.sid >> split;
    const uint32_t index = request.sid & ((1u << split) - 1);
    bool has_ste = false;
    load(state, item(kL1std, 0, group, start_.strtab + group * kL1Bytes, 1));
    for (const Words &words : combinations(state, kL1std, 0, group)) {
        const uint64_t table = decode_l1std(words[0], index);
        if (!table) {
            targets.insert(Target());
            continue;
        }
        load(state, item(kSte, request.sid, 0, table + index * kSteBytes, 8));
        has_ste = true;
    }
    if (has_ste)
        after_l1std(state, request, targets);
    return true;
}

void Machine::after_l1std(State &state, const Request &request, std::set<Target> &targets)
{
    for (const Words &words : combinations(state, kSte, request.sid, 0)) {
        const Ste ste = decode_ste(words, request, start_.ssid_bits);
        if (ste.is_over)
            targets.insert(ste.target);
        else
            after_ste(state, request, ste, targets);
    }
}

void Machine::after_ste(State &state, const Request &request, const Ste &ste,
                        std::set<Target> &targets)
{
    const uint32_t group = ste.index >> kCdsLog2;
    bool has_cd = !ste.is_two_level;

    if (!ste.is_two_level) {
        load(state, item(kCd, request.sid, ste.index, ste.cds + ste.index * kCdBytes, 8));
    } else {
        load(state, item(kL1cd, request.sid, group, ste.cds + group * kL1Bytes, 1));
        for (const Words &words : combinations(state, kL1cd, request.sid, group)) {
            const uint64_t table = decode_l1cd(words[0]);
            const uint64_t place = ste.index & ((1u << kCdsLog2) - 1);
            if (!table) {
                targets.insert(Target());
                continue;
            }
            load(state, item(kCd, request.sid, ste.index, table + place * kCdBytes, 8));
            has_cd = true;
        }
    }
    if (!has_cd)
        return;
    for (const Words &words : combinations(state, kCd, request.sid, ste.index)) {
        Target target = decode_cd(words, ste.vmid);
        target.eats = ste.eats && target.is_translated();
        targets.insert(target);
    }
}

void Machine::file(State &state, const Target &target)
{
    const Filed entry = {target.tag, target.regime};

    if (!target.is_translated())
        return;
    if (!(target.regime.shape & kEpd0) || target.tag.stage == 2) {
        const auto at = std::find(filed_.begin(), filed_.end(), entry);
        SIM_BUG_ON(filed_.size() >= kMaxBits);
        state.tlb[size_t(at - filed_.begin())] = true;
        if (at == filed_.end())
            filed_.push_back(entry);
    }
    for (const uint64_t iova : iovas_)
        walk(state, target, iova);
}

void Machine::keep(State &state, const Piece &piece)
{
    const auto at = std::find(pieces_.begin(), pieces_.end(), piece);

    SIM_BUG_ON(pieces_.size() >= kMaxBits);
    state.pieces[size_t(at - pieces_.begin())] = true;
    if (at == pieces_.end())
        pieces_.push_back(piece);
}

// From the root, and from every table that is remembered. What both stages make together is of
// the guest's tag, whatever that is.
void Machine::walk(State &state, const Target &target, uint64_t iova)
{
    const bool has_tables = target.tag.stage == 2 || !(target.regime.shape & kEpd0);

    if (has_tables)
        walk_table(state, target, iova, first_level(target), target.regime.root);
    for (size_t i = 0; i < pieces_.size(); i++) {
        const Piece piece = pieces_[i];
        if (!state.pieces[i] || !(piece.tag == target.tag) || piece.iova != iova ||
            piece.kept_by != kNobody)
            continue;
        if (piece.is_table && has_tables)
            walk_table(state, target, iova, piece.level + 1, piece.address);
        if (!piece.is_table && is_combined_with(target))
            keep(state, {{1, piece.tag.vmid, 0}, iova, 0, piece.level, false, false, true});
    }
}

void Machine::walk_table(State &state, const Target &target, uint64_t iova, unsigned level,
                         uint64_t table)
{
    const uint64_t word = read(state, pte_address(table, level, iova));
    const Descriptor d = decode_pte(word, level);

    if (d.kind == Pte::kInvalid)
        return;
    keep(state, {target.tag, iova, d.address, level, d.kind == Pte::kTable,
                 d.is_global && target.tag.stage == 1, false});
}

// By what was recorded last; a device of which nothing is told has no ATS.
bool Machine::has_ats(uint32_t sid, size_t issued) const
{
    bool is_on = false;
    const auto take = [&](const sim_record &rec) {
        if (rec.kind == SIM_R_ATS && start_.sid_of.at(rec.ats.dev) == sid)
            is_on = rec.ats.on != 0;
    };

    for (const sim_record &rec : stream_.setup)
        take(rec);
    for (size_t i = 0; i < issued; i++)
        take(stream_.acts[i].records[0]);
    return is_on;
}

// All that the IOMMU may answer with.
void Machine::keep_in_device(State &state, const Request &request, const Target &target)
{
    for (size_t i = 0; i < filed_.size(); i++) {
        if (!state.tlb[i] || !(filed_[i].tag == target.tag))
            continue;
        Target hit = target;
        hit.regime = filed_[i].regime;
        hit.over = 0;
        hit.eats = false;
        const auto at = std::find_if(kept_.begin(), kept_.end(), [&](const Kept &k) {
            return k.request.sid == request.sid && k.request.ssid == request.ssid &&
                   k.target == hit;
        });
        SIM_BUG_ON(kept_.size() >= kMaxBits);
        state.atc[size_t(at - kept_.begin())] = true;
        if (at == kept_.end())
            kept_.push_back({request, hit});
    }
    for (const uint64_t iova : iovas_) {
        if (has_page(state, target, iova, kNobody))
            keep(state, {target.tag, iova, 0, 0, false, false, false, request.sid});
    }
}

/* ---- commands ---- */

void Machine::drop_atc(State &state, const Command &c) const
{
    if (c.cmd != Cmd::kAtcInv)
        return;
    for (size_t i = 0; i < kept_.size(); i++) {
        if (kept_[i].request.sid == c.sid && c.first == 0 && c.last == ~UINT64_C(0))
            state.atc[i] = false;
    }
    for (size_t i = 0; i < pieces_.size(); i++) {
        const Piece &p = pieces_[i];
        if (p.kept_by == c.sid && p.iova >= c.first && p.iova <= c.last)
            state.pieces[i] = false;
    }
}

void Machine::drop_entries(State &state, const Command &c) const
{
    const bool is_ste = c.cmd == Cmd::kCfgiSte, is_all = c.cmd == Cmd::kCfgiCdAll;
    const unsigned split = start_.strtab_cfg >> 6 & 0x1f;

    if (!is_ste && !is_all && c.cmd != Cmd::kCfgiCd)
        return;
    for (const Item &it : items_) {
        const bool is_named = names(c, it.sid);
        bool is_dropped = false;
        if (it.type == kL1std)
            is_dropped =
                is_ste && !c.is_leaf &&
                (c.n_sids_log2 >= split ? names(c, it.index << split) : c.sid >> split == it.index);
        else if (is_ste || is_all)
            is_dropped = is_named && (is_ste || it.type != kSte);
        else if (it.type == kCd)
            is_dropped = is_named && it.index == c.ssid;
        else if (it.type == kL1cd)
            is_dropped = is_named && !c.is_leaf && it.index == c.ssid >> kCdsLog2;
        const unsigned per_atom = std::min(stream_.atom_bytes / 8, it.n_words);
        for (unsigned a = 0; is_dropped && a * per_atom < it.n_words; a++) {
            if (it.first + a < state.held.size())
                state.held[it.first + a] = 0;
        }
    }
}

bool Machine::drops(const Command &c, const Piece &piece) const
{
    const bool is_stage1 = piece.tag.stage == 1;
    const bool is_asid = c.any_asid || piece.tag.asid == c.asid || piece.is_combined;

    if ((is_stage1 ? !c.stage1 : !c.stage2) || (!c.any_vmid && c.vmid != piece.tag.vmid))
        return false;
    if (c.cmd == Cmd::kTlbi)
        return !is_stage1 || (is_asid && (!piece.is_global || c.any_asid));
    if (piece.is_combined || (piece.is_table && c.is_leaf))
        return false;
    return (is_asid || piece.is_global || !is_stage1) && piece.iova >= c.first &&
           piece.iova <= c.last;
}

void Machine::drop_tlb(State &state, const Command &c) const
{
    if (c.cmd != Cmd::kTlbi && c.cmd != Cmd::kTlbiPages)
        return;
    for (size_t i = 0; i < pieces_.size(); i++) {
        if (pieces_[i].kept_by == kNobody && drops(c, pieces_[i]))
            state.pieces[i] = false;
    }
    for (size_t i = 0; i < filed_.size() && c.cmd == Cmd::kTlbi; i++) {
        const Tag &tag = filed_[i].tag;
        if ((tag.stage == 1 ? c.stage1 && (c.any_asid || c.asid == tag.asid) : c.stage2) &&
            (c.any_vmid || c.vmid == tag.vmid))
            state.tlb[i] = false;
    }
}

} // namespace judge
