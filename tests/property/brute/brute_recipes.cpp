// SPDX-License-Identifier: BSD-2-Clause
// brute_recipes.cpp - see brute_recipes.h. Letters of a case: brute_text.h.
#include "tests/property/brute/brute_recipes.h"

#include "tests/property/brute/brute_text.h"

#include <iterator>
#include <utility>

namespace brute
{

const Recipe kRecipes[] = {
    {"AbortToStage1", "S0=1 A0=1 A1=1", "begin S0=3 b ste sync end", kHitless},
    {"Stage1ToAbort", "S0=3 A0=1 A1=1", "begin S0=1 b ste sync end", kHitless},
    {"IdentityToStage1", "S0=2", "begin A1=1 A3=1 b cd sync A0=1 b cd sync S0=3 b ste sync end",
     kHitless},
    {"Stage1ToIdentity", "S0=3 A0=1 A1=1", "begin S0=2 b ste sync A0=0 b cd sync end", kHitless},
    {"IdentityToStage2", "S0=2", "begin S2=1 S3=1 b ste sync S0=5 b ste sync end", kHitless},
    {"Stage2ToIdentity", "S0=5 S2=1 S3=1", "begin S0=2 b ste sync S2=0 S3=0 b ste sync end",
     kHitless},
    {"PointerSwap", "S0=3 A0=1 A1=1", "begin B0=2 B1=2 b S0=4 b ste sync freeA end", kHitless},
    {"PointerSwapAndFlush", "S0=3 A0=1 A1=1",
     "begin B0=2 B1=2 b S0=4 b ste sync asid(0,1) sync freeroot(1) end", kHitless},
    {"SameAsidOtherTable", "S0=3 A0=1 A1=1", "begin A1=2 b cd sync asid(0,1) sync end freeroot(1)",
     kHitless},
    {"SameTagOtherStage2", "S0=5 S2=1 S3=1", "begin S3=2 b ste sync s12(1) sync end", kHitless},
    {"DescriptorThroughInvalid", "S0=3 A0=1 A1=1",
     "begin A0=0 b cd sync A1=2 A3=1 b cd sync A0=2 b cd sync asid(0,1) sync end", kBreaks},
    {"Stage2ThroughInvalid", "S0=5 S2=1 S3=1",
     "begin S0=0 b ste sync S2=2 S3=2 b ste sync S0=5 b ste sync s12(1) sync end", kBreaks},
    {"Stage1ToStage2", "S0=3 A0=1 A1=1",
     "begin S0=0 b ste sync S2=1 S3=1 b ste sync S0=5 b ste sync A0=0 b cd sync end", kBreaks},
    {"Stage2ToStage1", "S0=5 S2=1 S3=1 A1=1 A0=1",
     "begin S0=0 b ste sync S2=0 S3=0 b ste sync S0=3 b ste sync end", kBreaks},
    {"TornButBothTagsFlushed", "S0=3 A0=1 A1=1",
     "begin A0=2 A1=2 b cd sync asid(0,1) asid(0,2) sync end freeroot(1)", kHitless},
    {"SyncByAnotherCpu", "S0=3 A0=1 A1=1",
     "begin B0=2 B1=2 b S0=4 b ~ste 1:asid(0,2) 1:sync b ~cd sync freeA end", kHitless},
};
const unsigned kNRecipes = unsigned(std::size(kRecipes));

namespace
{

struct Step {
    uint8_t cpu;
    Act act;
};

std::vector<Step> steps_of(const Case &c)
{
    std::vector<Step> steps;
    size_t next[2] = {0, 0};

    for (const uint8_t cpu : c.order)
        steps.push_back({cpu, c.cpus[cpu][next[cpu]++]});
    return steps;
}

bool is_mark(const Act &act)
{
    return act.op == Op::kBegin || act.op == Op::kEnd;
}

// Slots are numbered anew; each doorbell says what is there, each wait is for the last CMD_SYNC,
// and one that would never end is left out.
Case case_of(const Case &base, const std::vector<Step> &steps)
{
    Case c;
    uint8_t n_slots = 0, n_rung = 0, last_sync = 0;

    c.memory = base.memory;
    for (const Step &step : steps) {
        Act act = step.act;
        if (act.op == Op::kSlot) {
            act.index = n_slots++;
            if (act.cmd == Cmd::kSync)
                last_sync = n_slots;
        } else if (act.op == Op::kDoorbell) {
            if (n_rung == n_slots)
                continue;
            act.index = n_rung = n_slots;
        } else if (act.op == Op::kWait) {
            if (last_sync == 0 || n_rung < last_sync)
                continue;
            act.index = uint8_t(last_sync - 1);
        }
        c.cpus[step.cpu].push_back(act);
        c.order.push_back(step.cpu);
    }
    return c;
}

void add_without(const Case &base, const std::vector<Step> &steps, std::vector<Case> &all)
{
    for (size_t i = 0; i < steps.size(); i++) {
        std::vector<Step> fewer = steps;
        fewer.erase(fewer.begin() + std::ptrdiff_t(i));
        if (!is_mark(steps[i].act))
            all.push_back(case_of(base, fewer));
    }
}

void add_exchanged(const Case &base, const std::vector<Step> &steps, std::vector<Case> &all)
{
    for (size_t i = 1; i < steps.size(); i++) {
        std::vector<Step> other = steps;
        std::swap(other[i - 1], other[i]);
        if (steps[i - 1].act.op != Op::kBegin)
            all.push_back(case_of(base, other));
    }
}

void add_misaimed(const Case &base, const std::vector<Step> &steps, std::vector<Case> &all)
{
    for (size_t i = 0; i < steps.size(); i++) {
        std::vector<Step> other = steps;
        Act &act = other[i].act;
        if (act.op != Op::kSlot || act.cmd == Cmd::kSync)
            continue;
        if (act.cmd == Cmd::kCfgiSte)
            act.cmd = Cmd::kCfgiOther;
        act.asid = uint8_t(3 - act.asid);
        act.vmid ^= act.cmd != Cmd::kTlbiAsid;
        all.push_back(case_of(base, other));
    }
}

} // namespace

std::vector<Case> variants(const Recipe &recipe)
{
    const Case base = parse(recipe.memory, recipe.acts);
    const std::vector<Step> steps = steps_of(base);
    std::vector<Case> all = {base};

    add_without(base, steps, all);
    add_exchanged(base, steps, all);
    add_misaimed(base, steps, all);
    return all;
}

} // namespace brute
