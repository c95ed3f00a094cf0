/* SPDX-License-Identifier: BSD-2-Clause
 * trc_import_op.c - operations, intent, devices and texts. */
#include "kernel-glue/trace/trc_import_private.h"

#define KERNEL_PROT_READ 1u
#define KERNEL_PROT_WRITE 2u
#define KERNEL_PROT_NOEXEC 8u

/* ---- operations and intent ---- */

int trc_on_op_begin(const struct act *act)
{
    const struct trc_event *event = act->event;
    struct task *task = act->task;
    struct sim_record rec;
    int err;

    if (event->values[0] == TRC_UNKNOWN_WORD) {
        trc_fate(act, TRC_FATE_IGNORED, "an operation that this program does not know", 1);
        return 0;
    }
    trc_start(act, &rec, SIM_R_BEGIN);
    rec.mark.op = (uint8_t)event->values[0];
    rec.mark.domain = event->values[2];
    rec.mark.a = event->values[3];
    rec.mark.b = event->values[4];
    rec.mark.ret = (int32_t)event->values[5];
    if (event->has >> 6 & 1)
        rec.mark.pasid = (uint32_t)event->values[6];
    if (task->n_ops < MAX_OPS) {
        const struct open_op op = {rec.mark.op, rec.mark.domain, rec.mark.a, rec.mark.b};

        task->ops[task->n_ops++] = op;
    }
    err = trc_find_device(act, &rec.mark.dev);
    return err ? err : trc_emit(act, &rec, "BEGIN");
}

int trc_on_op_end(const struct act *act)
{
    const struct trc_event *event = act->event;
    struct task *task = act->task;
    struct sim_record rec;
    int err;

    if (event->values[0] == TRC_UNKNOWN_WORD) {
        trc_fate(act, TRC_FATE_IGNORED, "an operation that this program does not know", 1);
        return 0;
    }
    trc_start(act, &rec, SIM_R_END);
    rec.mark_end.op = (uint8_t)event->values[0];
    rec.mark_end.domain = event->values[2];
    rec.mark_end.a = event->values[3];
    rec.mark_end.b = event->values[4];
    rec.mark_end.ret = (int32_t)event->values[5];
    if (event->has >> 6 & 1)
        rec.mark_end.pasid = (uint32_t)event->values[6];
    for (unsigned i = task->n_ops; i-- > 0;) {
        if (task->ops[i].op == rec.mark_end.op) { /* closes what is open inside it, too */
            task->n_ops = i;
            break;
        }
    }
    err = trc_find_device(act, &rec.mark_end.dev);
    return err ? err : trc_emit(act, &rec, "END");
}

/* The domain of a map or unmap is known from the mark around it. */
static uint64_t domain_around(const struct task *task, uint8_t op, uint64_t iova)
{
    for (unsigned i = task->n_ops; i-- > 0;) {
        const struct open_op *open = &task->ops[i];

        if (open->op == op && iova >= open->iova && iova - open->iova < open->size)
            return open->domain;
    }
    return 0;
}

int trc_on_map(const struct act *act)
{
    const struct trc_event *event = act->event;
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_MAP);
    rec.map.iova = event->values[0];
    rec.map.pa = event->values[1];
    rec.map.size = event->values[2];
    rec.map.domain = domain_around(act->task, SIM_OP_MAP, rec.map.iova);
    if (event->has >> 3 & 1) {
        const uint64_t prot = event->values[3];

        rec.flags |= SIM_RF_PROT;
        rec.map.prot = (uint8_t)((prot & KERNEL_PROT_READ ? SIM_PROT_R : 0) |
                                 (prot & KERNEL_PROT_WRITE ? SIM_PROT_W : 0) |
                                 (prot & KERNEL_PROT_NOEXEC ? 0 : SIM_PROT_X));
    }
    return trc_emit(act, &rec, rec.map.domain ? "MAP (domain from the op_begin around it)" : "MAP");
}

int trc_on_unmap(const struct act *act)
{
    const struct trc_event *event = act->event;
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_UNMAP);
    rec.unmap.iova = event->values[0];
    rec.unmap.size = event->values[1];
    rec.unmap.unmapped = event->values[2];
    rec.unmap.domain = domain_around(act->task, SIM_OP_UNMAP, rec.unmap.iova);
    return trc_emit(act, &rec,
                    rec.unmap.domain ? "UNMAP (domain from the op_begin around it)" : "UNMAP");
}

/* ---- devices, faults, texts ---- */

int trc_on_group(const struct act *act)
{
    struct sim_record rec;
    int err;

    trc_start(act, &rec, SIM_R_GROUP);
    rec.group.group = (uint32_t)act->event->values[0];
    rec.group.what = act->event->kind == TRC_E_ADD_DEVICE ? SIM_MEMBER_JOIN : SIM_MEMBER_LEAVE;
    err = trc_find_device(act, &rec.group.dev);
    return err ? err : trc_emit(act, &rec, "GROUP");
}

int trc_on_ats(const struct act *act)
{
    const uint64_t *values = act->event->values;
    struct sim_record rec;
    int err;

    trc_start(act, &rec, SIM_R_ATS);
    rec.ats.on = values[1] ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
    rec.ats.stu = (uint8_t)values[2];
    rec.ats.pri = values[3] ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
    err = trc_find_device(act, &rec.ats.dev);
    return err ? err : trc_emit(act, &rec, "ATS");
}

int trc_on_io_page_fault(const struct act *act)
{
    struct sim_record rec;
    int err;

    trc_start(act, &rec, SIM_R_FAULT);
    rec.fault.iova = act->event->values[0];
    rec.fault.bits = (uint32_t)act->event->values[1];
    err = trc_find_device(act, &rec.fault.dev);
    return err ? err : trc_emit(act, &rec, "FAULT");
}

int trc_on_marker(const struct act *act)
{
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_MARK);
    rec.note.text = trc_limited_text(act);
    return trc_emit(act, &rec, "MARK");
}
