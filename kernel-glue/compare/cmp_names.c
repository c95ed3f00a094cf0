/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_names.c - which name of one stream is which of the other: one to one, by first use.
 * Knows: names. Must not know: what they name. */
#define HASH_NONFATAL_OOM 1
#include "kernel-glue/compare/cmp_private.h"

#include "sim/diag.h"

#include <stdlib.h>

static struct cmp_pair *find(const struct cmp_names *names, int side, const struct cmp_name *name)
{
    struct cmp_pair *pair;

    HASH_FIND(hh, names->pairs[side][name->space], name, sizeof(*name), pair);
    return pair;
}

static bool is_same(const struct cmp_name *a, const struct cmp_name *b)
{
    return a->value == b->value && a->space == b->space && a->life == b->life;
}

const struct cmp_name *cmp_names_partner(const struct cmp_names *names, int side,
                                         const struct cmp_name *name)
{
    const struct cmp_pair *pair = find(names, side, name);

    return pair ? &pair->to : NULL;
}

bool cmp_names_are(const struct cmp_names *names, const struct cmp_name *a,
                   const struct cmp_name *b)
{
    const struct cmp_pair *pair = find(names, CMP_A, a);

    return pair && is_same(&pair->to, b);
}

bool cmp_names_fit(const struct cmp_names *names, const struct cmp_name *a,
                   const struct cmp_name *b)
{
    if (a->space != b->space)
        return false;
    if (find(names, CMP_A, a))
        return cmp_names_are(names, a, b);
    return !find(names, CMP_B, b);
}

static int add(struct cmp_names *names, int side, const struct cmp_name *from,
               const struct cmp_name *to)
{
    struct cmp_pair *pair = calloc(1, sizeof(*pair));

    if (!pair)
        return SIM_ENOMEM;
    pair->from = *from;
    pair->to = *to;
    HASH_ADD(hh, names->pairs[side][from->space], from, sizeof(pair->from), pair);
    if (pair->hh.tbl)
        return 0;
    free(pair);
    return SIM_ENOMEM;
}

int cmp_names_bind(struct cmp_names *names, const struct cmp_name *a, const struct cmp_name *b)
{
    int err;

    if (find(names, CMP_A, a) || find(names, CMP_B, b))
        return 0;
    err = add(names, CMP_A, a, b);
    return err ? err : add(names, CMP_B, b, a);
}

void cmp_names_forget(struct cmp_names *names, enum cmp_space space)
{
    for (int side = CMP_A; side < CMP_N_SIDES; side++) {
        struct cmp_pair *pair = names->pairs[side][space];

        HASH_CLEAR(hh, names->pairs[side][space]); /* the table; its elements still form a list */
        while (pair) {
            struct cmp_pair *next = pair->hh.next;

            free(pair);
            pair = next;
        }
    }
}

void cmp_names_free(struct cmp_names *names)
{
    for (int space = 0; space < CMP_N_SPACES; space++)
        cmp_names_forget(names, (enum cmp_space)space);
}

const char *cmp_space_word(enum cmp_space space)
{
    static const char *const words[CMP_N_SPACES] = {
        [CMP_S_NONE] = "value",     [CMP_S_IGNORE] = "value", [CMP_S_PAGE] = "table page",
        [CMP_S_DATA] = "data page", [CMP_S_ENTRY] = "entry",  [CMP_S_STREAM] = "StreamID",
        [CMP_S_ASID] = "ASID",      [CMP_S_DOMAIN] = "VMID",
    };

    return words[space];
}
