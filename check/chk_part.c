/* SPDX-License-Identifier: BSD-2-Clause
 * chk_part.c - the stages of an operation: build, switch, release.
 * Knows: inner marks. Must not know: verdicts.
 *
 * A stage begins with the first inner mark of its kind and lasts, whatever is between the marks, to
 * the first mark of another kind; a switch ends with its own mark. What an operation does before
 * its first map belongs to the building. */
#include "check/chk_private.h"

#include <string.h>

void chk_part_end(struct chk *chk, struct chk_live *live)
{
    if (!live || !live->part_is_open)
        return;
    live->part_is_open = false;
    live->parts[live->n_parts - 1].end_ps = chk->now_ps;
    live->parts[live->n_parts - 1].end_seq = chk->seq;
}

static void take_lead(struct chk *chk, struct chk_live *live, struct chk_part *part)
{
    const struct chk_op *op = &chk->ops[live->op];

    part->begin_ps = op->begin_ps;
    part->begin_seq = op->begin_seq;
    part->stores = live->lead_stores;
    part->commands = live->lead_commands;
    part->syncs = live->lead_syncs;
}

void chk_part_begin(struct chk *chk, struct chk_live *live, uint8_t op)
{
    const bool is_first = live && live->has_lead;
    struct chk_part *part;

    if (!live)
        return;
    live->has_lead = false;
    part = live->n_parts ? &live->parts[live->n_parts - 1] : NULL;
    if (part && (part->op == op || live->n_parts == CHK_MAX_PARTS)) {
        live->part_is_open = true; /* one after the other are one; the last one takes all */
        return;
    }
    chk_part_end(chk, live);
    part = &live->parts[live->n_parts++];
    memset(part, 0, sizeof(*part));
    part->op = op;
    part->begin_ps = chk->now_ps;
    part->begin_seq = chk->seq;
    if (is_first && op == SIM_OP_MAP)
        take_lead(chk, live, part);
    live->part_is_open = true;
}
