/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cmdq.c - fetches, decodes and executes commands; CMD_SYNC; errors (4.1, 4.7.3, 7.1).
 * Knows: queue pointers, when a command may start and is complete. Must not know: what an
 * invalidation drops (smmu_inval.c), how a translation works. */
#include "models/common/hw_ring.h"
#include "models/smmuv3/smmu_priq.h"
#include "models/smmuv3/smmu_private.h"
#include "models/smmuv3/smmu_stall.h"

static unsigned log2_size(const struct smmu *smmu)
{
    const unsigned wanted = (unsigned)smmu_CMDQ_BASE_LOG2SIZE(&smmu->reg[SMMU_RI_CMDQ_BASE]);
    const unsigned has = (unsigned)smmu_IDR1_CMDQS(&smmu->reg[SMMU_RI_IDR1]);
    const unsigned most = has < SMMU_QUEUE_LOG2 ? has : SMMU_QUEUE_LOG2;

    return wanted < most ? wanted : most;
}

/* Q01: the base is aligned to the size of the queue, at least to 32 bytes. */
static uint64_t slot_address(const struct smmu *smmu, uint32_t pos)
{
    const unsigned log2 = log2_size(smmu);
    const uint64_t size = (uint64_t)SMMU_CMD_BYTES << log2;
    const uint64_t base = smmu_CMDQ_BASE_ADDR_addr(&smmu->reg[SMMU_RI_CMDQ_BASE]);

    return (base & ~(size - 1)) + (uint64_t)hw_ring_index(pos, log2) * SMMU_CMD_BYTES;
}

static uint32_t cons_pos(const struct smmu *smmu)
{
    return hw_ring_pos(smmu_CMDQ_CONS_RD(&smmu->reg[SMMU_RI_CMDQ_CONS]), log2_size(smmu));
}

static uint32_t prod_pos(const struct smmu *smmu)
{
    return hw_ring_pos(smmu_CMDQ_PROD_WR(&smmu->reg[SMMU_RI_CMDQ_PROD]), log2_size(smmu));
}

/* ---- the command at CONS ---- */

static void fact_cmd(const struct smmu *smmu, enum sim_fact_kind kind, const uint64_t *words)
{
    smmu_fact(smmu, kind, smmu_UNKNOWN_CMD_op(words), words[0], (const uint64_t[3]){words[1]});
}

/* Q06 */
static void drop_read_ahead(struct smmu *smmu)
{
    hw_ahead_drop(&smmu->cmdq.ahead);
    smmu->cmdq.ahead.next = cons_pos(smmu);
}

/* 5.6: stop at the command; ERR first, then GERROR. */
static void stop_with(struct smmu *smmu, uint64_t error)
{
    smmu_CMDQ_CONS_put_ERR(&smmu->reg[SMMU_RI_CMDQ_CONS], error);
    smmu->cmdq.is_stopped = true;
    drop_read_ahead(smmu);
    smmu_gerror_raise(smmu, SMMU_MASK(GERROR, CMDQ_ERR));
}

void smmu_cmdq_moved(const struct smmu *smmu)
{
    const unsigned log2 = log2_size(smmu);
    const uint32_t written = prod_pos(smmu);
    const uint32_t read = cons_pos(smmu);
    const uint64_t rest[3] = {hw_ring_index(read, log2), hw_ring_used(written, read, log2)};

    smmu_fact(smmu, SIM_FACT_QUEUE_MOVED, SIM_S_CMD, hw_ring_index(written, log2), rest);
}

static void consume(struct smmu *smmu)
{
    struct hw_ahead_slot *slot = hw_ahead_at(&smmu->cmdq.ahead, cons_pos(smmu));

    if (slot)
        slot->state = HW_AHEAD_IDLE;
    smmu_CMDQ_CONS_put_RD(&smmu->reg[SMMU_RI_CMDQ_CONS],
                          hw_ring_next(cons_pos(smmu), log2_size(smmu)));
    smmu_cmdq_moved(smmu);
}

/* ---- CMD_SYNC ---- */

/* Y05: signals come after the guarantees hold and CONS has passed. */
static void signal_sync(struct smmu *smmu, const uint64_t *words)
{
    const uint64_t cs = smmu_CMD_SYNC_CS(words);
    const uint64_t address = smmu_CMD_SYNC_MSIAddr_addr(words);

    if (cs == SMMU_CMD_SYNC_CS_SEV) {
        smmu->port.ops->irq(smmu->port.ctx, SIM_IRQ_SEV, true);
    } else if (cs == SMMU_CMD_SYNC_CS_IRQ) {
        if (smmu_IDR0_MSI(&smmu->reg[SMMU_RI_IDR0]) && address)
            smmu_msi_send(smmu, SMMU_MSI_CMDQ, address, (uint32_t)smmu_CMD_SYNC_MSIData(words));
        smmu->port.ops->irq(smmu->port.ctx, SIM_IRQ_CMD_SYNC, true);
    }
}

static void sync_complete(struct smmu *smmu)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;
    const uint32_t pos = cons_pos(smmu);

    cmdq->is_syncing = false;
    smmu->stats.n_syncs++;
    consume(smmu);
    fact_cmd(smmu, SIM_FACT_CMD_COMPLETED, cmdq->sync_words);
    smmu_fact(smmu, SIM_FACT_SYNC_VISIBLE, smmu_CMDQ_BASE_ADDR_addr(&smmu->reg[SMMU_RI_CMDQ_BASE]),
              hw_ring_index(pos, log2_size(smmu)), (const uint64_t[3]){0});
    signal_sync(smmu, cmdq->sync_words);
}

/* Y03, step by step: invalidations are done; then every request that began before this moment is
 * over; then the fixed cost has passed; then the MSI of the last sync is visible. */
static void sync_step(void *ctx)
{
    struct smmu *smmu = ctx;
    struct smmu_cmdq *cmdq = &smmu->cmdq;

    if (!cmdq->is_syncing || sim_event_is_scheduled(&cmdq->sync) || cmdq->n_unacked ||
        cmdq->n_inval || smmu->atc.n_busy)
        return;
    if (!cmdq->has_flipped) {
        cmdq->has_flipped = true;
        cmdq->hits_until_ps = smmu->hits_until_ps;
        hw_flight_turn(&smmu->flight);
        smmu_broadcast_sync(smmu);
        return;
    }
    if (!hw_flight_is_over(&smmu->flight))
        return;
    if (smmu_now(smmu) < cmdq->hits_until_ps) {
        sim_queue_at(smmu->queue, &smmu->source, cmdq->hits_until_ps, &cmdq->sync);
        return;
    }
    if (smmu->msi[SMMU_MSI_CMDQ].is_busy)
        return;
    if (smmu->atc.has_timed_out) { /* 4.7.3: it tells, and is run again when that is acknowledged */
        smmu->atc.has_timed_out = false;
        cmdq->is_syncing = false;
        stop_with(smmu, SMMU_CMDQ_CONS_ERR_CERROR_ATC_INV_SYNC);
    } else {
        sync_complete(smmu);
    }
    smmu_cmdq_kick(smmu);
    smmu_mmio_progress(smmu);
}

void smmu_cmdq_progress(struct smmu *smmu)
{
    if (smmu->cmdq.is_syncing)
        sync_step(smmu);
}

static void start_sync(struct smmu *smmu, const uint64_t *words)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;

    cmdq->is_syncing = true;
    cmdq->has_flipped = false;
    cmdq->sync_words[0] = words[0];
    cmdq->sync_words[1] = words[1];
    sync_step(smmu);
}

/* ---- one command after the other ---- */

/* Return: false if the command has to wait. */
static bool execute(struct smmu *smmu, const uint64_t *words)
{
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(words);
    const bool is_atc_inv = opcode == SMMU_CMD_ATC_INV && smmu->is_enabled;

    if (smmu_cmd_is_inval(words) && !smmu_broadcast_inval(smmu, words))
        return false;
    /* R16: no ATC is told while the SMMU is off */
    if (is_atc_inv && !smmu_atc_inv_send(smmu, words))
        return false;
    smmu->stats.n_commands++;
    fact_cmd(smmu, SIM_FACT_CMD_EXECUTED, words);
    switch (opcode) {
    case SMMU_CMD_SYNC:
        start_sync(smmu, words);
        return true; /* is consumed when it is complete */
    case SMMU_CMD_PREFETCH_CONFIG:
        smmu_prefetch_config(smmu, words);
        break;
    case SMMU_CMD_PREFETCH_ADDR:
        smmu_prefetch_address(smmu, words);
        break;
    case SMMU_CMD_PRI_RESP:
        if (smmu->is_enabled)
            smmu_priq_respond(smmu, words);
        break;
    case SMMU_CMD_RESUME:
        smmu_stall_resume(smmu, words);
        break;
    case SMMU_CMD_STALL_TERM:
        smmu_stall_term(smmu, words);
        break;
    default:
        break;
    }
    consume(smmu);
    if (!smmu_cmd_is_inval(words) && !is_atc_inv)
        fact_cmd(smmu, SIM_FACT_CMD_COMPLETED, words);
    return true;
}

static void decode(void *ctx)
{
    struct smmu *smmu = ctx;
    struct smmu_cmdq *cmdq = &smmu->cmdq;
    const struct hw_ahead_slot *slot = hw_ahead_at(&cmdq->ahead, cons_pos(smmu));

    cmdq->is_decoding = false;
    cmdq->is_blocked = false;
    if (!slot || slot->state == HW_AHEAD_READING)
        return;
    if (slot->state == HW_AHEAD_ABORTED)
        stop_with(smmu, SMMU_CMDQ_CONS_ERR_CERROR_ABT);
    else if (smmu_cmd_is_illegal(smmu, slot->words))
        stop_with(smmu, SMMU_CMDQ_CONS_ERR_CERROR_ILL);
    else
        cmdq->is_blocked = !execute(smmu, slot->words);
    if (!cmdq->is_blocked)
        smmu_cmdq_kick(smmu);
    smmu_mmio_progress(smmu);
}

/* ---- reading ahead ---- */

static uint32_t next_pos(const void *owner, uint32_t pos)
{
    return hw_ring_next(pos, log2_size(owner));
}

static void ask(void *owner, struct hw_ahead_slot *slot)
{
    struct smmu *smmu = owner;

    slot->access.pa = slot_address(smmu, slot->pos);
    slot->access.n_bytes = SMMU_CMD_BYTES;
    slot->access.structure = SIM_S_CMD;
    smmu_port_access(smmu, &slot->access);
}

static void took(void *owner, const struct hw_ahead_slot *slot)
{
    struct smmu *smmu = owner;

    if (slot)
        smmu_fact(smmu, SIM_FACT_CMD_FETCHED, slot->access.pa, slot->words[0],
                  (const uint64_t[3]){slot->words[1]});
    smmu_cmdq_kick(smmu);
    if (!slot)
        smmu_mmio_progress(smmu);
}

/* 5.6: software acknowledged the error, go on with the command at RD, read anew. */
static bool may_run(struct smmu *smmu)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;

    if (!smmu_cmdq_enabled(smmu))
        return false;
    if (cmdq->is_stopped) {
        if (smmu_gerror_is_active(smmu, SMMU_MASK(GERROR, CMDQ_ERR)))
            return false;
        cmdq->is_stopped = false;
        cmdq->ahead.next = cons_pos(smmu);
    }
    return true;
}

void smmu_cmdq_kick(struct smmu *smmu)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;
    const struct hw_ahead_slot *slot;

    if (cmdq->is_syncing || !may_run(smmu)) /* Y02: nothing after a SYNC starts */
        return;
    if (hw_ahead_is_idle(&cmdq->ahead)) /* RD may have been written since */
        cmdq->ahead.next = cons_pos(smmu);
    hw_ahead_read(&cmdq->ahead, prod_pos(smmu));
    slot = hw_ahead_at(&cmdq->ahead, cons_pos(smmu));
    if (slot && slot->state != HW_AHEAD_READING && !cmdq->is_decoding) {
        cmdq->is_decoding = true;
        smmu_wake(smmu, &cmdq->decode, smmu->param.cmd_cycles);
    }
}

void smmu_cmdq_disabled(struct smmu *smmu)
{
    drop_read_ahead(smmu);
    smmu->cmdq.is_blocked = false;
}

/* Has a command been begun that is not finished? Reading ahead does not count. */
bool smmu_cmdq_is_busy(const struct smmu *smmu)
{
    return smmu->cmdq.is_syncing || smmu->cmdq.is_decoding;
}

static const struct hw_ahead_ops ahead_ops = {next_pos, ask, took};

void smmu_cmdq_init(struct smmu *smmu)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;

    cmdq->n_inval_slots = smmu->param.inval_slots;
    smmu_event_init(&cmdq->decode, decode, smmu);
    smmu_event_init(&cmdq->sync, sync_step, smmu);
    hw_ahead_init(&cmdq->ahead, &ahead_ops, smmu, smmu->param.cmd_slots);
}

void smmu_cmdq_reset(struct smmu *smmu)
{
    struct smmu_cmdq *cmdq = &smmu->cmdq;

    smmu_broadcast_reset(smmu);
    sim_queue_cancel(smmu->queue, &cmdq->decode);
    sim_queue_cancel(smmu->queue, &cmdq->sync);
    cmdq->is_decoding = false;
    cmdq->is_stopped = false;
    cmdq->is_blocked = false;
    cmdq->is_syncing = false;
    drop_read_ahead(smmu);
}
