/* SPDX-License-Identifier: BSD-2-Clause
 * explore_advice.c - what forced an operation to break, and what the architecture allows instead.
 * Knows: words of structures, who reads which bits. Must not know: how outcomes were found. */
#include "cli/explore_report.h"
#include "cli/explore_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct xpl_view *view_of(const struct xpl_op *op, const struct xpl_slot *slot,
                                      enum xpl_phase phase)
{
    for (uint32_t i = 0; i < slot->n_outcomes; i++) {
        const struct xpl_outcome *o = &slot->outcomes[i];

        if (o->phase == phase && o->view != XPL_NO_VIEW &&
            (phase == XPL_BEFORE ? o->is_old : o->is_new))
            return &op->views[o->view];
    }
    return NULL;
}

/* Words that both the old and the new entry read and that differ: 7.3's reason to break. */
static unsigned differing(const struct explore_result *result, const struct xpl_words *old,
                          const struct xpl_words *new, unsigned *which)
{
    uint64_t old_mask[CHK_MAX_WORDS];
    uint64_t new_mask[CHK_MAX_WORDS];
    unsigned n = 0;

    explore_used(result->arch, old, old_mask);
    explore_used(result->arch, new, new_mask);
    for (unsigned w = 0; w < old->n_words; w++) {
        if ((old->word[w] ^ new->word[w]) & (old_mask[w] & new_mask[w]))
            which[n++] = w;
    }
    return n;
}

/* VT-d (6.5): hardware reads 16 bytes at once. @which: words that differ. */
static void advise_quanta(const struct xpl_words *old, const unsigned *which, unsigned n)
{
    const char *name = sim_structure_infos[old->key.structure].name;
    bool is_one = true;

    for (unsigned i = 1; i < n; i++)
        is_one = is_one && which[i] / 2 == which[0] / 2;
    if (n == 0 || is_one) {
        (void)printf(
            "  Advice: %s: at most one 16-byte quantum that both old and new read differs, "
            "so it can be\n  hitless (6.5): first what the old one ignores, invalidate and "
            "wait; then that quantum in\n  one store of %s bytes; then the invalidations "
            "of the old domain, with a wait.\n",
            name, n > 1 ? "16" : "8 or 16");
        return;
    }
    (void)printf("  Advice: %s: both old and new read words", name);
    for (unsigned i = 0; i < n; i++)
        (void)printf(" q%u", which[i]);
    (void)printf(
        ", which differ, of more than one\n  16-byte quantum: no order of stores is hitless "
        "(6.5). A copy of the PASID table is: fill it,\n  then change the directory entry "
        "in one store, and invalidate by the old domain.\n");
}

static void advise_entry(const struct explore_result *result, const struct xpl_words *old,
                         const struct xpl_words *new)
{
    const char *name = sim_structure_infos[old->key.structure].name;
    unsigned which[CHK_MAX_WORDS];
    const unsigned n = differing(result, old, new, which);

    if (n == 0 && memcmp(old->word, new->word, sizeof(old->word)) == 0 &&
        old->address == new->address)
        return;
    if (result->arch->reads_16) {
        advise_quanta(old, which, n);
        return;
    }
    if (n <= 1) {
        (void)printf("  Advice: %s: at most one word that both old and new read differs, so it can "
                     "be hitless\n  (7.3): first the words that the old one ignores, then that "
                     "word, then the rest; an\n  invalidation and a sync after each.\n",
                     name);
        return;
    }
    (void)printf("  Advice: %s: both old and new read words", name);
    for (unsigned i = 0; i < n; i++)
        (void)printf(" q%u", which[i]);
    (void)printf(", which differ: no order of 8-byte stores is\n  hitless (7.3).");
    if (n == 2 && which[0] % 2 == 0 && which[1] == which[0] + 1)
        (void)printf(" One 16-byte store is, where hardware\n  and CPUs have 16-byte accesses.");
    if (old->key.structure == SIM_S_CD)
        (void)printf(" A second table of CDs is: fill it, then change\n  S1ContextPtr in one store "
                     "of the STE, CFGI_STE, CMD_SYNC.");
    (void)printf("\n");
}

void explore_advice(const struct explore_result *result, const struct xpl_op *op)
{
    for (uint32_t s = 0; s < op->n_slots; s++) {
        const struct xpl_view *old = view_of(op, &op->slots[s], XPL_BEFORE);
        const struct xpl_view *new = view_of(op, &op->slots[s], XPL_AFTER);

        if (!op->slots[s].is_switched || !old || !new)
            continue;
        for (uint32_t i = 0; i < old->n_structures && i < new->n_structures; i++) {
            if (memcmp(&old->structure[i].key, &new->structure[i].key,
                       sizeof(old->structure[i].key)) == 0)
                advise_entry(result, &old->structure[i], &new->structure[i]);
        }
        return;
    }
}
