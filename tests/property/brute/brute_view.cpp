// SPDX-License-Identifier: BSD-2-Clause
// brute_view.cpp - see brute_machine.h: what hardware keeps, and what a request gets from it.
#include "tests/property/brute/brute_machine.h"

#include <algorithm>
#include <cstdlib>

namespace brute
{

namespace
{

// What one entry and one descriptor say.
Outcome decode(const Memory &m, unsigned table)
{
    const unsigned cd = table ? B0 : A0;

    switch (Ste(m[S0])) {
    case kInvalid:
    case kAbort:
        return {};
    case kBypass:
        return {Kind::kBypassed};
    case kStage2:
        return {Kind::kStage2, m[S2], 0, m[S3], 0};
    case kS1A:
    case kS1B:
        break;
    }
    if (!m[cd])
        return {};
    return {Kind::kStage1, m[S2], m[cd], m[cd + 1], m[cd + 2]};
}

bool is_s1(const Memory &m)
{
    return m[S0] == kS1A || m[S0] == kS1B;
}

bool same_tag(const Outcome &a, const Outcome &b)
{
    return a.kind == b.kind && a.vmid == b.vmid && a.asid == b.asid;
}

bool is_translated(const Outcome &o)
{
    return o.kind == Kind::kStage1 || o.kind == Kind::kStage2;
}

} // namespace

Outcome target(const Memory &memory)
{
    return decode(memory, memory[S0] == kS1B);
}

unsigned Machine::number(uint16_t value)
{
    const auto at = std::find(values_.begin(), values_.end(), value);

    if (at != values_.end())
        return unsigned(at - values_.begin());
    if (values_.size() == 64)
        std::abort(); // a case that is too big
    values_.push_back(value);
    return unsigned(values_.size() - 1);
}

unsigned Machine::entry(const Outcome &outcome)
{
    const auto at = std::find(entries_.begin(), entries_.end(), outcome);

    if (at != entries_.end())
        return unsigned(at - entries_.begin());
    if (entries_.size() == 64)
        std::abort();
    entries_.push_back(outcome);
    return unsigned(entries_.size() - 1);
}

// Fetches of 8 bytes: each word alone. Of 16: STE words 2 and 3 together, CD words 0 and 1.
uint16_t Machine::atom(const Memory &memory, unsigned base, unsigned atom, bool cd) const
{
    const unsigned first = cd ? 0 : 1; // of the two words that share 16 bytes

    if (n_atoms_ == 3)
        return memory[base + atom];
    if (atom != first)
        return memory[base + (cd ? 2 : 0)];
    return uint16_t(memory[base + first] | memory[base + first + 1] << 8);
}

std::vector<Memory> Machine::ste_views(const State &state) const
{
    std::vector<Memory> views(1);

    for (unsigned a = 0; a < n_atoms_; a++) {
        std::vector<Memory> longer;
        for (uint64_t set = state.ste[a]; set; set &= set - 1) {
            const uint16_t value = values_[unsigned(__builtin_ctzll(set))];
            for (Memory view : views) {
                view[S0 + a] = uint8_t(value);
                if (n_atoms_ == 2 && a == 1)
                    view[S3] = uint8_t(value >> 8);
                longer.push_back(view);
            }
        }
        views.swap(longer);
    }
    return views;
}

std::vector<Memory> Machine::cd_views(const State &state, unsigned table) const
{
    const unsigned base = table ? B0 : A0;
    std::vector<Memory> views(1);

    for (unsigned a = 0; a < n_atoms_; a++) {
        std::vector<Memory> longer;
        for (uint64_t set = state.cd[table][a]; set; set &= set - 1) {
            const uint16_t value = values_[unsigned(__builtin_ctzll(set))];
            for (Memory view : views) {
                if (n_atoms_ == 2)
                    view[base + (a ? 2 : 0)] = uint8_t(value);
                else
                    view[base + a] = uint8_t(value);
                if (n_atoms_ == 2 && a == 0)
                    view[base + 1] = uint8_t(value >> 8);
                longer.push_back(view);
            }
        }
        views.swap(longer);
    }
    return views;
}

// A cached descriptor is found by the device, whichever table it was fetched from.
std::vector<Outcome> Machine::views(const State &state) const
{
    const std::vector<Memory> cds[kTables] = {cd_views(state, 0), cd_views(state, 1)};
    std::vector<Outcome> all;

    for (const Memory &ste : ste_views(state)) {
        if (!is_s1(ste)) {
            all.push_back(decode(ste, 0));
            continue;
        }
        for (unsigned table = 0; table < kTables; table++) {
            for (Memory view : cds[table]) {
                std::copy(ste.begin() + S0, ste.begin() + A0, view.begin() + S0);
                all.push_back(decode(view, table));
            }
        }
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

void Machine::fetch(State &state)
{
    for (unsigned a = 0; a < n_atoms_; a++)
        state.ste[a] |= UINT64_C(1) << number(atom(state.memory, S0, a, false));
    for (const Memory &ste : ste_views(state)) {
        if (!is_s1(ste))
            continue;
        const unsigned table = ste[S0] == kS1B;
        for (unsigned a = 0; a < n_atoms_; a++)
            state.cd[table][a] |= UINT64_C(1)
                                  << number(atom(state.memory, table ? B0 : A0, a, true));
    }
    for (const Outcome &view : views(state)) {
        if (is_translated(view))
            state.tlb |= UINT64_C(1) << entry(view);
    }
    if (case_.bystander)
        state.tlb |= UINT64_C(1) << entry(bystander());
}

void Machine::look(const State &state)
{
    for (uint64_t tlb = state.tlb; tlb; tlb &= tlb - 1)
        result_.filed[state.phase].insert(entries_[unsigned(__builtin_ctzll(tlb))]);
    for (const Outcome &view : views(state)) {
        result_.views[state.phase].insert(view);
        if (!is_translated(view))
            result_.outcomes[state.phase].insert(view);
        for (uint64_t tlb = state.tlb; tlb; tlb &= tlb - 1) {
            const Outcome &hit = entries_[unsigned(__builtin_ctzll(tlb))];
            if (same_tag(hit, view))
                result_.outcomes[state.phase].insert(hit);
        }
    }
    if (case_.bystander)
        look_bystander(state);
    if (state.freed_tables || state.freed_roots)
        look_freed(state);
}

void Machine::look_bystander(const State &state)
{
    const Outcome own = bystander();

    for (uint64_t tlb = state.tlb; tlb; tlb &= tlb - 1) {
        const Outcome &hit = entries_[unsigned(__builtin_ctzll(tlb))];
        if (same_tag(hit, own))
            result_.bystander[state.phase].insert(hit);
    }
}

// A pointer to what is free, in a configuration that a request may still see. What a TLB has of a
// root are pages of data: those are stale.
void Machine::look_freed(const State &state)
{
    for (const Memory &ste : ste_views(state)) {
        if (is_s1(ste) && state.freed_tables >> (ste[S0] == kS1B) & 1)
            result_.dangles = true;
    }
    std::vector<Outcome> owners = views(state);
    if (case_.bystander)
        owners.push_back(bystander());
    for (const Outcome &owner : owners) {
        if (owner.kind == Kind::kStage1 && state.freed_roots >> owner.root & 1)
            result_.dangles = true;
    }
}

Outcome Machine::bystander() const
{
    return {Kind::kStage1, case_.by_vmid, case_.by_asid, case_.by_root, 0};
}

Result enumerate(const Case &c)
{
    return Machine(c).run();
}

} // namespace brute
