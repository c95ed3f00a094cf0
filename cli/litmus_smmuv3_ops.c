/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3_ops.c - operations, ATS and events in litmus tests.
 * Knows: marks of operations, event records. Must not know: runs, tables. */
#include "cli/litmus_smmuv3.h"
#include "sim/diag.h"

#include <string.h>

/* ---- operations ------------------------------------------------------------------------------ */

int lsm_mark(struct litmus *litmus, bool is_begin, const struct sim_rec_mark *what)
{
    struct sim_record *rec = litmus_record(litmus, is_begin ? SIM_R_BEGIN : SIM_R_END);

    if (!rec)
        return SIM_ENOMEM;
    if (is_begin)
        rec->mark = *what;
    else
        rec->mark_end = (struct sim_rec_mark_end){what->dev, what->pasid, what->domain, what->a,
                                                  what->b,   what->ret,   what->op};
    return 0;
}

/* to=A: a page table; to=bypass, to=blocked; to=C: the domain of a guest's table. */
static int op_domain(const struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt, uint64_t *domain, uint64_t *type)
{
    const struct sim_arg *to = litmus_key(stmt, "to");
    const struct lsm_object *object = to ? lsm_find(litmus, to->value) : NULL;

    *domain = 0;
    *type = 0;
    if (!to || sim_token_is(to->value, "blocked"))
        return 0;
    if (sim_token_is(to->value, "bypass")) {
        *domain = 1;
        *type = 4;
        return 0;
    }
    if (!object || object->kind == LSM_IMAGE)
        return sim_text_fail(text, to->value, "no domain (a page table, bypass, blocked)");
    *domain = object->kind == LSM_PGTABLE ? object->domain : object->pa;
    *type = object->kind == LSM_PGTABLE ? 1 : 6;
    return 0;
}

static int begin_marks(struct litmus *litmus, const struct lsm *lsm)
{
    const struct sim_rec_mark outer = {
        .dev = lsm->op.dev,
        .pasid = lsm->op.pasid,
        .domain = lsm->op.has_range || lsm->op.is_pasid ? lsm->op.domain : 0,
        .a = lsm->op.has_range ? lsm->op.iova : lsm->op.domain,
        .b = lsm->op.size,
        .op = (uint8_t)lsm->op.what};
    const struct sim_rec_mark inner = {.dev = lsm->op.dev,
                                       .pasid = UINT32_MAX,
                                       .domain = lsm->op.domain,
                                       .a = lsm->op.type,
                                       .op = SIM_OP_DRV_ATTACH};
    const int err = lsm_mark(litmus, true, &outer);

    return err || lsm->op.has_range || lsm->op.is_pasid ? err : lsm_mark(litmus, true, &inner);
}

int lsm_verb_op(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    const struct sim_arg *table = litmus_key(stmt, "table");
    const struct sim_arg *ssid = litmus_key(stmt, "ssid");
    const struct sim_arg *prot = litmus_key(stmt, "prot");
    const struct lsm_object *object;
    uint64_t value;
    int err;

    if (lsm->op.is_open || !litmus->is_body)
        return sim_text_fail(text, stmt->verb, "an operation is open, or init is not done");
    memset(&lsm->op, 0, sizeof(lsm->op));
    if (!sim_enum_value(SIM_SHOW_OP, litmus_pos(stmt, 0)->bytes, litmus_pos(stmt, 0)->n_bytes,
                        &value))
        return sim_text_fail(text, litmus_pos(stmt, 0), "no operation");
    lsm->op.is_open = true;
    lsm->op.what = (enum sim_record_enum)value;
    lsm->op.has_range = table != NULL;
    lsm->op.dev = table ? SIM_NO_DEV : lsm_dev(lsm, litmus_number(stmt, "sid", UINT64_MAX));
    lsm->op.is_pasid = ssid && ssid->value->kind == SIM_TOKEN_NUMBER;
    lsm->op.pasid = lsm->op.is_pasid ? (uint32_t)ssid->value->number : UINT32_MAX;
    if (!table && lsm->op.dev == SIM_NO_DEV)
        return sim_text_fail(text, stmt->verb, "the operation needs sid= of an ste, or table=");
    if (!table) {
        err = op_domain(litmus, text, stmt, &lsm->op.domain, &lsm->op.type);
        return err ? err : begin_marks(litmus, lsm);
    }
    object = lsm_kind_of(litmus, text, table->value, LSM_PGTABLE);
    if (!object)
        return SIM_EFORMAT;
    lsm->op.domain = object->domain;
    lsm->op.iova = litmus_number(stmt, "iova", 0);
    lsm->op.size = litmus_number(stmt, "size", LSM_PAGE);
    lsm->op.pa = litmus_number(stmt, "pa", 0);
    lsm->op.prot = SIM_PROT_RW;
    if (prot && sim_enum_value(SIM_SHOW_PROT, prot->value->bytes, prot->value->n_bytes, &value))
        lsm->op.prot = (uint8_t)value;
    return begin_marks(litmus, lsm);
}

/* What a map or unmap has promised, just before its end. */
static int promise(struct litmus *litmus, const struct lsm *lsm)
{
    const bool is_map = lsm->op.what == SIM_OP_MAP;
    struct sim_record *rec = litmus_record(litmus, is_map ? SIM_R_MAP : SIM_R_UNMAP);

    if (!rec)
        return SIM_ENOMEM;
    if (is_map) {
        rec->map = (struct sim_rec_map){.domain = lsm->op.domain,
                                        .iova = lsm->op.iova,
                                        .pa = lsm->op.pa,
                                        .size = lsm->op.size,
                                        .prot = lsm->op.prot};
        rec->flags |= SIM_RF_PROT;
    } else {
        rec->unmap = (struct sim_rec_unmap){.domain = lsm->op.domain,
                                            .iova = lsm->op.iova,
                                            .size = lsm->op.size,
                                            .unmapped = lsm->op.size};
    }
    return 0;
}

int lsm_verb_endop(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    const int32_t ret = (int32_t)litmus_number(stmt, "ret", 0);
    struct sim_rec_mark end = {.dev = lsm->op.dev,
                               .pasid = UINT32_MAX,
                               .domain = lsm->op.domain,
                               .a = lsm->op.type,
                               .ret = ret,
                               .op = SIM_OP_DRV_ATTACH};
    int err = 0;

    if (!lsm->op.is_open)
        return sim_text_fail(text, stmt->verb, "no operation is open");
    lsm->op.is_open = false;
    litmus->has_op = true;
    if (lsm->op.has_range)
        err = promise(litmus, lsm);
    else if (!lsm->op.is_pasid)
        err = lsm_mark(litmus, false, &end);
    end.pasid = lsm->op.pasid;
    end.op = (uint8_t)lsm->op.what;
    end.a = lsm->op.has_range ? lsm->op.iova : lsm->op.domain;
    end.b = lsm->op.size;
    return err ? err : lsm_mark(litmus, false, &end);
}

int lsm_verb_pci_ats(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const uint32_t dev = lsm_dev(lsm_of(litmus), litmus_number(stmt, "sid", UINT64_MAX));
    struct sim_record *rec;

    if (dev == SIM_NO_DEV)
        return sim_text_fail(text, stmt->verb, "no ste has that sid");
    rec = litmus_record(litmus, SIM_R_ATS);
    if (!rec)
        return SIM_ENOMEM;
    rec->ats.dev = dev;
    rec->ats.on = litmus_has_word(stmt, "on") ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
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
    err = lsm_fields(litmus, text, stmt, layout, "", words);
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
