// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_hold.cpp - see judge_vtd_machine.h: translations that are kept, and what a descriptor
// takes from all that is kept.
#include "tests/property/judge/judge_vtd_machine.h"

namespace judge::vtd
{

namespace
{

// What follows from a table of the first stage, or of the second.
Item cached_tables(const Target &target, const Regime &regime, bool is_first_stage)
{
    Item item;

    item.type = is_first_stage ? Item::kFirst : Item::kSecond;
    item.did = target.did;
    if (is_first_stage) {
        item.pasid = target.pasid;
        item.regime.fs = regime.fs;
        item.regime.fs_shape = regime.fs_shape;
    } else {
        item.regime.ss = regime.ss;
        item.regime.ss_shape = regime.ss_shape;
    }
    return item;
}

bool is_in(const Command &c, uint64_t iova)
{
    return iova >= c.first && iova <= c.last;
}

// A table is remembered for all addresses that it is for.
bool is_about(const Command &c, const Item &item)
{
    const uint64_t size = item.type == Item::kTable ? kPage << (9 * item.level) : kPage;
    const uint64_t first = item.iova & ~(size - 1);

    return first <= c.last && c.first <= first + (size - 1);
}

bool is_everywhere(const Command &c)
{
    return c.first == 0 && c.last == kAllAddresses;
}

// FM: functions whose numbers differ in these bits are meant, too.
bool names_source(const Command &c, uint32_t sid)
{
    static const uint32_t ignored[] = {0, 4, 6, 7};

    return ((c.sid ^ sid) & ~ignored[c.function_mask]) == 0;
}

} // namespace

void Machine::file_regime(State &state, const Request &request, const Target &target,
                          const Regime &regime)
{
    Item item;

    item.type = Item::kIotlb;
    item.request = request;
    item.did = target.did;
    item.pasid = target.pasid;
    item.regime = regime;
    item.ats = target.ats;
    keep(state, item);
    if (regime.has_fs())
        keep(state, cached_tables(target, regime, true));
    if (regime.has_ss())
        keep(state, cached_tables(target, regime, false));
}

// A walk begins at the entry's tables, or at what others left under the same domain and PASID.
void Machine::file(State &state, const Request &request, const Target &target)
{
    std::set<Regime> regimes = {target.regime};

    if (target.is_refused())
        return;
    for (const Item &item : held(state, Item::kSecond)) {
        Regime other = target.regime;
        other.ss = item.regime.ss;
        other.ss_shape = item.regime.ss_shape;
        if (target.regime.has_ss() && item.did == target.did)
            regimes.insert(other);
    }
    for (const Item &item : held(state, Item::kFirst)) {
        Regime other = target.regime;
        other.fs = item.regime.fs;
        other.fs_shape = item.regime.fs_shape;
        if (target.regime.has_fs() && item.did == target.did && item.pasid == target.pasid)
            regimes.insert(other);
    }
    for (const Regime &regime : regimes)
        file_regime(state, request, target, regime);
}

// From the root, and from every table that is remembered. Of a guest: its addresses, by the second
// stage.
void Machine::walk(State &state, const Item &iotlb, uint64_t iova)
{
    const bool is_first_stage = iotlb.regime.kind == Kind::kFirst;
    Item root;

    if (iotlb.regime.kind == Kind::kPass)
        return;
    root.type = Item::kTable;
    root.did = iotlb.did;
    root.pasid = is_first_stage ? iotlb.pasid : 0;
    root.is_first_stage = is_first_stage;
    root.iova = iova;
    root.level = top_level(iotlb.regime, is_first_stage);
    root.address = is_first_stage ? iotlb.regime.fs : iotlb.regime.ss;
    walk_table(state, iotlb, root);
    for (const Item &table : held(state, Item::kTable)) {
        if (table.is_first_stage == is_first_stage && table.did == root.did &&
            table.pasid == root.pasid && table.iova == iova)
            walk_table(state, iotlb, table);
    }
}

void Machine::walk_table(State &state, const Item &iotlb, const Item &table)
{
    const uint64_t word = read(state, pte_address(table.address, table.level, table.iova));
    const Descriptor d = decode_pte(word, table.level, table.is_first_stage);

    if (d.kind == Pte::kTable) {
        Item next = table;
        next.level--;
        next.address = d.address;
        keep(state, next);
        return;
    }
    if (d.kind == Pte::kInvalid && (!is_caching_ || iotlb.regime.kind != Kind::kSecond))
        return;
    Item leaf = iotlb;
    leaf.type = d.kind == Pte::kLeaf ? Item::kLeaf : Item::kNoLeaf;
    leaf.regime = {};
    leaf.regime.kind = iotlb.regime.kind;
    leaf.iova = table.iova;
    keep(state, leaf);
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

// All that the IOTLB may answer a device's translation request with.
void Machine::keep_in_device(State &state)
{
    for (const Item::Type type : {Item::kIotlb, Item::kLeaf}) {
        for (Item item : held(state, type)) {
            if (!item.ats || !has_ats(item.request.sid, state.issued))
                continue;
            item.type = type == Item::kIotlb ? Item::kInDevice : Item::kPageInDevice;
            item.did = 0;
            item.pasid = 0;
            keep(state, item);
        }
    }
}

/* ---- descriptors ---- */

void Machine::execute(State &state, size_t act) const
{
    state.done[act] = true;
    for (size_t i = 0; i < items_.size(); i++) {
        if (state.held[i] && drops(state, commands_[act], items_[i]))
            state.held[i] = false;
    }
}

bool Machine::drops(const State &state, const Command &c, const Item &item) const
{
    switch (c.cmd) {
    case Cmd::kContext:
    case Cmd::kPasid:
        return drops_entry(state, c, item);
    case Cmd::kIotlb:
    case Cmd::kPiotlb:
        return drops_translation(c, item);
    case Cmd::kDevice:
        return (item.type == Item::kInDevice || item.type == Item::kPageInDevice) &&
               item.request.sid == c.sid && item.request.pasid == kNoPasid &&
               (item.type == Item::kInDevice ? is_everywhere(c) : is_in(c, item.iova));
    case Cmd::kPasidDevice:
        return (item.type == Item::kInDevice || item.type == Item::kPageInDevice) &&
               item.request.sid == c.sid && item.request.pasid != kNoPasid &&
               (c.is_any_pasid || item.request.pasid == c.pasid) &&
               (item.type == Item::kInDevice ? is_everywhere(c) : is_in(c, item.iova));
    default:
        return false;
    }
}

// The domain that an entry is cached with; of a fetch that has not read it, what memory says: it
// may be the one that the invalidation means. Of what is refused, 0.
uint32_t Machine::domain_of(const State &state, const Item &item, bool &is_known) const
{
    const Quantum first = item.read & 1 ? item.q[0] : read_quantum(state, item.address);
    const bool is_pasid = item.type == Item::kPasid;

    is_known = true;
    if (is_pasid && !decode_pasid({first}, item.pasid, start_.caps).is_refused())
        return uint32_t(first[1] & 0xffff);
    if (!is_pasid && decode_legacy(first, start_.caps).is_good)
        return uint32_t(first[1] >> 8 & 0xffff);
    is_known = (item.read & 1) != 0;
    return 0;
}

bool Machine::drops_entry(const State &state, const Command &c, const Item &item) const
{
    const bool is_context = item.type == Item::kContext;
    const bool is_way = item.type == Item::kDirectory;
    bool is_known = false;

    if (is_context != (c.cmd == Cmd::kContext))
        return false;
    if (!is_context && item.type != Item::kPasid && !is_way)
        return false;
    if (c.scope == Scope::kGlobal)
        return true;
    if (c.scope == Scope::kOne &&
        !(is_context ? names_source(c, item.request.sid) : item.request.pasid == c.pasid))
        return false;
    if (is_way || (is_context && start_.is_scalable))
        return true;
    const uint32_t did = domain_of(state, item, is_known);
    return did == c.did || !is_known;
}

// 6.5.2, who survives what: the first stage is dropped by domain or by PASID, the second by domain.
bool Machine::drops_translation(const Command &c, const Item &item) const
{
    const bool is_leaf = item.type == Item::kLeaf || item.type == Item::kNoLeaf;
    const bool is_by_pasid = c.cmd == Cmd::kPiotlb;
    const bool is_of_all = item.type == Item::kIotlb || item.type == Item::kFirst ||
                           item.type == Item::kSecond; // addresses
    const bool is_tables =
        item.type == Item::kTable || item.type == Item::kFirst || item.type == Item::kSecond;
    const bool is_second_tables =
        item.type == Item::kSecond || (item.type == Item::kTable && !item.is_first_stage);

    if (!is_of_all && !is_leaf && item.type != Item::kTable)
        return false;
    if (c.scope == Scope::kGlobal)
        return true;
    if (item.did != c.did || (is_by_pasid && (is_second_tables || item.pasid != c.pasid)))
        return false;
    if (c.scope != Scope::kPages)
        return true;
    if (!is_by_pasid && (is_tables ? !is_second_tables : item.regime.has_fs()))
        return true;
    if (is_of_all || !is_about(c, item))
        return false;
    if (is_tables)
        return !c.is_hint;
    return !is_by_pasid || item.regime.kind == Kind::kFirst;
}

} // namespace judge::vtd
