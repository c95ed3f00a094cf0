// SPDX-License-Identifier: BSD-2-Clause
// brute_explore.cpp - see brute_explore.h.
#include "tests/property/brute/brute_explore.h"

#include "check/explore.h"
#include "cli/arch_smmuv3.h"
#include "sim/diag.h"
#include "tests/property/brute/brute_records.h"

#include <algorithm>
#include <memory>

namespace brute
{

namespace
{

struct Free {
    void operator()(xpl *explorer) const
    {
        xpl_free(explorer);
    }
};

sim_device device(uint32_t dev, uint32_t requester)
{
    sim_device d = {};

    d.dev = dev;
    d.requester[0] = requester;
    d.n_requesters = 1;
    d.source = "record";
    return d;
}

void put(xpl *explorer, const std::vector<sim_record> &records)
{
    for (const sim_record &rec : records)
        SIM_BUG_ON(xpl_put(explorer, &rec) != 0);
}

// The word of a CD that has its MAIR is the fourth of a regime.
Outcome outcome_of(const chk_target &target, std::string &trouble)
{
    Outcome o;
    const chk_tag &tag = target.tlb[0].tag;
    const chk_regime &regime = target.tlb[0].regime;

    switch (target.kind) {
    case CHK_REFUSED:
        return o;
    case CHK_BYPASS:
        o.kind = Kind::kBypassed;
        return o;
    case CHK_TRANSLATED:
        break;
    default:
        trouble = "a target of another kind";
        return o;
    }
    o.kind = tag.stage == 1 ? Kind::kStage1 : Kind::kStage2;
    o.vmid = uint8_t(tag.space);
    o.asid = uint8_t(tag.stage == 1 ? tag.id : 0);
    o.root = uint8_t((regime.root[0] - (tag.stage == 1 ? kRoots : kStage2Roots)) / kRootBytes);
    if (tag.stage == 1) {
        while (o.attr < kValues && mair(o.attr) != regime.field[3])
            o.attr++;
    }
    if (o.root >= kValues || o.attr >= kValues)
        trouble = "a root or attribute that nobody stored";
    return o;
}

// Which of our values a word is; a word that nobody ever stored is none.
uint8_t value_of(unsigned word, uint64_t found)
{
    const unsigned n_values = word == S0 ? kStage2 + 1 : kValues;
    uint8_t value = 0;

    while (value < n_values && word_value(word, value) != found)
        value++;
    return value;
}

// The words that the explorer shows as witness must come to the outcome that they stand for.
bool is_witness(const xpl_view &view, const Outcome &wanted)
{
    Memory memory{};

    for (uint32_t i = 0; i < view.n_structures; i++) {
        const xpl_words &words = view.structure[i];
        const bool is_ste = words.key.structure == SIM_S_STE;
        const unsigned table = unsigned(words.address == kCdB ? B0 : A0),
                       base = is_ste ? unsigned(S0) : table;
        memory[base] = value_of(base, words.word[0]);
        memory[base + 1] = value_of(base + 1, words.word[is_ste ? 2 : 1]);
        memory[base + 2] = value_of(base + 2, words.word[3]);
        // A cached descriptor may be of the other table than the entry points to.
        if (!is_ste)
            memory[S0] = table == A0 ? kS1A : kS1B;
    }
    return view.n_structures > 0 && target(memory) == wanted;
}

void check_witness(const xpl_op &op, const xpl_outcome &outcome, const Outcome &o,
                   Explored &explored)
{
    if (outcome.view == XPL_NO_VIEW || outcome.source != XPL_ENTRY)
        return;
    if (outcome.view >= op.n_views_kept || !is_witness(op.views[outcome.view], o))
        explored.trouble = "a witness of something else";
    explored.n_witnesses++;
}

void take_slot(const xpl_op &op, const xpl_slot &slot, Explored &explored)
{
    if (slot.inconclusive)
        explored.trouble = slot.why ? slot.why : "inconclusive slot";
    for (uint32_t i = 0; i < slot.n_outcomes; i++) {
        const xpl_outcome &outcome = slot.outcomes[i];
        const Outcome o = outcome_of(outcome.target, explored.trouble);
        if (slot.request.requester == kBystanderSid) {
            explored.bystander[outcome.phase].insert(o);
        } else if (slot.request.requester == kSid) {
            explored.outcomes[outcome.phase].insert(o);
            if (outcome.source == XPL_ENTRY)
                explored.views[outcome.phase].insert(o);
            check_witness(op, outcome, o, explored);
        }
    }
}

void take_op(const xpl_op &op, Explored &explored)
{
    if (op.inconclusive)
        explored.trouble = op.why ? op.why : "inconclusive operation";
    for (uint32_t i = 0; i < op.n_slots; i++)
        take_slot(op, op.slots[i], explored);
}

// Nothing is said of a device that an operation does not touch: it has what it had.
void fill_in(const Case &c, Explored &explored)
{
    for (const std::set<Outcome> &outcomes : explored.bystander) {
        if (!outcomes.empty())
            return;
    }
    for (std::set<Outcome> &outcomes : explored.bystander)
        outcomes.insert({Kind::kStage1, c.by_vmid, c.by_asid, c.by_root, 0});
}

} // namespace

Explored explore(const Case &c)
{
    const chk_arch *const archs[] = {&arch_smmuv3};
    const sim_device devices[] = {device(kDev, kSid), device(kBystanderDev, kBystanderSid)};
    Explored explored;
    xpl_params params;

    xpl_defaults(&params);
    params.atom_bytes = c.wide_atoms ? 16 : 8;
    const std::unique_ptr<xpl, Free> explorer(
        xpl_new(&params, archs, 1, devices, c.bystander ? 2 : 1));
    SIM_BUG_ON(!explorer);
    put(explorer.get(), records_of_setup(c));
    put(explorer.get(), records_of_acts(c));
    SIM_BUG_ON(xpl_finish(explorer.get()) != 0);
    const xpl_report *report = xpl_get_report(explorer.get());
    if (report->n_ops != 1) {
        explored.trouble = std::to_string(report->n_ops) + " operations";
        return explored;
    }
    take_op(report->ops[0], explored);
    explored.verdict =
        Class(std::max(report->worst[XPL_ARCHITECTURE], report->ops[0].worst[XPL_ARCHITECTURE]));
    if (report->bad_outside)
        explored.verdict = kDangles; // a page was freed after the end
    if (c.bystander)
        fill_in(c, explored);
    return explored;
}

std::string print(const Explored &explored)
{
    static const char *const phases[] = {"before", "during", "after"};
    std::string text = "explorer: ";

    text += print(explored.verdict);
    if (!explored.trouble.empty())
        text += ", trouble: " + explored.trouble;
    for (unsigned p = 0; p < kPhases; p++) {
        text += std::string("\n") + phases[p] + ": " + print(explored.outcomes[p]);
        if (!explored.bystander[p].empty())
            text += "\n  bystander: " + print(explored.bystander[p]);
    }
    return text + "\n";
}

} // namespace brute
