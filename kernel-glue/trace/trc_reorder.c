/* SPDX-License-Identifier: BSD-2-Clause
 * trc_reorder.c - a ring of slots; what is final at its head leaves. */
#include "kernel-glue/trace/trc_reorder.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum slot_state {
    SLOT_FINAL,
    SLOT_HELD,
    SLOT_EMPTY,
};

struct slot {
    uint8_t state;
    struct sim_record rec;
    char strings[2 * SIM_STR_MAX_BYTES];
};

struct trc_reorder {
    const struct sim_record_sink *sink;
    uint64_t head, tail; /* tickets; slot = ticket % TRC_REORDER_SLOTS */
    struct slot *slots;
};

struct trc_reorder *trc_reorder_new(const struct sim_record_sink *sink)
{
    struct trc_reorder *reorder = calloc(1, sizeof(*reorder));

    if (!reorder)
        return NULL;
    reorder->sink = sink;
    reorder->slots = calloc(TRC_REORDER_SLOTS, sizeof(reorder->slots[0]));
    if (!reorder->slots) {
        free(reorder);
        return NULL;
    }
    return reorder;
}

void trc_reorder_free(struct trc_reorder *reorder)
{
    if (!reorder)
        return;
    free(reorder->slots);
    free(reorder);
}

static struct slot *slot_of(const struct trc_reorder *reorder, uint64_t ticket)
{
    return &reorder->slots[ticket % TRC_REORDER_SLOTS];
}

static int drain(struct trc_reorder *reorder)
{
    int err = 0;

    while (!err && reorder->head < reorder->tail) {
        const struct slot *slot = slot_of(reorder, reorder->head);

        if (slot->state == SLOT_HELD)
            break;
        if (slot->state == SLOT_FINAL)
            err = reorder->sink->put(reorder->sink->ctx, &slot->rec);
        reorder->head++;
    }
    return err;
}

static void keep(struct slot *slot, const struct sim_record *rec)
{
    const struct sim_record_info *info = &sim_record_infos[rec->kind];
    size_t n = 0;

    slot->state = SLOT_FINAL;
    slot->rec = *rec;
    for (unsigned i = 0; i < info->n_fields; i++) {
        struct sim_str *str;

        if (info->fields[i].show != SIM_SHOW_STR)
            continue;
        str = sim_field_str(&slot->rec, &info->fields[i]);
        SIM_BUG_ON(str->n_bytes > sizeof(slot->strings) - n);
        if (str->n_bytes)
            memcpy(slot->strings + n, str->bytes, str->n_bytes);
        str->bytes = slot->strings + n;
        n += str->n_bytes;
    }
}

int trc_reorder_put(struct trc_reorder *reorder, const struct sim_record *rec)
{
    if (reorder->head == reorder->tail)
        return reorder->sink->put(reorder->sink->ctx, rec);
    SIM_BUG_ON(reorder->tail - reorder->head == TRC_REORDER_SLOTS);
    keep(slot_of(reorder, reorder->tail++), rec);
    return 0;
}

void trc_reorder_hold(struct trc_reorder *reorder, uint64_t *ticket)
{
    SIM_BUG_ON(reorder->tail - reorder->head == TRC_REORDER_SLOTS);
    *ticket = reorder->tail++;
    slot_of(reorder, *ticket)->state = SLOT_HELD;
}

int trc_reorder_fill(struct trc_reorder *reorder, uint64_t ticket, const struct sim_record *rec)
{
    struct slot *slot = slot_of(reorder, ticket);

    SIM_BUG_ON(ticket < reorder->head || ticket >= reorder->tail || slot->state != SLOT_HELD);
    if (rec)
        keep(slot, rec);
    else
        slot->state = SLOT_EMPTY;
    return ticket == reorder->head ? drain(reorder) : 0;
}

bool trc_reorder_oldest(const struct trc_reorder *reorder, uint64_t *ticket)
{
    *ticket = reorder->head;
    return reorder->tail - reorder->head >= TRC_REORDER_SLOTS - 1;
}
