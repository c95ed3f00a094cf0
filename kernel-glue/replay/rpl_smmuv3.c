/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_smmuv3.c - what a driver of an SMMUv3 does in answer to its hardware.
 * Knows: registers and queues as software sees them. Must not know: the model behind them.
 *
 * The stream holds the answers to another machine's events and errors. Those are not replayed;
 * the handlers here answer what this model produced: they take records off the event and page
 * request queues (3.5.2, 3.5.4), answer what hardware waits for, and acknowledge global errors
 * (7.1, 7.5). */
#include "kernel-glue/replay/rpl_private.h"

#include "models/smmuv3/smmu_layout.h"

#define CMD_BYTES 16u

/* What stall_answer means. */
enum {
    STALL_ABORT,
    STALL_RETRY,
    STALL_RAZ_WI,
};

static uint64_t reg_read(const struct rpl *rpl, uint32_t unit, uint64_t offset, uint32_t n_bytes)
{
    const struct sim_iommu *model = &rpl->machine->units[unit].model;

    return model->ops->reg_read(model->model, offset, n_bytes);
}

static void reg_write(const struct rpl *rpl, uint32_t unit, uint64_t offset, uint64_t value)
{
    const struct sim_iommu *model = &rpl->machine->units[unit].model;

    model->ops->reg_write(model->model, offset, 4, value);
}

/* ---- what is an answer ---- */

static uint64_t offset_of(const struct sim_record *rec)
{
    if (rec->kind == SIM_R_MMIO_WRITE)
        return rec->mmio.offset;
    if (rec->kind == SIM_R_MMIO_READ)
        return rec->mmio_read.offset;
    return rec->wait.cond == SIM_COND_REG ? rec->wait.addr : UINT64_MAX;
}

/* Pointers of queues that hardware fills, and global errors, while the unit runs. */
bool rpl_smmuv3_is_answer(const struct rpl *rpl, uint32_t unit, const struct sim_record *rec)
{
    const uint64_t *cr0 = &rpl->live.responders[unit].cr0;

    switch (offset_of(rec)) {
    case SMMU_REG_EVENTQ_PROD:
    case SMMU_REG_EVENTQ_CONS:
        return smmu_CR0_EVENTQEN(cr0);
    case SMMU_REG_PRIQ_PROD:
    case SMMU_REG_PRIQ_CONS:
        return smmu_CR0_PRIQEN(cr0);
    case SMMU_REG_GERROR:
    case SMMU_REG_GERRORN:
        return smmu_CR0_SMMUEN(cr0) || smmu_CR0_CMDQEN(cr0) || smmu_CR0_EVENTQEN(cr0);
    default:
        return false;
    }
}

void rpl_smmuv3_written(struct rpl *rpl, uint32_t unit, const struct sim_rec_mmio *rec)
{
    if (rec->offset == SMMU_REG_CR0)
        rpl->live.responders[unit].cr0 = rec->value;
    else if (rec->offset == SMMU_REG_IRQ_CTRL)
        rpl->live.responders[unit].irq_ctrl = rec->value;
}

/* Commands that answer another machine's hardware keep their slot, and their cost, but are about a
 * stream that nobody has. */
uint64_t rpl_smmuv3_stored(struct rpl *rpl, const struct sim_rec_store *rec)
{
    uint64_t word = rec->value;
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(&word);

    if (rpl->beside.is_on || rec->structure != SIM_S_CMD || rec->width < sizeof(word) ||
        rec->pa % CMD_BYTES || (opcode != SMMU_CMD_RESUME && opcode != SMMU_CMD_PRI_RESP))
        return word;
    if (!rpl->is_fork && rpl->live.phase != RPL_HALF)
        rpl->stats.n_answers++;
    smmu_RESUME_put_SID(&word, UINT32_MAX);
    return word;
}

/* ---- what software waits for ---- */

/* Entries between a queue's pointers, each with a wrap bit above log2size bits. */
static uint64_t distance(uint64_t from, uint64_t to, uint64_t log2size)
{
    return (to - from) & ((UINT64_C(2) << log2size) - 1);
}

/* A slot is done unless it lies between the read and the write pointer. */
bool rpl_smmuv3_slot_is_done(const struct rpl *rpl, uint32_t unit, uint64_t base, uint32_t index)
{
    const uint64_t queue = reg_read(rpl, unit, SMMU_REG_CMDQ_BASE, 8);
    const uint64_t prod = reg_read(rpl, unit, SMMU_REG_CMDQ_PROD, 4);
    const uint64_t cons = reg_read(rpl, unit, SMMU_REG_CMDQ_CONS, 4);
    const uint64_t log2size = smmu_CMDQ_BASE_LOG2SIZE(&queue);
    const uint64_t size = UINT64_C(1) << log2size;

    if (smmu_CMDQ_BASE_ADDR_addr(&queue) != base)
        return false;
    return ((index - smmu_CMDQ_CONS_RD(&cons)) & (size - 1)) >=
           distance(smmu_CMDQ_CONS_RD(&cons), smmu_CMDQ_PROD_WR(&prod), log2size);
}

/* Software that waits for room polls the command queue's read pointer. This model may be further
 * than the one of the stream was: an empty queue has room whatever was seen then. */
bool rpl_smmuv3_reg_is_past(const struct rpl *rpl, uint32_t unit, const struct sim_rec_wait *wait)
{
    uint64_t prod, cons;

    if (wait->addr != SMMU_REG_CMDQ_CONS)
        return false;
    prod = reg_read(rpl, unit, SMMU_REG_CMDQ_PROD, 4);
    cons = reg_read(rpl, unit, SMMU_REG_CMDQ_CONS, 4);
    return smmu_CMDQ_PROD_WR(&prod) == smmu_CMDQ_CONS_RD(&cons);
}

/* ---- the handlers ---- */

static bool answer_event(const struct rpl *rpl, const uint64_t *record, uint64_t *command);
static bool answer_page(const struct rpl *rpl, const uint64_t *record, uint64_t *command);

/**
 * struct out_queue - one of the two queues that hardware fills. EVENTQ_PROD and PRIQ_PROD, and the
 * other registers of each, have their fields in the same places.
 * @answer: make the command that answers a record. Return: false if none does.
 */
struct out_queue {
    uint32_t base, prod, cons;
    uint32_t n_bytes; /* of a record */
    bool (*answer)(const struct rpl *rpl, const uint64_t *record, uint64_t *command);
};

static const struct out_queue event_queue = {SMMU_REG_EVENTQ_BASE, SMMU_REG_EVENTQ_PROD,
                                             SMMU_REG_EVENTQ_CONS, SMMU_WORDS_F_TRANSLATION * 8,
                                             answer_event};
static const struct out_queue page_queue = {SMMU_REG_PRIQ_BASE, SMMU_REG_PRIQ_PROD,
                                            SMMU_REG_PRIQ_CONS, SMMU_WORDS_PRI * 8, answer_page};

static void respond(struct rpl_responder *responder, uint64_t offset, uint64_t value)
{
    if (!responder->rpl->is_fork)
        responder->rpl->stats.n_responses++;
    reg_write(responder->rpl, responder->unit, offset, value);
}

static void after(struct rpl *rpl, uint64_t delay_ps, struct sim_event *event)
{
    sim_queue_at(rpl->machine->queue, &rpl->live.responder_source, rpl_now(rpl) + delay_ps, event);
}

/* A request that waits for software (3.12.2). */
static bool answer_event(const struct rpl *rpl, const uint64_t *record, uint64_t *command)
{
    static const struct {
        uint64_t ac, ab;
    } how[] = {
        [STALL_ABORT] = {SMMU_RESUME_Ac_TERMINATE, SMMU_RESUME_Ab_ABORT},
        [STALL_RETRY] = {SMMU_RESUME_Ac_RETRY, SMMU_RESUME_Ab_ABORT},
        [STALL_RAZ_WI] = {SMMU_RESUME_Ac_TERMINATE, SMMU_RESUME_Ab_RAZWI},
    };
    const uint64_t number = smmu_F_TRANSLATION_number(record);
    const uint32_t wanted = rpl->config->cpu.stall_answer;

    if (number < SMMU_EVT_F_TRANSLATION || number > SMMU_EVT_F_PERMISSION ||
        !smmu_F_TRANSLATION_Stall(record))
        return false;
    smmu_RESUME_put_op(command, SMMU_CMD_RESUME);
    smmu_RESUME_put_Ac(command, how[wanted].ac);
    smmu_RESUME_put_Ab(command, how[wanted].ab);
    smmu_RESUME_put_SID(command, smmu_F_TRANSLATION_SID(record));
    smmu_RESUME_put_STAG(command, smmu_F_TRANSLATION_STAG(record));
    return true;
}

/* The last request of a group; a stop marker (R=W=0) wants no answer. */
static bool answer_page(const struct rpl *rpl, const uint64_t *record, uint64_t *command)
{
    (void)rpl;
    if (!smmu_PRI_Last(record) || (!smmu_PRI_R(record) && !smmu_PRI_W(record)))
        return false;
    smmu_PRI_RESP_put_op(command, SMMU_CMD_PRI_RESP);
    smmu_PRI_RESP_put_SSV(command, smmu_PRI_SSV(record));
    smmu_PRI_RESP_put_SSID(command, smmu_PRI_SSID(record));
    smmu_PRI_RESP_put_SID(command, smmu_PRI_SID(record));
    smmu_PRI_RESP_put_PRGIndex(command, smmu_PRI_PRGIndex(record));
    smmu_PRI_RESP_put_Resp(command, SMMU_PRI_RESP_Resp_SUCCESS);
    return true;
}

/* What hardware waits for is answered past the command queue: its slots, and what stands in them,
 * are the stream's. */
static void answer(struct rpl_responder *responder, const struct out_queue *queue, uint64_t n)
{
    const struct rpl *rpl = responder->rpl;
    const struct sim_iommu *model = &rpl->machine->units[responder->unit].model;
    const uint64_t base = reg_read(rpl, responder->unit, queue->base, 8);
    const uint64_t cons = reg_read(rpl, responder->unit, queue->cons, 4);
    const uint64_t size = UINT64_C(1) << smmu_EVENTQ_BASE_LOG2SIZE(&base);
    const uint64_t first = smmu_EVENTQ_BASE_ADDR_addr(&base) & ~(size * queue->n_bytes - 1);

    for (uint64_t i = 0; i < n && model->ops->answer; i++) {
        const uint64_t index = (smmu_EVENTQ_CONS_RD(&cons) + i) & (size - 1);
        uint64_t record[SMMU_WORDS_F_TRANSLATION] = {0};
        uint64_t command[SMMU_WORDS_RESUME] = {0};

        sim_mem_read(rpl->machine->mem, first + index * queue->n_bytes, record, queue->n_bytes);
        if (!queue->answer(rpl, record, command))
            continue;
        model->ops->answer(model->model, command);
        if (!rpl->is_fork)
            responder->rpl->stats.n_responses++;
    }
}

/* Return: false if the pointer does not move: the queue is not ours any more. */
static bool take(struct rpl_responder *responder, const struct out_queue *queue, uint64_t n)
{
    const uint64_t base = reg_read(responder->rpl, responder->unit, queue->base, 8);
    uint64_t cons = reg_read(responder->rpl, responder->unit, queue->cons, 4);
    const uint64_t mask = (UINT64_C(2) << smmu_EVENTQ_BASE_LOG2SIZE(&base)) - 1;

    smmu_EVENTQ_CONS_put_RD(&cons, (smmu_EVENTQ_CONS_RD(&cons) + n) & mask);
    respond(responder, queue->cons, cons);
    return (uint32_t)cons == reg_read(responder->rpl, responder->unit, queue->cons, 4);
}

/* Nothing is left: a queue that has overflowed gets its acknowledge (7.4). */
static void rest(struct rpl_responder *responder, const struct out_queue *queue, uint64_t prod)
{
    uint64_t cons = reg_read(responder->rpl, responder->unit, queue->cons, 4);

    if (smmu_EVENTQ_CONS_OVACKFLG(&cons) == smmu_EVENTQ_PROD_OVFLG(&prod))
        return;
    smmu_EVENTQ_CONS_put_OVACKFLG(&cons, smmu_EVENTQ_PROD_OVFLG(&prod));
    respond(responder, queue->cons, cons);
}

/* @n_taken: records that were being handled until now. Return: those that are handled next. */
static uint32_t serve(struct rpl_responder *responder, const struct out_queue *queue,
                      uint32_t n_taken)
{
    struct rpl *rpl = responder->rpl;
    uint64_t base, prod, cons, n;

    if (n_taken)
        answer(responder, queue, n_taken);
    if (n_taken && !take(responder, queue, n_taken))
        return 0;
    base = reg_read(rpl, responder->unit, queue->base, 8);
    prod = reg_read(rpl, responder->unit, queue->prod, 4);
    cons = reg_read(rpl, responder->unit, queue->cons, 4);
    n = distance(smmu_EVENTQ_CONS_RD(&cons), smmu_EVENTQ_PROD_WR(&prod),
                 smmu_EVENTQ_BASE_LOG2SIZE(&base));
    if (!n)
        rest(responder, queue, prod);
    return (uint32_t)(n < rpl->config->cpu.respond_batch ? n : rpl->config->cpu.respond_batch);
}

static void evtq(void *ctx)
{
    struct rpl_responder *responder = ctx;
    const struct rpl *rpl = responder->rpl;
    uint64_t delay_ps;

    if (rpl->is_over) /* a retry may make the next record, for ever */
        return;
    responder->n_evtq = serve(responder, &event_queue, responder->n_evtq);
    delay_ps = rpl->cost.respond * responder->n_evtq;
    if (!delay_ps && rpl->config->cpu.stall_answer == STALL_RETRY)
        delay_ps = RPL_STALL_PS; /* else what fails again and again would do so in no time */
    if (responder->n_evtq)
        after(responder->rpl, delay_ps, &responder->evtq);
}

static void priq(void *ctx)
{
    struct rpl_responder *responder = ctx;

    responder->n_priq = serve(responder, &page_queue, responder->n_priq);
    if (responder->n_priq)
        after(responder->rpl, responder->rpl->cost.respond * responder->n_priq, &responder->priq);
}

/* Software cannot take a command back, so it makes a harmless one of it (7.1). */
static void replace_command(const struct rpl *rpl, uint32_t unit, uint64_t index)
{
    const uint64_t queue = reg_read(rpl, unit, SMMU_REG_CMDQ_BASE, 8);
    const uint64_t size = UINT64_C(1) << smmu_CMDQ_BASE_LOG2SIZE(&queue);
    const uint64_t pa = smmu_CMDQ_BASE_ADDR_addr(&queue) + (index & (size - 1)) * CMD_BYTES;
    uint64_t words[SMMU_WORDS_CMD_SYNC] = {0};

    smmu_CMD_SYNC_put_op(words, SMMU_CMD_SYNC);
    smmu_CMD_SYNC_put_CS(words, SMMU_CMD_SYNC_CS_SEV);
    smmu_CMD_SYNC_put_MSH(words, SMMU_CMD_SYNC_MSH_ISH);
    (void)sim_mem_write(rpl->machine->mem, pa, words, sizeof(words));
}

static void gerror(void *ctx)
{
    struct rpl_responder *responder = ctx;
    const struct rpl *rpl = responder->rpl;
    const uint64_t errors = reg_read(rpl, responder->unit, SMMU_REG_GERROR, 4);
    const uint64_t active = errors ^ reg_read(rpl, responder->unit, SMMU_REG_GERRORN, 4);
    const uint64_t cons = reg_read(rpl, responder->unit, SMMU_REG_CMDQ_CONS, 4);

    if (!active)
        return;
    responder->error_ps = rpl_now(rpl) + 1;
    if (smmu_GERROR_CMDQ_ERR(&active) && smmu_CMDQ_CONS_ERR(&cons) == SMMU_CMDQ_CONS_ERR_CERROR_ILL)
        replace_command(rpl, responder->unit, smmu_CMDQ_CONS_RD(&cons));
    respond(responder, SMMU_REG_GERRORN, errors);
}

/* Software hears of it only if it asked for the interrupt. */
static void wake(struct rpl_responder *responder, struct sim_event *event, uint64_t is_enabled,
                 uint64_t delay_ps)
{
    if (is_enabled && !sim_event_is_scheduled(event))
        after(responder->rpl, delay_ps, event);
}

/* Called while the model is at work: only reads of what software itself wrote are done here. */
void rpl_smmuv3_interrupt(struct rpl *rpl, uint32_t unit, enum sim_irq source)
{
    struct rpl_responder *responder = &rpl->live.responders[unit];
    const uint64_t irq_ctrl = responder->irq_ctrl;

    if (source == SIM_IRQ_EVENTQ)
        wake(responder, &responder->evtq, smmu_IRQ_CTRL_EVENTQ_IRQEN(&irq_ctrl), rpl->cost.irq);
    else if (source == SIM_IRQ_PRIQ)
        wake(responder, &responder->priq, smmu_IRQ_CTRL_PRIQ_IRQEN(&irq_ctrl), rpl->cost.irq);
    else if (source == SIM_IRQ_GERROR)
        wake(responder, &responder->gerror, smmu_IRQ_CTRL_GERROR_IRQEN(&irq_ctrl),
             rpl_error_delay(rpl, responder));
}

void rpl_smmuv3_init(struct rpl *rpl, uint32_t unit)
{
    struct rpl_responder *responder = &rpl->live.responders[unit];

    responder->rpl = rpl;
    responder->unit = unit;
    if (rpl->scan->translation_on_at_start) {
        smmu_CR0_put_SMMUEN(&responder->cr0, 1);
        smmu_CR0_put_EVENTQEN(&responder->cr0, 1);
        smmu_CR0_put_PRIQEN(&responder->cr0, 1);
        smmu_IRQ_CTRL_put_EVENTQ_IRQEN(&responder->irq_ctrl, 1);
        smmu_IRQ_CTRL_put_PRIQ_IRQEN(&responder->irq_ctrl, 1);
        smmu_IRQ_CTRL_put_GERROR_IRQEN(&responder->irq_ctrl, 1);
    }
    responder->evtq = (struct sim_event){.fn = evtq, .ctx = responder};
    responder->priq = (struct sim_event){.fn = priq, .ctx = responder};
    responder->gerror = (struct sim_event){.fn = gerror, .ctx = responder};
}
