/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_ops.c - operations in litmus tests: their marks, what they have promised, who has ATS.
 * Knows: marks. Must not know: any architecture, runs. */
#include "cli/litmus.h"
#include "sim/diag.h"

#include <string.h>

int litmus_mark(struct litmus *litmus, bool is_begin, const struct sim_rec_mark *what)
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

static struct sim_rec_mark outer_of(const struct litmus_op *op)
{
    return (struct sim_rec_mark){.dev = op->dev,
                                 .pasid = op->pasid,
                                 .domain = op->has_range || op->is_pasid ? op->domain : 0,
                                 .a = op->has_range ? op->iova : op->domain,
                                 .b = op->size,
                                 .op = (uint8_t)op->what};
}

static struct sim_rec_mark inner_of(const struct litmus_op *op)
{
    return (struct sim_rec_mark){.dev = op->dev,
                                 .pasid = UINT32_MAX,
                                 .domain = op->domain,
                                 .a = op->type,
                                 .op = SIM_OP_DRV_ATTACH};
}

static bool has_inner(const struct litmus_op *op)
{
    return !op->has_range && !op->is_pasid;
}

static void take_range(struct litmus_op *op, const struct sim_stmt *stmt)
{
    const struct sim_arg *prot = litmus_key(stmt, "prot");
    uint64_t value;

    op->iova = litmus_number(stmt, "iova", 0);
    op->size = litmus_number(stmt, "size", 0x1000);
    op->pa = litmus_number(stmt, "pa", 0);
    op->prot = SIM_PROT_RW;
    if (prot && sim_enum_value(SIM_SHOW_PROT, prot->value->bytes, prot->value->n_bytes, &value))
        op->prot = (uint8_t)value;
}

/* to=bypass, to=blocked; the rest of them are the architecture's. */
static int take_target(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    const struct sim_arg *to = litmus_key(stmt, "to");

    if (!to || sim_token_is(to->value, "blocked"))
        return 0;
    if (sim_token_is(to->value, "bypass")) {
        litmus->op.domain = 1;
        litmus->op.type = LITMUS_DOMAIN_IDENTITY;
        return 0;
    }
    return litmus->arch->domain(litmus, text, to->value, &litmus->op);
}

static int take_table(struct litmus *litmus, const struct sim_text *text, const struct sim_arg *arg)
{
    struct litmus_op found = {0};
    const int err = litmus->arch->domain(litmus, text, arg->value, &found);

    if (!err && found.type != LITMUS_DOMAIN_PAGING)
        return sim_text_fail(text, arg->value, "no page table of that name");
    litmus->op.domain = found.domain;
    return err;
}

int litmus_verb_op(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct litmus_op *op = &litmus->op;
    const struct sim_token *name = litmus_pos(stmt, 0);
    const struct sim_arg *table = litmus_key(stmt, "table");
    const struct sim_arg *ssid = litmus_key(stmt, "ssid");
    struct sim_rec_mark outer, inner;
    uint64_t value;
    int err;

    if (op->is_open || !litmus->is_body)
        return sim_text_fail(text, stmt->verb, "an operation is open, or init is not done");
    memset(op, 0, sizeof(*op));
    if (!sim_enum_value(SIM_SHOW_OP, name->bytes, name->n_bytes, &value))
        return sim_text_fail(text, name, "no operation");
    op->is_open = true;
    op->what = (enum sim_record_enum)value;
    op->has_range = table != NULL;
    op->dev =
        table ? SIM_NO_DEV : litmus->arch->device(litmus, litmus_number(stmt, "sid", UINT64_MAX));
    op->is_pasid = ssid && ssid->value->kind == SIM_TOKEN_NUMBER;
    op->pasid = op->is_pasid ? (uint32_t)ssid->value->number : UINT32_MAX;
    if (!table && op->dev == SIM_NO_DEV)
        return sim_text_fail(text, stmt->verb, "the operation needs sid= of a device, or table=");
    err = table ? take_table(litmus, text, table) : take_target(litmus, text, stmt);
    if (table)
        take_range(op, stmt);
    outer = outer_of(op);
    inner = inner_of(op);
    err = err ? err : litmus_mark(litmus, true, &outer);
    return err || !has_inner(op) ? err : litmus_mark(litmus, true, &inner);
}

/* What a map or unmap has promised, just before its end. */
static int promise(struct litmus *litmus)
{
    const struct litmus_op *op = &litmus->op;
    const bool is_map = op->what == SIM_OP_MAP;
    struct sim_record *rec = litmus_record(litmus, is_map ? SIM_R_MAP : SIM_R_UNMAP);

    if (!rec)
        return SIM_ENOMEM;
    if (is_map) {
        rec->map = (struct sim_rec_map){.domain = op->domain,
                                        .iova = op->iova,
                                        .pa = op->pa,
                                        .size = op->size,
                                        .prot = op->prot};
        rec->flags |= SIM_RF_PROT;
    } else {
        rec->unmap = (struct sim_rec_unmap){
            .domain = op->domain, .iova = op->iova, .size = op->size, .unmapped = op->size};
    }
    return 0;
}

int litmus_verb_endop(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt)
{
    struct litmus_op *op = &litmus->op;
    struct sim_rec_mark outer = outer_of(op);
    struct sim_rec_mark inner = inner_of(op);
    int err = 0;

    if (!op->is_open)
        return sim_text_fail(text, stmt->verb, "no operation is open");
    op->is_open = false;
    litmus->has_op = true;
    outer.ret = (int32_t)litmus_number(stmt, "ret", 0);
    inner.ret = outer.ret;
    if (op->has_range)
        err = promise(litmus);
    else if (has_inner(op))
        err = litmus_mark(litmus, false, &inner);
    return err ? err : litmus_mark(litmus, false, &outer);
}

int litmus_verb_pci_ats(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt)
{
    const uint32_t dev = litmus->arch->device(litmus, litmus_number(stmt, "sid", UINT64_MAX));
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
