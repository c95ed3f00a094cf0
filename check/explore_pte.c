/* SPDX-License-Identifier: BSD-2-Clause
 * explore_pte.c - changes of page tables, as translations may still have them.
 * Knows: descriptors that were overwritten, invalidations, freed pages. Must not know: layouts. */
#include "check/explore_private.h"

void xpl_pte_store(struct xpl_core *core, uint64_t pa, uint64_t old, uint64_t word)
{
    (void)core;
    (void)pa;
    (void)old;
    (void)word;
}

void xpl_pte_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command)
{
    (void)core;
    (void)unit;
    (void)command;
}

void xpl_pte_free(struct xpl_core *core, uint64_t first, uint64_t last)
{
    (void)core;
    (void)first;
    (void)last;
}

void xpl_pte_end(struct xpl_core *core, const struct xpl_mark *mark)
{
    (void)core;
    (void)mark;
}
