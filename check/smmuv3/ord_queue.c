/* SPDX-License-Identifier: BSD-2-Clause
 * ord_queue.c - rules of queues: slots, pointers, what software knows to be consumed.
 * Knows: rings. Must not know: what a command does. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>

#define CMD_BYTES (UINT64_C(8) * SMMU_WORDS_CMD_SYNC)
#define FRESH_BOTH 3u

static uint32_t n_slots(const struct ord_cmdq *cmdq)
{
    return 1u << cmdq->log2;
}

/* A pointer counts entries modulo twice the size. */
static uint32_t distance(uint32_t log2, uint32_t from, uint32_t to)
{
    return (to - from) & ((2u << log2) - 1);
}

static bool is_enabled(const struct ord_unit *unit)
{
    return ((unit->cr0 | unit->cr0_moving) & ORD_BITS(CR0, CMDQEN)) != 0;
}

bool ord_queue_holds(const struct ord_unit *unit, uint64_t pa, uint64_t n_bytes)
{
    const struct ord_cmdq *cmdq = &unit->cmdq;
    const uint64_t size = CMD_BYTES << cmdq->log2;

    return is_enabled(unit) && cmdq->has_base && pa < cmdq->base + size &&
           cmdq->base < pa + n_bytes;
}

/* ---- Slots -------------------------------------------------------------------------------------
 */

/* A command that stopped the queue may, and must, be overwritten where it stands. */
static bool is_the_bad_one(const struct ord_unit *unit, uint32_t i)
{
    const struct ord_cmdq *cmdq = &unit->cmdq;

    return cmdq->error_seq != 0 && (cmdq->error_cons & (n_slots(cmdq) - 1)) == i;
}

static void store_word(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t pa, uint64_t value)
{
    struct ord_cmdq *cmdq = &unit->cmdq;
    const uint32_t i = (uint32_t)((pa - cmdq->base) / CMD_BYTES);
    const unsigned word = (unsigned)((pa - cmdq->base) / 8 % SMMU_WORDS_CMD_SYNC);
    struct ord_slot *slot = &cmdq->slots[i];

    if (slot->index > cmdq->consumed && !is_the_bad_one(unit, i) && !slot->is_told) {
        ord_hit(smmu->order, CHK_RULE_CMDQ_SLOT_LIVE, unit->iommu,
                "slot %u holds %s 0x%" PRIx64 ", which nobody saw consumed", i,
                smmu_cmd_name(smmu_UNKNOWN_CMD_op(slot->cmd)), slot->cmd[0]);
        slot->is_told = true;
    }
    slot->cmd[word] = value;
    slot->fresh |= (uint8_t)(1u << word);
    slot->cpu = smmu->order->rec->cpu;
    slot->store_seq = smmu->order->seq;
}

void ord_queue_store(struct ord_smmu *smmu, const struct ord_stored *stored)
{
    for (size_t u = 0; u < ORD_MAX_UNITS; u++) {
        struct ord_unit *unit = &smmu->units[u];
        const struct ord_cmdq *cmdq = &unit->cmdq;

        if (!unit->is_used || !cmdq->slots)
            continue;
        for (unsigned i = 0; i < stored->n_words; i++) {
            const uint64_t pa = stored->pa + UINT64_C(8) * i;

            if (pa >= cmdq->base && pa - cmdq->base < CMD_BYTES << cmdq->log2)
                store_word(smmu, unit, pa, stored->after[i]);
        }
    }
}

/* ---- Publication -------------------------------------------------------------------------------
 */

static void publish_one(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t i)
{
    struct ord_cmdq *cmdq = &unit->cmdq;
    struct ord_slot *slot = &cmdq->slots[i];
    const struct ord_command command = {slot->cmd, cmdq->head, slot->cpu, slot->store_seq};
    const bool is_fresh = slot->fresh == FRESH_BOTH;

    slot->fresh = 0;
    slot->is_told = !is_fresh;
    slot->index = ++cmdq->head;
    if (!is_fresh) {
        ord_hit(smmu->order, CHK_RULE_CMDQ_UNWRITTEN, unit->iommu,
                "slot %u is published, but no command was stored in it", i);
        return;
    }
    if (smmu_UNKNOWN_CMD_op(slot->cmd) == SMMU_CMD_SYNC)
        cmdq->last_sync = cmdq->head;
    ord_command(smmu, unit, &command);
}

static void publish(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        publish_one(smmu, unit, (from + i) & (n_slots(&unit->cmdq) - 1));
}

void ord_queue_prod(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t value)
{
    struct ord_cmdq *cmdq = &unit->cmdq;
    const uint32_t old = cmdq->prod;
    const uint32_t n = distance(cmdq->log2, old, value);
    const uint64_t waiting = cmdq->head - cmdq->consumed;

    cmdq->prod = value;
    if (!is_enabled(unit) || !cmdq->has_prod || !cmdq->slots) {
        cmdq->has_prod = true;
        return;
    }
    if (n > n_slots(cmdq) - waiting) {
        ord_hit(smmu->order, CHK_RULE_CMDQ_OVERRUN, unit->iommu,
                "PROD 0x%x -> 0x%x: %u commands, %u slots are known to be free", old, value, n,
                (unsigned)(n_slots(cmdq) - waiting));
        cmdq->consumed = cmdq->head; /* begin anew from what it says */
        return;
    }
    publish(smmu, unit, old, n);
}

void ord_queue_enabled(struct ord_smmu *smmu, struct ord_unit *unit)
{
    struct ord_cmdq *cmdq = &unit->cmdq;
    uint32_t n;

    if (!cmdq->slots || !cmdq->has_prod || !cmdq->has_cons)
        return;
    n = distance(cmdq->log2, cmdq->cons, cmdq->prod);
    cmdq->consumed = cmdq->head;
    if (n <= n_slots(cmdq))
        publish(smmu, unit, cmdq->cons, n);
}

/* ---- Consumption -------------------------------------------------------------------------------
 */

/* Everything before a CMD_SYNC that was consumed is complete. */
static void complete(struct ord_unit *unit, uint64_t done)
{
    if (done <= unit->cmdq.done)
        return;
    unit->cmdq.done = done;
    if (unit->cmdq.consumed < done)
        unit->cmdq.consumed = done;
    ord_duty_complete(unit);
    ord_tag_complete(unit);
    unit->has_cfgi_all |= unit->cfgi_all && unit->cfgi_all <= done;
    unit->has_tlbi_all |= unit->tlbi_all && unit->tlbi_all <= done;
}

static const struct ord_slot *slot_of_index(const struct ord_cmdq *cmdq, uint64_t index)
{
    /* the newest command has number head and lies before PROD */
    const uint64_t back = cmdq->head - index;

    return &cmdq->slots[(cmdq->prod - 1 - (uint32_t)back) & (n_slots(cmdq) - 1)];
}

void ord_queue_cons(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t value)
{
    struct ord_cmdq *cmdq = &unit->cmdq;
    const uint64_t word = value;
    const uint32_t left = distance(cmdq->log2, value, cmdq->prod);
    uint64_t i;

    if (!cmdq->slots || !is_enabled(unit))
        return;
    if (smmu_CMDQ_CONS_ERR(&word) &&
        ((unit->gerror ^ unit->gerrorn) & ORD_BITS(GERROR, CMDQ_ERR))) {
        cmdq->error = (uint32_t)smmu_CMDQ_CONS_ERR(&word);
        cmdq->error_cons = value;
        cmdq->error_seq = smmu->order->seq;
    }
    if (left > cmdq->head - cmdq->consumed)
        return; /* an old value, or one from before the stream began */
    cmdq->consumed = cmdq->head - left;
    i = cmdq->consumed;
    while (i > cmdq->done && smmu_UNKNOWN_CMD_op(slot_of_index(cmdq, i)->cmd) != SMMU_CMD_SYNC)
        i--;
    complete(unit, i);
}

static void wait_slot(struct ord_unit *unit, uint32_t i)
{
    struct ord_cmdq *cmdq = &unit->cmdq;
    const struct ord_slot *slot = &cmdq->slots[i & (n_slots(cmdq) - 1)];

    if (slot->index)
        complete(unit, slot->index);
}

/* A CMD_SYNC that writes a word when it is done: the newest that names this word. */
static void wait_word(struct ord_unit *unit, uint64_t pa)
{
    const struct ord_cmdq *cmdq = &unit->cmdq;

    for (uint64_t i = cmdq->head; i > cmdq->done && cmdq->head - i < n_slots(cmdq); i--) {
        const struct ord_slot *slot = slot_of_index(cmdq, i);

        if (smmu_UNKNOWN_CMD_op(slot->cmd) != SMMU_CMD_SYNC ||
            smmu_CMD_SYNC_MSIAddr_addr(slot->cmd) != pa)
            continue;
        complete(unit, i);
        return;
    }
}

void ord_queue_wait(struct ord_smmu *smmu, const struct sim_rec_wait *rec)
{
    for (size_t u = 0; u < ORD_MAX_UNITS; u++) {
        struct ord_unit *unit = &smmu->units[u];

        if (!unit->is_used || !unit->cmdq.slots)
            continue;
        if (rec->cond == SIM_COND_MEM)
            wait_word(unit, rec->addr);
        else if (rec->cond == SIM_COND_QUEUE && rec->addr == unit->cmdq.base)
            wait_slot(unit, rec->index);
    }
}

/* ---- Output queues -----------------------------------------------------------------------------
 */

void ord_outq_cons(struct ord_smmu *smmu, struct ord_unit *unit, struct ord_outq *queue,
                   const char *name, uint32_t value)
{
    const uint64_t words[3] = {queue->prod, queue->cons, value};
    const bool flag = smmu_EVENTQ_PROD_OVFLG(&words[0]);
    const bool old_ack = smmu_EVENTQ_CONS_OVACKFLG(&words[1]);
    const bool ack = smmu_EVENTQ_CONS_OVACKFLG(&words[2]);
    const bool had = queue->has_cons;

    queue->cons = value;
    queue->has_cons = true;
    if (!had || !queue->is_prod_known)
        return;
    if (ack != old_ack && flag == old_ack)
        ord_hit(smmu->order, CHK_RULE_OUTQ_OVACK, unit->iommu,
                "%s_CONS.OVACKFLG %u -> %u, OVFLG was read as %u", name, old_ack, ack, flag);
    if (distance(queue->log2, (uint32_t)words[1], value) >
        distance(queue->log2, (uint32_t)words[1], queue->prod))
        ord_hit(smmu->order, CHK_RULE_OUTQ_CONS_BEYOND, unit->iommu,
                "%s_CONS 0x%" PRIx64 " -> 0x%x, PROD was read as 0x%x", name, words[1], value,
                queue->prod);
}
