/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd_ops.c - domains and fault records in litmus tests of VT-d.
 * Knows: what a domain is, fault records. Must not know: runs, tables. */
#include "cli/litmus_vtd.h"
#include "sim/diag.h"

#include <string.h>

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
