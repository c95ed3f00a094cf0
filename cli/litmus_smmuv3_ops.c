/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3_ops.c - domains and events in litmus tests.
 * Knows: what a domain is, event records. Must not know: runs, tables. */
#include "cli/litmus_smmuv3.h"
#include "sim/diag.h"

#include <string.h>

int lsm_domain(const struct litmus *litmus, const struct sim_text *text,
               const struct sim_token *word, struct litmus_op *op)
{
    const struct lsm_object *object = lsm_find(litmus, word);

    if (!object || object->kind == LSM_IMAGE)
        return sim_text_fail(text, word, "no domain (a page table, bypass, blocked)");
    op->domain = object->kind == LSM_PGTABLE ? object->domain : object->pa;
    op->type = object->kind == LSM_PGTABLE ? LITMUS_DOMAIN_PAGING : LITMUS_DOMAIN_NESTED;
    return 0;
}

/* ---- events ---------------------------------------------------------------------------------- */

int lsm_verb_next_event(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt)
{
    struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_EVENT);
    const struct hw_layout *layout;
    char name[LITMUS_NAME_BYTES];
    uint64_t words[HW_MAX_WORDS] = {0};
    uint32_t code;
    int err;

    if (!act)
        return SIM_ENOMEM;
    litmus_word(litmus_pos(stmt, 0), name, sizeof(name));
    act->event.is_none = strcmp(name, "none") == 0;
    if (act->event.is_none)
        return 0;
    if (!litmus_smmuv3.event_code(name, &code))
        return sim_text_fail(text, litmus_pos(stmt, 0), "no event of SMMUv3");
    layout = smmu_evt_layout(code);
    smmu_UNKNOWN_EVT_put_number(words, code);
    act->event.mask[0] = hw_mask(SMMU_MSB_UNKNOWN_EVT_number, SMMU_LSB_UNKNOWN_EVT_number);
    err = litmus_fields(litmus, text, stmt, layout, "", words);
    for (uint32_t i = 1; i < stmt->n_args && !err; i++) {
        const struct hw_field *field;

        litmus_word(stmt->args[i].key, name, sizeof(name));
        field = hw_field_find(layout, name);
        act->event.mask[field->lsb / 64] |= hw_mask(field->msb % 64, field->lsb % 64);
    }
    memcpy(act->event.value, words, sizeof(act->event.value));
    hw_brief(layout, words, UINT32_MAX, act->event.text, sizeof(act->event.text));
    return err;
}
