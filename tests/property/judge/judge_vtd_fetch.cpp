// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_fetch.cpp - see judge_vtd_machine.h: entries, fetched quantum by quantum.
#include "tests/property/judge/judge_vtd_machine.h"

#include "sim/diag.h"

namespace judge::vtd
{

namespace
{

constexpr uint64_t kRootBytes = 16, kPasidBytes = 64, kQuantumBytes = 16;
constexpr unsigned kPasidQuanta = 4, kPasidsLog2 = 6; // of a table of PASIDs

unsigned all_of(unsigned n)
{
    return (1u << n) - 1;
}

} // namespace

size_t Machine::number(const Item &item)
{
    const auto at = number_of_.emplace(item, items_.size());

    if (at.second) {
        SIM_BUG_ON(items_.size() >= kMaxItems);
        items_.push_back(item);
    }
    return at.first->second;
}

void Machine::keep(State &state, const Item &item)
{
    state.held[number(item)] = true;
}

std::vector<Item> Machine::held(const State &state, Item::Type type) const
{
    std::vector<Item> some;

    for (size_t i = 0; i < items_.size(); i++) {
        if (state.held[i] && items_[i].type == type)
            some.push_back(items_[i]);
    }
    return some;
}

// Without caching mode a fetch that sees P=1 uses nothing older than that P: what was read before
// is forgotten as long as P is 0.
void Machine::drop_straddlers(State &state) const
{
    for (size_t i = 0; i < items_.size() && !is_caching_; i++) {
        const Item &part = items_[i];
        if ((part.type == Item::kContext || part.type == Item::kPasid) && !(part.read & 1) &&
            part.read && !(read(state, part.address) & 1))
            state.held[i] = false;
    }
}

// One pass over all requests. Return: true if something was added.
bool Machine::fetch(State &state, Targets &targets)
{
    const State before = state;

    targets.clear();
    for (const Request &request : requests_)
        fetch_request(state, request, targets[request]);
    for (const auto &[request, some] : targets) {
        for (const Target &target : some)
            file(state, request, target);
    }
    for (const Item &iotlb : held(state, Item::kIotlb)) {
        for (const uint64_t iova : iovas_)
            walk(state, iotlb, iova);
    }
    keep_in_device(state);
    return !(state == before);
}

// What never changes may as well be read at once.
Item Machine::first_part(const State &state, Item part, unsigned n) const
{
    for (unsigned i = 0; i < n; i++) {
        const uint64_t at = part.address + kQuantumBytes * i;
        if (!is_stored(at) && (i == 0 || is_caching_ || (read(state, part.address) & 1))) {
            part.q[i] = read_quantum(state, at);
            part.read |= 1u << i;
        }
    }
    return part;
}

// What P=0 or the first quantum alone refuses needs no more.
bool Machine::is_over(const Item &part) const
{
    if (!(part.read & 1))
        return false;
    if (part.type == Item::kPasid)
        return decode_pasid({part.q[0]}, part.pasid, start_.caps).is_refused();
    return start_.is_scalable && !decode_context({part.q[0]}, start_.caps).is_good;
}

// Each quantum that is missing is read now, or later. @whole: what is complete with that.
void Machine::read_more(State &state, const Item &part, unsigned n, std::set<Item> &whole)
{
    const bool is_there = read(state, part.address) & 1;

    if (part.read == all_of(n) || is_over(part)) {
        whole.insert(part);
        return;
    }
    keep(state, part);
    for (unsigned i = 0; i < n; i++) {
        Item more = part;
        if (part.read >> i & 1 || (i && !(part.read & 1) && !is_there && !is_caching_))
            continue;
        more.q[i] = read_quantum(state, part.address + kQuantumBytes * i);
        more.read |= 1u << i;
        read_more(state, more, n, whole);
    }
}

void Machine::fetch_context(State &state, uint32_t sid, std::vector<Context> &contexts)
{
    const Quantum root = read_quantum(state, start_.root + (sid >> 8) * kRootBytes);
    const uint64_t table = decode_root(root, sid, start_.is_scalable);
    const unsigned n = start_.is_scalable ? 2 : 1;
    std::set<Item> whole;
    Item part;

    part.type = Item::kContext;
    part.request.sid = sid;
    if (table) {
        part.address = table + (sid & (start_.is_scalable ? 0x7f : 0xff)) * kQuantumBytes * n;
        read_more(state, first_part(state, part, n), n, whole);
    } else {
        part.read = all_of(n);
        whole.insert(part);
    }
    for (const Item &item : held(state, Item::kContext)) {
        if (item.request.sid == sid)
            read_more(state, item, n, whole);
    }
    for (Item item : whole) {
        const Context context = start_.is_scalable
                                    ? decode_context({item.q[0], item.q[1]}, start_.caps)
                                    : decode_legacy(item.q[0], start_.caps);
        // Its tag, in legacy mode; what faulted has domain 0.
        item.did = context.is_good && !start_.is_scalable ? context.target.did : 0;
        item.ats = context.is_good;
        if (context.is_good || is_caching_)
            keep(state, item);
        contexts.push_back(context);
    }
}

void Machine::fetch_request(State &state, const Request &request, std::set<Target> &targets)
{
    std::vector<Context> contexts;

    fetch_context(state, request.sid, contexts);
    for (const Context &context : contexts) {
        const bool has_pasid = request.pasid != kNoPasid;
        if (!context.is_good || (has_pasid && !start_.is_scalable)) {
            targets.insert(Target());
        } else if (!start_.is_scalable) {
            targets.insert(context.target);
        } else if (has_pasid && (!context.paside || request.pasid >= context.n_pasids ||
                                 request.pasid == context.rid_pasid)) {
            targets.insert(Target());
        } else {
            fetch_pasid(state, request, has_pasid ? request.pasid : context.rid_pasid, context,
                        targets);
        }
    }
}

// All that leads to this PASID's entry, whichever context entry it was.
void Machine::fetch_pasid(State &state, const Request &request, uint32_t pasid,
                          const Context &context, std::set<Target> &targets)
{
    std::set<Item> whole;
    Item way;

    way.type = Item::kDirectory;
    way.request = {request.sid, pasid};
    way.address = context.directory + 8 * (pasid >> kPasidsLog2);
    keep(state, way);
    for (const Item &item : held(state, Item::kDirectory)) {
        if (!(item.request == way.request))
            continue;
        const uint64_t table = decode_directory(read(state, item.address));
        Item part;
        part.type = Item::kPasid;
        part.request = way.request;
        part.pasid = pasid;
        if (table) {
            part.address = table + (pasid & all_of(kPasidsLog2)) * kPasidBytes;
            read_more(state, first_part(state, part, kPasidQuanta), kPasidQuanta, whole);
        } else {
            part.read = all_of(kPasidQuanta);
            whole.insert(part);
        }
    }
    for (const Item &item : held(state, Item::kPasid)) {
        if (item.request == way.request)
            read_more(state, item, kPasidQuanta, whole);
    }
    for (Item item : whole) {
        Target target = decode_pasid(item.q, pasid, start_.caps);
        item.did = target.is_refused() ? 0 : target.did;
        item.ats = !target.is_refused();
        if (!target.is_refused() || is_caching_)
            keep(state, item);
        target.ats = context.dte;
        targets.insert(target);
    }
}

} // namespace judge::vtd
