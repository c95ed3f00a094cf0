/* SPDX-License-Identifier: BSD-2-Clause
 * explore_line.c - values of configuration structures that are late to leave a cache or a buffer.
 * Knows: items, stores that are late (explore_late.c). Must not know: what the words mean.
 *
 * An entry never crosses a line, so what hardware reads of it is of one moment, but for the pieces
 * that it reads at different ones. */
#include "check/explore_private.h"

#define WORD_BYTES 8u
#define LINE_BYTES 64u

/* A store that came at record @seq, or left a cache then, is after @value: it may not be in memory.
 * @is_in_cache: its line has not been flushed. */
void xpl_line_value(const struct xpl_core *core, uint32_t unit, struct xpl_value *value,
                    uint64_t seq, bool is_in_cache)
{
    xpl_value_settle(value, seq);
    value->late = seq;
    if (is_in_cache && xpl_late_is_unsnooped(core, unit))
        value->gone = XPL_IN_LINE;
    else if (xpl_late_is_buffered(core, unit) && seq >= core->units[unit].flush_seq)
        value->gone = XPL_IN_BUFFER;
}

unsigned xpl_line_find(struct xpl_core *core, const struct xpl_item *item,
                       const struct xpl_late **list)
{
    return xpl_late_find(core, item->unit, xpl_late_is_unsnooped(core, item->unit), item->address,
                         list);
}

/* A store to the item's line that hardware may miss: what it finds then is late. */
void xpl_line_fetch(struct xpl_core *core, struct xpl_item *item, const struct xpl_late *late)
{
    const unsigned per_atom = item->words_per_atom;

    for (unsigned a = 0; a < item->n_words / per_atom; a++) {
        const uint64_t pa = item->address + (uint64_t)a * per_atom * WORD_BYTES;
        struct xpl_value next = {.gone = XPL_NEVER};
        bool is_changed = false;

        for (uint32_t v = 0; v < item->atom[a].n; v++) {
            if (item->atom[a].value[v].gone == XPL_NEVER)
                next = item->atom[a].value[v];
        }
        for (unsigned w = 0; w < late->n_words; w++) {
            const uint64_t offset = late->pa + (uint64_t)w * WORD_BYTES - pa;

            if (offset / WORD_BYTES >= per_atom)
                continue;
            is_changed = is_changed || next.word[offset / WORD_BYTES] != late->word[w];
            next.word[offset / WORD_BYTES] = late->word[w];
        }
        for (uint32_t v = 0; v < item->atom[a].n && is_changed; v++) {
            if (item->atom[a].value[v].gone == XPL_NEVER)
                xpl_line_value(core, item->unit, &item->atom[a].value[v],
                               late->left ? late->left : late->seq, !late->left);
        }
        xpl_hold_value(core, &item->atom[a], &next);
    }
    xpl_hold_forget(core, item);
}

/* What the words at @pa were before the stores of @list. */
uint64_t xpl_line_undone(const struct xpl_core *core, uint64_t pa,
                         const struct xpl_late *const *list, unsigned n)
{
    uint64_t word = sim_mem_read64(core->mem, pa);

    for (unsigned i = n; i-- > 0;) {
        const uint64_t offset = pa - list[i]->pa;

        if (offset / WORD_BYTES < list[i]->n_words)
            word = list[i]->old[offset / WORD_BYTES];
    }
    return word;
}

/* Return: has any value become one that memory does not show any more? */
static bool flush_item(const struct xpl_core *core, struct xpl_item *item, uint64_t gone,
                       uint64_t before)
{
    bool is_any = false;

    for (unsigned a = 0; a < item->n_words; a++) {
        for (uint32_t v = 0; v < item->atom[a].n; v++) {
            struct xpl_value *value = &item->atom[a].value[v];

            if (value->gone != gone || value->late >= before)
                continue;
            if (gone == XPL_IN_LINE)
                xpl_line_value(core, item->unit, value, core->seq, false);
            else
                xpl_value_settle(value, before);
            is_any = true;
        }
    }
    if (is_any)
        xpl_hold_forget(core, item);
    return is_any;
}

void xpl_hold_flush_line(struct xpl_core *core, uint64_t pa)
{
    for (uint32_t i = xpl_item_in_line(core, pa); i != XPL_NONE; i = core->items[i].by_place) {
        struct xpl_item *item = &core->items[i];

        if (item->address / LINE_BYTES == pa / LINE_BYTES &&
            flush_item(core, item, XPL_IN_LINE, XPL_NEVER))
            xpl_stream_dirty(core, item->unit, item->key.requester,
                             xpl_is_shared(item->key.structure));
    }
}

void xpl_hold_flush_buffer(struct xpl_core *core, uint32_t unit, uint64_t before)
{
    for (uint32_t i = 0; i < core->n_items; i++) {
        struct xpl_item *item = &core->items[i];

        if (item->is_live && item->unit == unit && flush_item(core, item, XPL_IN_BUFFER, before))
            xpl_stream_dirty(core, unit, item->key.requester, xpl_is_shared(item->key.structure));
    }
}
