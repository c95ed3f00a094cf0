// SPDX-License-Identifier: BSD-2-Clause
// brute_class.cpp - see brute_case.h: what the outcomes of a switch come to, and how they are
// shown.
#include "tests/property/brute/brute_case.h"

#include <algorithm>
#include <sstream>

namespace brute
{

namespace
{

bool refused(const Outcome &o)
{
    return o.kind == Kind::kRefused;
}

// By effect: how a translation is tagged does not matter to whom it serves.
bool same_effect(const Outcome &a, const Outcome &b)
{
    if (a.kind != b.kind)
        return false;
    return a.kind == Kind::kRefused || a.kind == Kind::kBypassed ||
           (a.root == b.root && a.attr == b.attr);
}

bool is_same(const Outcome &a, const Outcome &b, Same same)
{
    return same_effect(a, b) && (same == Same::kEffect || refused(a) || a == b);
}

Class judge_during(const Outcome &o, const Outcome &before, const Outcome &after, Same same)
{
    if (is_same(o, before, same) || is_same(o, after, same))
        return kHitless;
    return refused(o) ? kBreaks : kTorn;
}

Class judge_after(const Outcome &o, const Outcome &after, Same same)
{
    if (is_same(o, after, same))
        return kHitless;
    return refused(o) ? kStaleRefusal : kStale;
}

bool same_tag(const Outcome &a, const Outcome &b)
{
    return a.kind == b.kind && a.vmid == b.vmid && a.asid == b.asid;
}

// Does @filed, under the tag of @owner, lead somewhere else? What the old configuration filed under
// its own tag is stale if it is used, but nobody was poisoned.
bool poisons(const Outcome &filed, const Outcome &owner, const Outcome &before)
{
    return same_tag(filed, owner) && !same_effect(filed, owner) && filed != before;
}

void print_act(std::ostream &out, const Act &a)
{
    static const char *const words[] = {"S0", "S2", "S3", "A0", "A1", "A3", "B0", "B1", "B3"};
    static const char *const cmds[] = {"SYNC",      "CFGI_STE",        "CFGI_CD", "CFGI_CD_ALL",
                                       "CFGI_ALL",  "CFGI_STE(other)", "NH_ASID", "NH_ALL",
                                       "S12_VMALL", "NSNH_ALL"};

    switch (a.op) {
    case Op::kStore:
        out << words[a.word] << "=" << int(a.value);
        if (a.also != kNoWord)
            out << "+" << words[a.also] << "=" << int(a.also_value);
        break;
    case Op::kBarrier:
        out << "barrier";
        break;
    case Op::kSlot:
        out << "[" << int(a.index) << "]" << cmds[size_t(a.cmd)];
        if (a.cmd >= Cmd::kTlbiAsid && a.cmd != Cmd::kTlbiAll)
            out << "(" << int(a.vmid) << "," << int(a.asid) << ")";
        break;
    case Op::kDoorbell:
        out << "prod=" << int(a.index);
        break;
    case Op::kWait:
        out << "wait[" << int(a.index) << "]";
        break;
    case Op::kBegin:
        out << "begin";
        break;
    case Op::kEnd:
        out << "end";
        break;
    case Op::kFreeTable:
        out << "free(" << (a.index ? "B" : "A") << ")";
        break;
    case Op::kFreeRoot:
        out << "free(root " << int(a.index) << ")";
        break;
    }
}

} // namespace

// Every store of every CPU, as they were recorded.
Memory final_memory(const Case &c)
{
    Memory memory = c.memory;
    size_t next[2] = {0, 0};
    const size_t n_acts = c.cpus[0].size() + c.cpus[1].size();

    for (size_t i = 0; i < n_acts; i++) {
        const unsigned cpu = c.order.empty() ? next[0] == c.cpus[0].size() : c.order[i];
        const Act &act = c.cpus[cpu][next[cpu]++];
        if (act.op != Op::kStore)
            continue;
        memory[act.word] = act.value;
        if (act.also != kNoWord)
            memory[act.also] = act.also_value;
    }
    return memory;
}

Class classify(const Case &c, const Result &result, Same same)
{
    const Outcome before = target(c.memory), after = target(final_memory(c));
    const Outcome other = {Kind::kStage1, c.by_vmid, c.by_asid, c.by_root, 0};
    Class worst = result.dangles ? kDangles : kHitless;

    for (const Outcome &o : result.outcomes[kDuring])
        worst = std::max(worst, judge_during(o, before, after, same));
    for (const Outcome &o : result.outcomes[kAfter])
        worst = std::max(worst, judge_after(o, after, same));
    for (const Outcome &o : result.filed[kAfter]) {
        if (poisons(o, after, before))
            worst = std::max(worst, kPoisons);
    }
    for (unsigned phase = 0; c.bystander && phase < kPhases; phase++) {
        for (const Outcome &o : result.bystander[phase]) {
            if (!same_effect(o, other))
                worst = std::max(worst, kPoisons);
        }
    }
    return worst;
}

std::string print(const Case &c)
{
    std::ostringstream out;
    size_t next[2] = {0, 0};

    out << (c.wide_atoms ? "16-byte atoms" : "8-byte atoms") << (c.implied ? ", implied" : "")
        << "; memory";
    for (const uint8_t value : c.memory)
        out << " " << int(value);
    if (c.bystander)
        out << "; bystander vmid " << int(c.by_vmid) << " asid " << int(c.by_asid) << " root "
            << int(c.by_root);
    for (size_t i = 0; i < c.cpus[0].size() + c.cpus[1].size(); i++) {
        const unsigned cpu = c.order.empty() ? next[0] == c.cpus[0].size() : c.order[i];
        out << "\n  cpu" << cpu << " ";
        print_act(out, c.cpus[cpu][next[cpu]++]);
    }
    return out.str() + "\n";
}

std::string print(const Outcome &o)
{
    static const char *const kinds[] = {"refused", "bypassed", "s1", "s2"};
    std::ostringstream out;

    out << kinds[size_t(o.kind)];
    if (o.kind == Kind::kStage1 || o.kind == Kind::kStage2)
        out << "(vmid " << int(o.vmid) << " asid " << int(o.asid) << " root " << int(o.root)
            << " attr " << int(o.attr) << ")";
    return out.str();
}

std::string print(const std::set<Outcome> &outcomes)
{
    std::string text = "{";

    for (const Outcome &o : outcomes)
        text += (text.size() > 1 ? ", " : "") + print(o);
    return text + "}";
}

std::string print(const Result &result)
{
    static const char *const phases[] = {"before", "during", "after"};
    std::ostringstream out;

    for (unsigned p = 0; p < kPhases; p++) {
        out << phases[p] << ": " << print(result.outcomes[p]) << "\n";
        if (!result.bystander[p].empty())
            out << "  bystander: " << print(result.bystander[p]) << "\n";
    }
    out << (result.dangles ? "dangles, " : "") << result.n_states << " states\n";
    return out.str();
}

const char *print(Class c)
{
    static const char *const names[] = {"HITLESS", "BREAKS",  "STALE-REFUSAL", "TORN",
                                        "STALE",   "POISONS", "DANGLES"};

    return names[c];
}

} // namespace brute
