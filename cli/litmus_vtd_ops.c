/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd_ops.c - operations, ATS and fault records in litmus tests of VT-d.
 * Knows: marks of operations, fault records. Must not know: runs, tables. */
#include "cli/litmus_vtd.h"
#include "sim/diag.h"

#include <string.h>

enum { KERNEL_PAGING = 1, KERNEL_IDENTITY = 4 };

int lvt_mark(struct litmus *litmus, bool is_begin, const struct sim_rec_mark *what)
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

/* to=A: a page table; to=bypass, to=blocked. */
static int take_domain(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);
    const struct sim_arg *to = litmus_key(stmt, "to");
    const struct lvt_object *object = to ? lvt_find(litmus, to->value) : NULL;

    if (!to || sim_token_is(to->value, "blocked"))
        return 0;
    if (sim_token_is(to->value, "bypass")) {
        lvt->op.domain = 1;
        lvt->op.type = KERNEL_IDENTITY;
        return 0;
    }
    if (!object || object->kind != LVT_PGTABLE)
        return sim_text_fail(text, to->value, "no domain (a page table, bypass, blocked)");
    lvt->op.domain = object->domain;
    lvt->op.type = KERNEL_PAGING;
    return 0;
}

static struct sim_rec_mark outer_of(const struct lvt *lvt)
{
    return (struct sim_rec_mark){.dev = lvt->op.dev,
                                 .pasid = lvt->op.pasid,
                                 .domain =
                                     lvt->op.has_range || lvt->op.is_pasid ? lvt->op.domain : 0,
                                 .a = lvt->op.has_range ? lvt->op.iova : lvt->op.domain,
                                 .b = lvt->op.size,
                                 .op = (uint8_t)lvt->op.what};
}

static struct sim_rec_mark inner_of(const struct lvt *lvt)
{
    return (struct sim_rec_mark){.dev = lvt->op.dev,
                                 .pasid = UINT32_MAX,
                                 .domain = lvt->op.domain,
                                 .a = lvt->op.type,
                                 .op = SIM_OP_DRV_ATTACH};
}

static int begin_marks(struct litmus *litmus)
{
    const struct lvt *lvt = lvt_of(litmus);
    const struct sim_rec_mark outer = outer_of(lvt);
    const struct sim_rec_mark inner = inner_of(lvt);
    const int err = lvt_mark(litmus, true, &outer);

    return err || lvt->op.has_range || lvt->op.is_pasid ? err : lvt_mark(litmus, true, &inner);
}

static int take_range(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt, const struct sim_arg *table)
{
    struct lvt *lvt = lvt_of(litmus);
    const struct sim_arg *prot = litmus_key(stmt, "prot");
    const struct lvt_object *object = lvt_find(litmus, table->value);
    uint64_t value;

    if (!object || object->kind != LVT_PGTABLE)
        return sim_text_fail(text, table->value, "no page table of that name");
    lvt->op.domain = object->domain;
    lvt->op.iova = litmus_number(stmt, "iova", 0);
    lvt->op.size = litmus_number(stmt, "size", LVT_PAGE);
    lvt->op.pa = litmus_number(stmt, "pa", 0);
    lvt->op.prot = SIM_PROT_RW;
    if (prot && sim_enum_value(SIM_SHOW_PROT, prot->value->bytes, prot->value->n_bytes, &value))
        lvt->op.prot = (uint8_t)value;
    return 0;
}

int lvt_verb_op(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);
    const struct sim_arg *table = litmus_key(stmt, "table");
    const struct sim_arg *ssid = litmus_key(stmt, "ssid");
    uint64_t value;
    int err;

    if (lvt->op.is_open || !litmus->is_body)
        return sim_text_fail(text, stmt->verb, "an operation is open, or init is not done");
    memset(&lvt->op, 0, sizeof(lvt->op));
    if (!sim_enum_value(SIM_SHOW_OP, litmus_pos(stmt, 0)->bytes, litmus_pos(stmt, 0)->n_bytes,
                        &value))
        return sim_text_fail(text, litmus_pos(stmt, 0), "no operation");
    lvt->op.is_open = true;
    lvt->op.what = (enum sim_record_enum)value;
    lvt->op.has_range = table != NULL;
    lvt->op.dev = table ? SIM_NO_DEV : lvt_dev(lvt, litmus_number(stmt, "sid", UINT64_MAX));
    lvt->op.is_pasid = ssid && ssid->value->kind == SIM_TOKEN_NUMBER;
    lvt->op.pasid = lvt->op.is_pasid ? (uint32_t)ssid->value->number : UINT32_MAX;
    if (!table && lvt->op.dev == SIM_NO_DEV)
        return sim_text_fail(text, stmt->verb, "the operation needs sid= of a device, or table=");
    err = table ? take_range(litmus, text, stmt, table) : take_domain(litmus, text, stmt);
    return err ? err : begin_marks(litmus);
}

/* What a map or unmap has promised, just before its end. */
static int promise(struct litmus *litmus)
{
    const struct lvt *lvt = lvt_of(litmus);
    const bool is_map = lvt->op.what == SIM_OP_MAP;
    struct sim_record *rec = litmus_record(litmus, is_map ? SIM_R_MAP : SIM_R_UNMAP);

    if (!rec)
        return SIM_ENOMEM;
    if (is_map) {
        rec->map = (struct sim_rec_map){.domain = lvt->op.domain,
                                        .iova = lvt->op.iova,
                                        .pa = lvt->op.pa,
                                        .size = lvt->op.size,
                                        .prot = lvt->op.prot};
        rec->flags |= SIM_RF_PROT;
    } else {
        rec->unmap = (struct sim_rec_unmap){.domain = lvt->op.domain,
                                            .iova = lvt->op.iova,
                                            .size = lvt->op.size,
                                            .unmapped = lvt->op.size};
    }
    return 0;
}

int lvt_verb_endop(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);
    const int32_t ret = (int32_t)litmus_number(stmt, "ret", 0);
    struct sim_rec_mark outer = outer_of(lvt);
    struct sim_rec_mark inner = inner_of(lvt);
    int err = 0;

    if (!lvt->op.is_open)
        return sim_text_fail(text, stmt->verb, "no operation is open");
    lvt->op.is_open = false;
    litmus->has_op = true;
    outer.ret = ret;
    inner.ret = ret;
    if (lvt->op.has_range)
        err = promise(litmus);
    else if (!lvt->op.is_pasid)
        err = lvt_mark(litmus, false, &inner);
    return err ? err : lvt_mark(litmus, false, &outer);
}

int lvt_verb_pci_ats(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const uint32_t dev = lvt_dev(lvt_of(litmus), litmus_number(stmt, "sid", UINT64_MAX));
    struct sim_record *rec;

    if (dev == SIM_NO_DEV)
        return sim_text_fail(text, stmt->verb, "no device has that sid");
    rec = litmus_record(litmus, SIM_R_ATS);
    if (!rec)
        return SIM_ENOMEM;
    rec->ats.dev = dev;
    rec->ats.on = litmus_has_word(stmt, "on") ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
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
    err = lvt_fields(litmus, text, stmt, &vtd_layout_FRCD, "", words);
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
