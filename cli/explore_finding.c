/* SPDX-License-Identifier: BSD-2-Clause
 * explore_finding.c - which outcomes come from a finding that docs/findings.md tells.
 * Knows: views of outcomes. Must not know: output, how outcomes were found. */
#include "cli/explore_report.h"

#include <string.h>

static const struct xpl_view *new_view(const struct xpl_op *op, const struct xpl_slot *slot)
{
    for (uint32_t i = 0; i < slot->n_outcomes; i++) {
        const struct xpl_outcome *o = &slot->outcomes[i];

        if (o->phase == XPL_AFTER && o->view != XPL_NO_VIEW && o->is_new && o->source == XPL_ENTRY)
            return &op->views[o->view];
    }
    return NULL;
}

/* The look-up ended at a first-level descriptor that memory no longer has: no CFGI_STE with Leaf=0
 * has dropped it since. */
const char *explore_finding(const struct xpl_op *op, const struct xpl_slot *slot,
                            const struct xpl_outcome *o)
{
    const struct xpl_view *new = new_view(op, slot);
    const struct xpl_view *met;
    const struct xpl_words *last;

    if (o->verdict != CHK_STALE_REFUSAL || o->view == XPL_NO_VIEW || !new)
        return NULL;
    met = &op->views[o->view];
    if (o->source != XPL_ENTRY || !met->n_structures)
        return NULL;
    last = &met->structure[met->n_structures - 1];
    if (last->key.structure != SIM_S_L1STD || !new->n_structures ||
        memcmp(&new->structure[0].key, &last->key, sizeof(last->key)) != 0)
        return NULL;
    return new->structure[0].word[0] != last->word[0] ? "L1STD-CFGI" : NULL;
}

const char *explore_known(const struct xpl_op *op)
{
    const char *id = NULL;

    if (op->classes[XPL_ARCHITECTURE] != 1u << CHK_STALE_REFUSAL || op->n_tables)
        return NULL;
    for (uint32_t s = 0; s < op->n_slots; s++) {
        const struct xpl_slot *slot = &op->slots[s];

        for (uint32_t i = 0; i < slot->n_outcomes; i++) {
            if (slot->outcomes[i].verdict == CHK_HITLESS)
                continue;
            id = explore_finding(op, slot, &slot->outcomes[i]);
            if (!id)
                return NULL;
        }
    }
    return id;
}
