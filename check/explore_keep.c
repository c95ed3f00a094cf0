/* SPDX-License-Identifier: BSD-2-Clause
 * explore_keep.c - entries of which hardware keeps nothing, and which end a fetch.
 * Knows: how an entry begins. Must not know: what the words mean, invalidations. */
#include "check/explore_private.h"

#include <string.h>

void xpl_first_words(const struct xpl_item *item, const struct xpl_value *value, uint64_t *words)
{
    memset(words, 0, CHK_MAX_WORDS * sizeof(words[0]));
    memcpy(words, value->word, item->words_per_atom * sizeof(words[0]));
}

bool xpl_keeps(const struct xpl_core *core, const struct xpl_item *item,
               const struct xpl_value *value)
{
    const struct xpl_unit *unit = &core->units[item->unit];
    uint64_t words[CHK_MAX_WORDS];

    xpl_first_words(item, value, words);
    return !unit->arch->keeps || unit->arch->keeps(&unit->regs, &item->key, words);
}

/* A fetch that meets an entry that is not there is over. */
bool xpl_is_present(const struct xpl_core *core, const struct xpl_item *item,
                    const struct xpl_value *value)
{
    const struct xpl_unit *unit = &core->units[item->unit];
    uint64_t words[CHK_MAX_WORDS];

    xpl_first_words(item, value, words);
    return !unit->arch->is_present || unit->arch->is_present(&unit->regs, &item->key, words);
}

static void forget_overwritten(struct xpl_atom *atom)
{
    uint32_t kept = 0;

    for (uint32_t v = 0; v < atom->n; v++) {
        if (atom->value[v].gone == XPL_NEVER)
            atom->value[kept++] = atom->value[v];
    }
    atom->n = kept;
}

/* An entry that begins with what no cache keeps is gone when it is overwritten. If none is there
 * that a fetch goes on with, whoever reads the item reads all of it anew. */
void xpl_hold_forget(const struct xpl_core *core, struct xpl_item *item)
{
    struct xpl_atom *first = &item->atom[0];
    bool is_any_there = false;
    uint32_t kept = 0;

    if (!core->units[item->unit].arch->keeps)
        return;
    for (uint32_t v = 0; v < first->n; v++) {
        const struct xpl_value *value = &first->value[v];

        if (value->gone < XPL_IN_BUFFER && !xpl_keeps(core, item, value))
            continue;
        is_any_there = is_any_there || xpl_is_present(core, item, value);
        first->value[kept++] = *value;
    }
    first->n = kept;
    for (unsigned a = 1; a < CHK_MAX_WORDS && !is_any_there; a++)
        forget_overwritten(&item->atom[a]);
}
