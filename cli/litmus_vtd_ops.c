/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd_ops.c - domains, flushed lines and fault records in litmus tests of VT-d.
 * Knows: what a domain is, fault records. Must not know: runs, tables. */
#include "cli/litmus_vtd.h"
#include "sim/diag.h"

#include <string.h>

enum { LVT_LINE_BYTES = 64 };

int lvt_domain(const struct litmus *litmus, const struct sim_text *text,
               const struct sim_token *word, struct litmus_op *op)
{
    const struct lvt_object *object = lvt_find(litmus, word);

    if (!object || object->kind != LVT_PGTABLE)
        return sim_text_fail(text, word, "no domain (a page table, bypass, blocked)");
    op->domain = object->domain;
    op->type = LITMUS_DOMAIN_PAGING;
    return 0;
}

static int flush_line(struct litmus *litmus, uint64_t pa)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_BARRIER);

    if (!rec)
        return SIM_ENOMEM;
    rec->barrier.what = SIM_BARRIER_FLUSH;
    rec->barrier.pa = pa / LVT_LINE_BYTES * LVT_LINE_BYTES;
    return 0;
}

/* Queues and status words are always snooped. One line that is stored to twice is flushed once. */
int lvt_flush(struct litmus *litmus)
{
    struct lvt *lvt = lvt_of(litmus);
    const size_t n = litmus->n_acts;
    uint64_t last = 0;
    int err = 0;

    for (size_t i = lvt->n_flushed; i < n && !err; i++) {
        const struct sim_record rec = litmus->acts[i].rec;

        if (litmus->acts[i].kind != LITMUS_ACT_RECORD || rec.kind != SIM_R_STORE ||
            rec.store.structure == SIM_S_QI || rec.store.pa / LVT_LINE_BYTES == last)
            continue;
        last = rec.store.pa / LVT_LINE_BYTES;
        err = flush_line(litmus, rec.store.pa);
    }
    lvt->n_flushed = litmus->n_acts;
    return err;
}

int lvt_verb_flush(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    (void)text;
    (void)stmt;
    return lvt_flush(litmus);
}

/* next-event F_59h SID=8: the oldest fault record. */
int lvt_verb_next_event(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt)
{
    struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_EVENT);
    char name[LITMUS_NAME_BYTES];
    uint64_t words[HW_MAX_WORDS] = {0};
    uint64_t mask[HW_MAX_WORDS] = {0};
    uint32_t code;
    int err;

    if (!act)
        return SIM_ENOMEM;
    litmus_word(litmus_pos(stmt, 0), name, sizeof(name));
    act->event.is_none = strcmp(name, "none") == 0;
    if (act->event.is_none)
        return 0;
    if (!litmus->arch->event_code(name, &code))
        return sim_text_fail(text, litmus_pos(stmt, 0), "no fault of VT-d");
    err = litmus_fields(litmus, text, stmt, &vtd_layout_FRCD, "", words);
    vtd_FRCD_put_FR(words, code);
    vtd_FRCD_put_FR(mask, UINT64_MAX);
    for (uint32_t i = 1; i < stmt->n_args && !err; i++) {
        const struct hw_field *field;

        litmus_word(stmt->args[i].key, name, sizeof(name));
        field = hw_field_find(&vtd_layout_FRCD, name);
        hw_put(mask, field->msb, field->lsb, UINT64_MAX);
    }
    memcpy(act->event.value, words, sizeof(act->event.value));
    memcpy(act->event.mask, mask, sizeof(act->event.mask));
    hw_brief(&vtd_layout_FRCD, words, UINT32_MAX, act->event.text, sizeof(act->event.text));
    return err;
}
