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

#define PLACE_BYTES (UINT64_C(256) << 20)
#define LOW_PLACE_BYTES (UINT64_C(4) << 30)
#define BASE_BYTES UINT64_C(0x4000)
#define DEFAULT_BYTES UINT64_C(0x40000)
#define PAGE_BYTES UINT64_C(4096)
#define BLOCK_BYTES (UINT64_C(2) << 20)
#define TABLES "0x40000000"   /* where a run has its tables (RUN_TABLES_PA) */
#define TABLES_BYTES "16384K" /* more than a cell ever needs */
#define SWAPPED_BITS 4u       /* PASIDs of table:A and table:B, as a power of two */
#define GROWN_BITS 6u
#define SHRUNK_BITS 2u

/* Memory is divided into places as large as what a domain maps. */
enum place {
    PLACE_IOVA = 1,
    PLACE_GUEST = 2, /* guest's addresses of nested:A, and of nested:B */
    PLACE_GUEST_2 = 3,
    PLACE_OLD = 8,
    PLACE_NEW,
    PLACE_BASE,
    PLACE_A, /* nested:A, table:A */
    PLACE_B,
    PLACE_A2,
};

struct text {
    const struct trn_cell *cell;
    const struct trn_scale *scale;
    FILE *out;
    size_t n_lines;
};

struct trn_scale trn_scale_default(void)
{
    return (struct trn_scale){.n_bytes = DEFAULT_BYTES};
}

/* Below 4 GiB lie the windows of interrupts: nothing large has room there. */
static uint64_t place(const struct trn_scale *scale, enum place which)
{
    uint64_t n_bytes = PLACE_BYTES;

    if (scale->n_bytes > n_bytes)
        n_bytes = LOW_PLACE_BYTES;
    while (n_bytes < scale->n_bytes)
        n_bytes *= 2;
    return n_bytes * which;
}

/* Memory that is off by a page goes into no larger leaf. */
static uint64_t memory(const struct trn_scale *scale, enum place which)
{
    const bool is_off = scale->n_bytes >= BLOCK_BYTES && !scale->has_large_leaves;

    return place(scale, which) + (is_off ? PAGE_BYTES : 0);
}

void trn_mapped(const struct trn_scale *scale, uint64_t *first, uint64_t *last)
{
    *first = place(scale, PLACE_IOVA);
    *last = *first + (scale->n_bytes - 1);
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
    const bool is_sva = cell->from == TRN_SVA || cell->to == TRN_SVA;

    line(text, "device d0 sid=0x20 rid=0x20 pasid_bits=%u%s%s", TRN_PASID_BITS,
         cell->has_ats ? " ats" : "",
         !is_sva         ? ""
         : cell->has_ats ? " pri"
                         : " stall");
}

static void put_map(struct text *text, const char *name, uint64_t iova, uint64_t pa,
                    uint64_t n_bytes)
{
    line(text, "map %s 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64 "K rw", name, iova, pa, n_bytes >> 10);
}

static void put_space(struct text *text, const char *name, enum place which, uint64_t n_bytes)
{
    line(text, "ioas %s", name);
    put_map(text, name, place(text->scale, PLACE_IOVA), memory(text->scale, which), n_bytes);
}

static void put_process(struct text *text, const char *name, enum place which)
{
    const uint64_t va = place(text->scale, PLACE_IOVA);

    line(text, "process %s told", name);
    put_map(text, name, va, memory(text->scale, which), text->scale->n_bytes);
    line(text, "touch %s 0x%" PRIx64 " %" PRIu64 "K", name, va, text->scale->n_bytes >> 10);
}

/* ---- guests ---- */

/* struct guest_of - a nested state: which parent, which table of the guest, of how many PASIDs. */
struct guest_of {
    const char *parent, *process;
    unsigned pasid_bits;
};

static struct guest_of guest_of(enum trn_state state)
{
    switch (state) {
    case TRN_NESTED_B:
        return (struct guest_of){"parent-b", "guest", 0};
    case TRN_NESTED_A2:
        return (struct guest_of){"parent-a", "guest-2", 0};
    case TRN_TABLE_A:
        return (struct guest_of){"parent-a", "guest", SWAPPED_BITS};
    case TRN_TABLE_B:
        return (struct guest_of){"parent-a", "guest-2", SWAPPED_BITS};
    case TRN_TABLE_GROWN:
        return (struct guest_of){"parent-a", "guest-2", GROWN_BITS};
    case TRN_TABLE_SHRUNK:
        return (struct guest_of){"parent-a", "guest-2", SHRUNK_BITS};
    case TRN_NESTED_A:
    case TRN_BLOCKED:
    case TRN_IDENTITY:
    case TRN_S1:
    case TRN_S2:
    case TRN_SVA:
    case TRN_N_STATES:
    default:
        return (struct guest_of){"parent-a", "guest", 0};
    }
}

static bool is_guest(enum trn_state state)
{
    return trn_is_nested(state) || trn_is_table(state);
}

/* Of these there is one only; of tables of the host there are as many as one likes. */
static bool is_one(enum trn_state state)
{
    return state != TRN_S1 && state != TRN_S2;
}

/* A device that comes from a second stage to a guest's table, or goes back to it, has the guest's
 * memory before and after: the parent of nested:A. */
static bool is_parent(enum trn_state state, enum trn_state other)
{
    return state == TRN_S2 && is_guest(other);
}

static const char *old_name(const struct trn_cell *cell)
{
    return is_parent(cell->from, cell->to) ? "parent-a" : "old";
}

static const char *new_name(const struct trn_cell *cell)
{
    if (is_parent(cell->to, cell->from))
        return "parent-a";
    return cell->from == cell->to && is_one(cell->to) ? "old" : "new";
}

/* The guest's memory, and its tables, which lie where the host has them. */
static void put_parent(struct text *text, const char *name, enum place first, enum place second)
{
    char space[32];

    (void)snprintf(space, sizeof(space), "%s-space", name);
    line(text, "ioas %s", space);
    line(text, "map %s " TABLES " " TABLES " " TABLES_BYTES " rw", space);
    put_map(text, space, place(text->scale, PLACE_GUEST), memory(text->scale, first),
            text->scale->n_bytes);
    put_map(text, space, place(text->scale, PLACE_GUEST_2), memory(text->scale, second),
            text->scale->n_bytes);
    line(text, "hwpt %s %s nest-parent", name, space);
}

static bool needs_process(const struct trn_cell *cell, const char *name)
{
    return (is_guest(cell->from) && strcmp(guest_of(cell->from).process, name) == 0) ||
           (is_guest(cell->to) && strcmp(guest_of(cell->to).process, name) == 0);
}

/* A guest's addresses are those of its memory, not of the host's. */
static void put_guest_process(struct text *text, const char *name, enum place which)
{
    const uint64_t va = place(text->scale, PLACE_IOVA);

    if (!needs_process(text->cell, name))
        return;
    line(text, "process %s told", name);
    put_map(text, name, va, place(text->scale, which), text->scale->n_bytes);
    line(text, "touch %s 0x%" PRIx64 " %" PRIu64 "K", name, va, text->scale->n_bytes >> 10);
}

static void put_guests(struct text *text)
{
    const struct trn_cell *cell = text->cell;

    if (!is_guest(cell->from) && !is_guest(cell->to))
        return;
    put_guest_process(text, "guest", PLACE_GUEST);
    put_guest_process(text, "guest-2", PLACE_GUEST_2);
    put_parent(text, "parent-a", PLACE_A, PLACE_A2);
    if (is_parent(cell->from, cell->to) || is_parent(cell->to, cell->from))
        put_map(text, "parent-a-space", place(text->scale, PLACE_IOVA),
                memory(text->scale, PLACE_OLD), text->scale->n_bytes);
    if (cell->from == TRN_NESTED_B || cell->to == TRN_NESTED_B)
        put_parent(text, "parent-b", PLACE_B, PLACE_BASE);
}

/* ---- states ---- */

static void put_nested(struct text *text, const char *name, enum trn_state state)
{
    const struct guest_of guest = guest_of(state);

    if (guest.pasid_bits)
        line(text, "nested %s %s process=%s pasid_bits=%u", name, guest.parent, guest.process,
             guest.pasid_bits);
    else
        line(text, "nested %s %s process=%s", name, guest.parent, guest.process);
}

/* A state that a device can have, as an object with the name @name. */
static void put_state(struct text *text, const char *name, enum trn_state state, enum place which)
{
    char space[32];

    (void)snprintf(space, sizeof(space), "%s-space", name);
    if (is_guest(state)) {
        put_nested(text, name, state);
    } else if (state == TRN_IDENTITY) {
        line(text, "ioas %s", space);
        line(text, "hwpt %s %s identity", name, space);
    } else if (state == TRN_S1 || state == TRN_S2) {
        put_space(text, space, which, text->scale->n_bytes);
        line(text, "hwpt %s %s stage=%d", name, space, state == TRN_S1 ? 1 : 2);
    } else if (state == TRN_SVA) {
        put_process(text, name, which);
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

/* Processes get their PASIDs one after the other. */
static void use_up_pasids(struct text *text)
{
    for (uint32_t i = 1; i < text->cell->pasid; i++) {
        line(text, "process other-%" PRIu32, i);
        line(text, "attach d0 other-%" PRIu32 " pasid=%" PRIu32, i, i);
        line(text, "detach d0 pasid=%" PRIu32, i);
    }
}

/* Where nothing maps anything, devices have to know addresses from before. */
static void put_begin(struct text *text)
{
    const struct trn_cell *cell = text->cell;

    if (cell->pasid != TRN_NO_PASID) {
        put_space(text, "base", PLACE_BASE, BASE_BYTES);
        line(text, "attach d0 base");
    }
    if (cell->from == TRN_SVA || cell->to == TRN_SVA)
        use_up_pasids(text);
    if (cell->from == TRN_IDENTITY || (cell->from == TRN_BLOCKED && cell->to == TRN_IDENTITY)) {
        put_space(text, "past", PLACE_BASE, text->scale->n_bytes);
        put_act(text, "attach", "past");
        put_act(text, "detach", NULL);
    }
    if (cell->from == TRN_BLOCKED)
        return;
    put_act(text, "attach", old_name(cell));
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
    put_guests(text);
    if (strcmp(old_name(cell), "old") == 0)
        put_state(text, "old", cell->from, PLACE_OLD);
    if (strcmp(new_name(cell), "new") == 0)
        put_state(text, "new", cell->to, PLACE_NEW);
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
