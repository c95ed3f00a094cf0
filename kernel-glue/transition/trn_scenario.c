/* SPDX-License-Identifier: BSD-2-Clause
 * trn_scenario.c - a cell as a scenario: what must be there before, and the transition itself.
 * Knows: verbs of scenarios. Must not know: objects, drivers.
 *
 * The old and the new domain map the same addresses to different memory, so that each answer tells
 * which of the two gave it. */
#include "kernel-glue/transition/trn.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define IOVA UINT64_C(0x10000000)
#define OLD_PA UINT64_C(0x80000000)
#define NEW_PA UINT64_C(0xa0000000)
#define BASE_PA UINT64_C(0xc0000000)
#define BASE_BYTES UINT64_C(0x4000)
#define DEFAULT_BYTES UINT64_C(0x40000)

struct text {
    const struct trn_cell *cell;
    const struct trn_scale *scale;
    FILE *out;
    size_t n_lines;
};

struct trn_scale trn_scale_default(void)
{
    return (struct trn_scale){.n_bytes = DEFAULT_BYTES, .page_log2 = 12};
}

void trn_mapped(const struct trn_cell *cell, const struct trn_scale *scale, uint64_t *first,
                uint64_t *last)
{
    (void)cell;
    *first = IOVA;
    *last = IOVA + (scale->n_bytes - 1);
}

static void __attribute__((format(printf, 2, 3))) line(struct text *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vfprintf(text->out, fmt, args);
    va_end(args);
    (void)fputc('\n', text->out);
    text->n_lines++;
}

/* ---- what there is ---- */

static void put_device(struct text *text)
{
    const struct trn_cell *cell = text->cell;

    line(text, "device d0 sid=0x20 rid=0x20 pasid_bits=%u%s", TRN_PASID_BITS,
         cell->has_ats ? " ats" : "");
}

static void put_space(struct text *text, const char *name, uint64_t pa, uint64_t n_bytes)
{
    line(text, "ioas %s", name);
    line(text, "map %s 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64 "K rw", name, IOVA, pa, n_bytes >> 10);
}

/* A state that a device can have, as an object with the name @name. */
static void put_state(struct text *text, const char *name, enum trn_state state, uint64_t pa)
{
    char space[32];

    (void)snprintf(space, sizeof(space), "%s-space", name);
    if (state == TRN_IDENTITY) {
        line(text, "ioas %s", space);
        line(text, "hwpt %s %s identity", name, space);
    } else if (state == TRN_S1 || state == TRN_S2) {
        put_space(text, space, pa, text->scale->n_bytes);
        line(text, "hwpt %s %s stage=%d", name, space, state == TRN_S1 ? 1 : 2);
    }
}

/* ---- what happens ---- */

static void put_act(struct text *text, const char *act, const char *table)
{
    const uint32_t pasid = text->cell->pasid;

    if (pasid == TRN_NO_PASID)
        line(text, "%s d0%s%s", act, table ? " " : "", table ? table : "");
    else
        line(text, "%s d0%s%s pasid=%" PRIu32, act, table ? " " : "", table ? table : "", pasid);
}

/* Where nothing maps anything, devices have to know addresses from before. */
static void put_begin(struct text *text)
{
    const struct trn_cell *cell = text->cell;

    if (cell->pasid != TRN_NO_PASID) {
        put_space(text, "base", BASE_PA, BASE_BYTES);
        line(text, "attach d0 base");
    }
    if (cell->from == TRN_BLOCKED)
        return;
    if (cell->from == TRN_IDENTITY) {
        put_space(text, "past", BASE_PA, text->scale->n_bytes);
        put_act(text, "attach", "past");
        put_act(text, "detach", NULL);
    }
    put_act(text, "attach", "old");
}

/* Of these there is one only; of tables of the host there are as many as one likes. */
static bool is_one(enum trn_state state)
{
    return state != TRN_S1 && state != TRN_S2;
}

static const char *new_name(const struct trn_cell *cell)
{
    return cell->from == cell->to && is_one(cell->to) ? "old" : "new";
}

static void put_transition(struct text *text)
{
    const struct trn_cell *cell = text->cell;

    if (cell->by == TRN_REPLACE) {
        put_act(text, "replace", new_name(cell));
        return;
    }
    if (cell->from != TRN_BLOCKED)
        put_act(text, "detach", NULL);
    if (cell->to != TRN_BLOCKED)
        put_act(text, "attach", new_name(cell));
}

static void put_all(struct text *text, size_t *n_setup)
{
    const struct trn_cell *cell = text->cell;

    (void)fprintf(text->out, "iommusim-text/1 scenario\n# %s to %s, by %s\n",
                  trn_state_name(cell->from), trn_state_name(cell->to), trn_by_name(cell->by));
    put_device(text);
    put_state(text, "old", cell->from, OLD_PA);
    if (strcmp(new_name(cell), "new") == 0)
        put_state(text, "new", cell->to, NEW_PA);
    put_begin(text);
    line(text, "moment transition");
    *n_setup = text->n_lines;
    put_transition(text);
}

char *trn_scenario(const struct trn_cell *cell, const struct trn_scale *scale, size_t *n_setup)
{
    char *made = NULL;
    size_t n_bytes = 0;
    struct text text = {.cell = cell, .scale = scale, .out = open_memstream(&made, &n_bytes)};

    if (!text.out)
        return NULL;
    put_all(&text, n_setup);
    if (fclose(text.out) != 0) {
        free(made);
        return NULL;
    }
    return made;
}
