/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_broadcast.c - what the TCU tells all TBUs: invalidations and the question of a CMD_SYNC.
 * Knows: links, acknowledges, how long a sweep takes. Must not know: what a command names
 * (smmu_inval.c), which commands there are (smmu_cmdq.c). */
#include "models/smmuv3/smmu_private.h"

static uint64_t sweep_ps(const struct smmu *smmu, uint64_t n_entries)
{
    const uint64_t per_cycle = smmu->param.sweep_per_cycle;

    return per_cycle ? (n_entries + per_cycle - 1) / per_cycle * smmu->param.clock_ps : 0;
}

/* The first of the messages of @inval; NULL: of CMD_SYNC. */
static struct smmu_message *messages_of(struct smmu *smmu, const struct smmu_inval *inval)
{
    const struct smmu_cmdq *cmdq = &smmu->cmdq;
    const size_t row = inval ? (size_t)(inval - cmdq->inval) : cmdq->n_inval_slots;

    return &smmu->messages[row * smmu->param.n_tbus];
}

/* To every TBU; it is done with it @busy_ps after it has it. */
static void send(struct smmu *smmu, const struct smmu_inval *inval, uint64_t busy_ps)
{
    struct smmu_message *message = messages_of(smmu, inval);

    for (uint32_t i = 0; i < smmu->param.n_tbus; i++) {
        message[i].is_ack = false;
        sim_queue_at(smmu->queue, &smmu->source,
                     smmu_link_cross(smmu, &smmu->tbu[i].down) + busy_ps, &message[i].event);
    }
}

static void inval_done(struct smmu_inval *inval)
{
    struct smmu *smmu = inval->smmu;

    inval->is_busy = false;
    smmu->cmdq.n_inval--;
    smmu_fact(smmu, SIM_FACT_CMD_COMPLETED, smmu_UNKNOWN_CMD_op(inval->words), inval->words[0],
              (const uint64_t[3]){inval->words[1]});
    smmu_cmdq_progress(smmu);
    if (smmu->cmdq.is_blocked)
        smmu_cmdq_kick(smmu);
    smmu_mmio_progress(smmu);
}

static void acknowledged(const struct smmu_message *message)
{
    struct smmu *smmu = message->smmu;
    struct smmu_inval *inval = message->inval;

    if (inval) {
        if (--inval->n_unacked == 0)
            inval_done(inval);
    } else if (--smmu->cmdq.n_unacked == 0) {
        smmu_wake(smmu, &smmu->cmdq.sync, smmu->param.sync_cycles);
    }
}

static void message_step(void *ctx)
{
    struct smmu_message *message = ctx;
    struct smmu *smmu = message->smmu;
    struct smmu_inval *inval = message->inval;

    if (message->is_ack) {
        acknowledged(message);
        return;
    }
    if (inval) {
        smmu_inval_sweep_tbu(inval, message->tbu);
        if (--inval->n_unswept == 0)
            smmu_fact(smmu, SIM_FACT_TLB_SWEPT, inval->visited, inval->killed,
                      (const uint64_t[3]){inval->collateral});
    }
    message->is_ack = true;
    sim_queue_at(smmu->queue, &smmu->source, smmu_link_cross(smmu, &smmu->tbu[message->tbu].up),
                 &message->event);
}

/* The TCU's arrays have been looked through. */
static void tcu_swept(void *ctx)
{
    struct smmu_inval *inval = ctx;
    struct smmu *smmu = inval->smmu;

    smmu_inval_sweep_tcu(inval);
    smmu_prefetch_reachable(smmu, (uint32_t)smmu_CFGI_STE_SID(inval->words), false, 0);
    send(smmu, inval, sweep_ps(smmu, smmu_inval_n_tbu(smmu, inval->words)));
}

bool smmu_broadcast_inval(struct smmu *smmu, const uint64_t *words)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;
    struct smmu_inval *inval = cmdq->inval;

    if (cmdq->n_inval == cmdq->n_inval_slots)
        return false;
    while (inval->is_busy)
        inval++;
    cmdq->n_inval++;
    inval->is_busy = true;
    inval->words[0] = words[0];
    inval->words[1] = words[1];
    inval->visited = 0;
    inval->killed = 0;
    inval->collateral = 0;
    inval->n_unswept = smmu->param.n_tbus;
    inval->n_unacked = smmu->param.n_tbus;
    sim_queue_at(smmu->queue, &smmu->source,
                 smmu_now(smmu) + sweep_ps(smmu, smmu_inval_n_tcu(smmu, words)), &inval->event);
    return true;
}

void smmu_broadcast_sync(struct smmu *smmu)
{
    const struct smmu_param *param = &smmu->param;

    if (!param->link_interval) { /* nobody can be in the way: one event for all */
        smmu_wake(smmu, &smmu->cmdq.sync, 2 * (uint64_t)param->link_cycles + param->sync_cycles);
        return;
    }
    smmu->cmdq.n_unacked = param->n_tbus;
    send(smmu, NULL, 0);
}

void smmu_broadcast_init(struct smmu *smmu)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;

    for (uint32_t i = 0; i < SMMU_MAX_INVAL_SLOTS; i++) {
        cmdq->inval[i].smmu = smmu;
        smmu_event_init(&cmdq->inval[i].event, tcu_swept, &cmdq->inval[i]);
    }
    for (uint32_t i = 0; i < smmu->n_messages; i++) {
        struct smmu_message *message = &smmu->messages[i];
        const uint32_t row = i / smmu->param.n_tbus;

        message->smmu = smmu;
        message->inval = row < cmdq->n_inval_slots ? &cmdq->inval[row] : NULL;
        message->tbu = (uint8_t)(i % smmu->param.n_tbus);
        smmu_event_init(&message->event, message_step, message);
    }
}

void smmu_broadcast_reset(struct smmu *smmu)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;

    for (uint32_t i = 0; i < SMMU_MAX_INVAL_SLOTS; i++) {
        sim_queue_cancel(smmu->queue, &cmdq->inval[i].event);
        cmdq->inval[i].is_busy = false;
    }
    for (uint32_t i = 0; i < smmu->n_messages; i++)
        sim_queue_cancel(smmu->queue, &smmu->messages[i].event);
    for (uint32_t i = 0; i < smmu->param.n_tbus; i++) {
        smmu->tbu[i].up = (struct smmu_link){0};
        smmu->tbu[i].down = (struct smmu_link){0};
    }
    cmdq->n_inval = 0;
    cmdq->n_unacked = 0;
}
