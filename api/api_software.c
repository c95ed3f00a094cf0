/* SPDX-License-Identifier: BSD-2-Clause
 * api_software.c - what software does: registers, stores, waits. Each act is recorded.
 * Knows: registers by offset, memory by address. Must not know: who records, what a store is for.
 */
#include "api/api_private.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"
#include "sim/time.h"

#include <string.h>

enum { PAIR_BYTES = 16, TIMED_OUT = -110 };

/* ---- registers ---- */

uint64_t iommusim_reg_read(struct iommusim *sim, uint64_t offset, uint32_t n_bytes)
{
    struct sim_record rec;

    if (api_is_busy(sim))
        return 0;
    sim_record_init(&rec, SIM_R_MMIO_READ);
    rec.mmio_read.offset = offset;
    rec.mmio_read.width = (uint8_t)n_bytes;
    if (n_bytes > UINT8_MAX || sim_record_check(&rec))
        return 0;
    rec.mmio_read.value = api_reg_read(sim, offset, n_bytes);
    (void)api_record(sim, &rec); /* iommusim_record_stop tells */
    return rec.mmio_read.value;
}

int iommusim_reg_write(struct iommusim *sim, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    struct sim_record rec;

    if (api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    sim_record_init(&rec, SIM_R_MMIO_WRITE);
    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = (uint8_t)n_bytes;
    if (n_bytes > UINT8_MAX || sim_record_check(&rec))
        return IOMMUSIM_EINVAL;
    sim->iommu.ops->reg_write(sim->iommu.model, offset, n_bytes, value);
    return api_record(sim, &rec);
}

/* ---- memory ---- */

static int to_memory(struct iommusim *sim, uint64_t pa, const void *data, size_t n_bytes)
{
    if (sim->memory.own)
        return sim_mem_write(sim->memory.own, pa, data, n_bytes);
    while (n_bytes) {
        const uint32_t n =
            n_bytes < SIM_ACCESS_MAX_BYTES ? (uint32_t)n_bytes : SIM_ACCESS_MAX_BYTES;

        if (sim->world.write(sim->world.ctx, pa, data, n))
            return IOMMUSIM_EIO;
        pa += n;
        n_bytes -= n;
        data = (const char *)data + n;
    }
    return 0;
}

int iommusim_read_memory(struct iommusim *sim, uint64_t pa, void *data, size_t n_bytes)
{
    if (sim->memory.own) {
        sim_mem_read(sim->memory.own, pa, data, n_bytes);
        return 0;
    }
    while (n_bytes) {
        const uint32_t n =
            n_bytes < SIM_ACCESS_MAX_BYTES ? (uint32_t)n_bytes : SIM_ACCESS_MAX_BYTES;

        if (sim->world.read(sim->world.ctx, pa, data, n))
            return IOMMUSIM_EIO;
        pa += n;
        n_bytes -= n;
        data = (char *)data + n;
    }
    return 0;
}

int iommusim_write_memory(struct iommusim *sim, uint64_t pa, const void *data, size_t n_bytes)
{
    return to_memory(sim, pa, data, n_bytes);
}

int iommusim_memory(struct iommusim *sim, enum iommusim_structure structure, uint64_t pa,
                    uint64_t n_bytes)
{
    struct sim_record rec;
    int error = 0;

    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.structure = (uint8_t)structure;
    rec.memory.pa = pa;
    rec.memory.size = n_bytes;
    if (sim_record_check(&rec))
        return IOMMUSIM_EINVAL;
    if (sim->memory.own)
        error = sim_mem_fill64(sim->memory.own, pa, n_bytes, 0);
    return error ? error : api_record(sim, &rec);
}

int iommusim_forget(struct iommusim *sim, enum iommusim_structure structure, uint64_t pa,
                    uint64_t n_bytes)
{
    struct sim_record rec;
    int error = 0;

    sim_record_init(&rec, SIM_R_FREE);
    rec.memfree.structure = (uint8_t)structure;
    rec.memfree.pa = pa;
    rec.memfree.size = n_bytes;
    if (sim_record_check(&rec))
        return IOMMUSIM_EINVAL;
    if (sim->memory.own)
        error = sim_mem_forget(sim->memory.own, pa, n_bytes);
    return error ? error : api_record(sim, &rec);
}

static int store(struct iommusim *sim, const struct sim_record *rec)
{
    uint8_t bytes[PAIR_BYTES];
    int error;

    if (sim_record_check(rec))
        return IOMMUSIM_EINVAL;
    for (uint32_t i = 0; i < PAIR_BYTES; i++)
        bytes[i] = (uint8_t)((i < 8 ? rec->store.value : rec->store.value_hi) >> (i % 8 * 8));
    error = to_memory(sim, rec->store.pa, bytes, rec->store.width);
    return error ? error : api_record(sim, rec);
}

int iommusim_store(struct iommusim *sim, enum iommusim_structure structure, uint64_t pa,
                   uint64_t value, uint32_t n_bytes)
{
    struct sim_record rec;

    if (n_bytes > sizeof(value))
        return IOMMUSIM_EINVAL;
    sim_record_init(&rec, SIM_R_STORE);
    rec.store.structure = (uint8_t)structure;
    rec.store.pa = pa;
    rec.store.value = value;
    rec.store.width = (uint8_t)n_bytes;
    return store(sim, &rec);
}

int iommusim_store_pair(struct iommusim *sim, enum iommusim_structure structure, uint64_t pa,
                        const uint64_t words[2], int is_atomic)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_STORE);
    rec.store.structure = (uint8_t)structure;
    rec.store.pa = pa;
    rec.store.value = words[0];
    rec.store.value_hi = words[1];
    rec.store.width = PAIR_BYTES;
    if (is_atomic)
        rec.flags |= SIM_RF_ATOMIC;
    return store(sim, &rec);
}

int iommusim_barrier(struct iommusim *sim, enum iommusim_barrier what, uint64_t pa)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_BARRIER);
    rec.barrier.what = (uint8_t)what;
    rec.barrier.pa = pa;
    if (sim_record_check(&rec))
        return IOMMUSIM_EINVAL;
    return api_record(sim, &rec);
}

/* ---- waits ---- */

static uint64_t command_queue(const struct iommusim *sim)
{
    uint64_t word;

    if (sim->arch == IOMMUSIM_VTD) {
        word = api_reg_read(sim, VTD_REG_IQA, 8);
        return vtd_IQA_IQA_addr(&word);
    }
    word = api_reg_read(sim, SMMU_REG_CMDQ_BASE, 8);
    return smmu_CMDQ_BASE_ADDR_addr(&word);
}

/* A slot is done unless it lies between the read and the write pointer (3.5.1). */
static bool slot_is_done(const struct iommusim *sim, uint32_t index)
{
    const uint64_t base = api_reg_read(sim, SMMU_REG_CMDQ_BASE, 8);
    const uint64_t prod = api_reg_read(sim, SMMU_REG_CMDQ_PROD, 4);
    const uint64_t cons = api_reg_read(sim, SMMU_REG_CMDQ_CONS, 4);
    const uint64_t size = UINT64_C(1) << smmu_CMDQ_BASE_LOG2SIZE(&base);
    const uint64_t left = smmu_CMDQ_PROD_WR(&prod) - smmu_CMDQ_CONS_RD(&cons);

    return ((index - smmu_CMDQ_CONS_RD(&cons)) & (size - 1)) >= (left & (2 * size - 1));
}

static bool holds(struct iommusim *sim, const struct sim_rec_wait *wait)
{
    uint8_t bytes[8] = {0};
    uint64_t word = 0;

    switch (wait->cond) {
    case SIM_COND_REG:
        word = api_reg_read(sim, wait->addr, wait->mask >> 32 ? 8 : 4);
        break;
    case SIM_COND_MEM:
        if (iommusim_read_memory(sim, wait->addr, bytes, sizeof(bytes)))
            return false;
        for (uint32_t i = 0; i < sizeof(bytes); i++)
            word |= (uint64_t)bytes[i] << (8 * i);
        break;
    default:
        if (sim->arch == IOMMUSIM_SMMUV3)
            return slot_is_done(sim, wait->index);
        return api_reg_read(sim, VTD_REG_IQH, 8) == api_reg_read(sim, VTD_REG_IQT, 8);
    }
    return (word & wait->mask) == wait->value;
}

static int wait_for(struct iommusim *sim, struct sim_record *rec, uint64_t timeout_ps)
{
    const uint64_t start_ps = sim_queue_now_ps(sim->queue);
    const uint64_t end_ps =
        timeout_ps < SIM_TIME_NEVER - 1 - start_ps ? start_ps + timeout_ps : SIM_TIME_NEVER;
    uint64_t took_ns;
    bool is_over;
    int error;

    if (sim->is_running || api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    if (sim_record_check(rec))
        return IOMMUSIM_EINVAL;
    while (!(is_over = holds(sim, &rec->wait))) {
        rec->wait.polls += rec->wait.polls != UINT32_MAX;
        if (!api_step(sim, end_ps))
            break;
    }
    if (!is_over && end_ps != SIM_TIME_NEVER)
        (void)iommusim_advance(sim, end_ps - sim_queue_now_ps(sim->queue)); /* not running */
    took_ns = sim_ns_from_ps(sim_queue_now_ps(sim->queue) - start_ps);
    rec->wait.took_ns = took_ns < UINT32_MAX ? (uint32_t)took_ns : UINT32_MAX;
    rec->wait.ret = is_over ? 0 : TIMED_OUT;
    error = api_record(sim, rec);
    if (error)
        return error;
    return is_over ? 0 : IOMMUSIM_ETIMEDOUT;
}

int iommusim_wait_reg(struct iommusim *sim, uint64_t offset, uint64_t mask, uint64_t value,
                      uint64_t timeout_ps)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_WAIT);
    rec.wait.cond = SIM_COND_REG;
    rec.wait.addr = offset;
    rec.wait.mask = mask;
    rec.wait.value = value;
    return wait_for(sim, &rec, timeout_ps);
}

int iommusim_wait_memory(struct iommusim *sim, uint64_t pa, uint64_t mask, uint64_t value,
                         uint64_t timeout_ps)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_WAIT);
    rec.wait.cond = SIM_COND_MEM;
    rec.wait.addr = pa;
    rec.wait.mask = mask;
    rec.wait.value = value;
    return wait_for(sim, &rec, timeout_ps);
}

int iommusim_wait_slot(struct iommusim *sim, uint64_t queue, uint32_t index, uint64_t timeout_ps)
{
    struct sim_record rec;

    if (api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    if (queue != command_queue(sim))
        return IOMMUSIM_EINVAL;
    sim_record_init(&rec, SIM_R_WAIT);
    rec.wait.cond = SIM_COND_QUEUE;
    rec.wait.addr = queue;
    rec.wait.index = index;
    return wait_for(sim, &rec, timeout_ps);
}
