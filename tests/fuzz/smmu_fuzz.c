/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_fuzz.c - the SMMUv3 model driven by arbitrary bytes: registers, memory, requests, time.
 * Knows: operations. Must not know: what must hold (fuzz_check.c).
 *
 * IOMMUSIM_FUZZ_PRINT in the environment makes every operation and every fact a line on standard
 * output. */
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"
#include "tests/fuzz/fuzz_smmu.h"

#include <string.h>

enum {
    MEMORY_MASK = 0xffff8, /* the first MiB, whole words */
    MAX_EVENTS = 200000,   /* a longer run shows nothing new */
};

/* ---- registers ---- */

static void op_write4(struct fuzz *fuzz)
{
    const struct hw_reg *reg = &smmu_regs[fuzz_u8(fuzz) % smmu_n_regs];

    fuzz_reg_write(fuzz, reg->offset, 4, fuzz_u32(fuzz));
}

static void op_write8(struct fuzz *fuzz)
{
    const struct hw_reg *reg = &smmu_regs[fuzz_u8(fuzz) % smmu_n_regs];

    fuzz_reg_write(fuzz, reg->offset, 8, fuzz_u64(fuzz));
}

/* 4 or 8 mostly; others exist for a bus, and nothing is there. */
static uint32_t read_width(struct fuzz *fuzz)
{
    const uint8_t width = fuzz_u8(fuzz);

    if (width >= 0xf0)
        return width & 15u;
    return width & 1 ? 8 : 4;
}

static void op_write_anywhere(struct fuzz *fuzz)
{
    const uint64_t offset = fuzz_u32(fuzz) & 0x1ffff;
    const uint32_t n_bytes = read_width(fuzz);

    fuzz_reg_write(fuzz, offset, n_bytes, fuzz_u64(fuzz));
}

static void op_read_anywhere(struct fuzz *fuzz)
{
    const uint64_t offset = fuzz_u32(fuzz) & 0x1ffff;

    (void)fuzz_reg_read(fuzz, offset, read_width(fuzz));
}

static void op_cr0(struct fuzz *fuzz)
{
    fuzz_reg_write(fuzz, SMMU_REG_CR0, 4, fuzz_u8(fuzz));
}

static void op_irq_ctrl(struct fuzz *fuzz)
{
    fuzz_reg_write(fuzz, SMMU_REG_IRQ_CTRL, 4, fuzz_u8(fuzz));
}

static void op_acknowledge(struct fuzz *fuzz)
{
    fuzz_reg_write(fuzz, SMMU_REG_GERRORN, 4, fuzz_reg_read(fuzz, SMMU_REG_GERROR, 4));
}

static void op_drain(struct fuzz *fuzz)
{
    fuzz_reg_write(fuzz, SMMU_REG_EVENTQ_CONS, 4, fuzz_reg_read(fuzz, SMMU_REG_EVENTQ_PROD, 4));
}

/* ---- memory ---- */

static uint64_t read_address(struct fuzz *fuzz)
{
    const uint64_t low = fuzz_u16(fuzz);

    return (low | (uint64_t)fuzz_u8(fuzz) << 16) << 3 & MEMORY_MASK;
}

static void op_store(struct fuzz *fuzz)
{
    const uint64_t pa = read_address(fuzz);
    const uint64_t value = fuzz_u64(fuzz);

    fuzz_say(fuzz, "store %llx = %llx", (unsigned long long)pa, (unsigned long long)value);
    fuzz_store(fuzz, pa, value);
}

static void op_flip(struct fuzz *fuzz)
{
    const uint64_t pa = read_address(fuzz);
    const unsigned bit = fuzz_u8(fuzz) & 63;

    fuzz_say(fuzz, "flip %llx bit %u", (unsigned long long)pa, bit);
    fuzz_store(fuzz, pa, sim_mem_read64(fuzz->mem, pa) ^ UINT64_C(1) << bit);
}

static void op_forget(struct fuzz *fuzz)
{
    const uint64_t pa = read_address(fuzz);
    const uint64_t n_bytes = 8 * (uint64_t)fuzz_u8(fuzz);

    fuzz_say(fuzz, "forget %llx, %llu bytes", (unsigned long long)pa, (unsigned long long)n_bytes);
    if (sim_mem_forget(fuzz->mem, pa, n_bytes))
        fuzz_say(fuzz, "memory is full");
}

/* ---- requests ---- */

static struct fuzz_dma *next_dma(struct fuzz *fuzz)
{
    return fuzz->n_dmas < FUZZ_MAX_DMAS ? &fuzz->dmas[fuzz->n_dmas++] : NULL;
}

/* [3:0] access, [5:4] kind, 6 data, 7 the second TBU. */
static void set_access(struct fuzz_dma *dma, uint8_t how)
{
    struct sim_dma *d = &dma->dma;

    d->access = how & 15;
    if (!(d->access & (SIM_DMA_READ | SIM_DMA_WRITE | SIM_DMA_EXECUTE)))
        d->access |= SIM_DMA_READ;
    d->kind = (how >> 4 & 3) % 3;
    d->data = how & 0x40 ? dma->data : NULL;
    d->tbu = how >> 7;
    memset(dma->data, how, sizeof(dma->data));
}

/* Byte 0: StreamID. Byte 1: SubstreamID, 7 none. Byte 2: page. Byte 3: [1:0] half, [3:2] top byte,
 * [5:4] GiB, 6 2 MiB on. Byte 4: access. Byte 5: bytes. */
static void read_dma(struct fuzz *fuzz, struct fuzz_dma *dma)
{
    struct sim_dma *d = &dma->dma;
    uint8_t ssid, where;

    d->requester = fuzz_u8(fuzz);
    ssid = fuzz_u8(fuzz);
    d->has_pasid = !(ssid & 0x80);
    d->pasid = d->has_pasid ? ssid : 0;
    d->iova = (uint64_t)fuzz_u8(fuzz) << 12;
    where = fuzz_u8(fuzz);
    if ((where & 3) == 3)
        d->iova |= UINT64_C(0xffffff8000000000);
    else if ((where & 3) == 2)
        d->iova |= UINT64_C(0x0000008000000000);
    d->iova |= (uint64_t)(where >> 2 & 3) << 56;
    d->iova |= (uint64_t)(where >> 4 & 3) << 30;
    d->iova |= (uint64_t)(where >> 6 & 1) << 21;
    set_access(dma, fuzz_u8(fuzz));
    d->n_bytes = 1u + fuzz_u8(fuzz);
    d->iova |= d->n_bytes * 8 & 0xfff;
}

static void op_dma(struct fuzz *fuzz)
{
    struct fuzz_dma *dma = next_dma(fuzz);

    if (!dma)
        return;
    read_dma(fuzz, dma);
    fuzz_submit(fuzz, dma);
}

static void op_dma_anywhere(struct fuzz *fuzz)
{
    struct fuzz_dma *dma = next_dma(fuzz);

    if (!dma)
        return;
    dma->dma.requester = fuzz_u32(fuzz);
    dma->dma.pasid = fuzz_u32(fuzz);
    dma->dma.has_pasid = dma->dma.pasid >> 31;
    dma->dma.pasid &= 0xfffff; /* as wide as the bus has it */
    dma->dma.iova = fuzz_u64(fuzz);
    set_access(dma, fuzz_u8(fuzz));
    dma->dma.n_bytes = fuzz_u8(fuzz);
    fuzz_submit(fuzz, dma);
}

/* Up to 16 requests like the first, a page apart or the same. */
static void op_burst(struct fuzz *fuzz)
{
    const uint8_t how = fuzz_u8(fuzz);
    struct fuzz_dma *first = next_dma(fuzz);

    if (!first)
        return;
    read_dma(fuzz, first);
    fuzz_submit(fuzz, first);
    for (unsigned i = 0; i < (how & 15u); i++) {
        struct fuzz_dma *dma = next_dma(fuzz);

        if (!dma)
            return;
        dma->dma = first->dma;
        dma->dma.data = first->dma.data ? dma->data : NULL;
        dma->dma.iova += (how >> 4 & 3) * (uint64_t)i * 0x1000;
        dma->dma.requester += (how >> 6 & 1) * i;
        fuzz_submit(fuzz, dma);
    }
}

/* Data has been moved between the request and the address that it was answered with. */
static void check_data(const struct fuzz *fuzz, const struct fuzz_dma *dma)
{
    uint8_t bytes[FUZZ_MAX_DATA_BYTES];

    sim_mem_read(fuzz->mem, dma->dma.pa, bytes, dma->dma.n_bytes);
    SIM_BUG_ON(memcmp(bytes, dma->data, dma->dma.n_bytes) != 0);
}

/* What was answered well is answered the same again while nobody changes anything. */
static void op_twice(struct fuzz *fuzz)
{
    struct fuzz_dma *first = next_dma(fuzz);
    struct fuzz_dma *second = next_dma(fuzz);

    if (!second)
        return;
    read_dma(fuzz, first);
    fuzz_settle(fuzz);
    second->dma = first->dma;
    second->dma.data = NULL;
    fuzz_submit(fuzz, first);
    fuzz_settle(fuzz);
    if (first->dma.status != SIM_DMA_OK)
        return;
    if (first->dma.data) {
        check_data(fuzz, first);
        if (first->dma.access & SIM_DMA_WRITE) /* perhaps into a table */
            return;
    }
    fuzz_submit(fuzz, second);
    fuzz_settle(fuzz);
    SIM_BUG_ON(second->dma.status != SIM_DMA_OK || second->dma.pa != first->dma.pa);
    SIM_BUG_ON(second->dma.granted != first->dma.granted);
}

/* ---- time ---- */

static void op_advance(struct fuzz *fuzz)
{
    fuzz_advance(fuzz, fuzz_u16(fuzz) * UINT64_C(50));
}

static void op_advance_exactly(struct fuzz *fuzz)
{
    fuzz_advance(fuzz, fuzz_u32(fuzz));
}

static void op_steps(struct fuzz *fuzz)
{
    for (unsigned n = fuzz_u8(fuzz); n && fuzz_step(fuzz); n--)
        ;
}

/* ---- the program ---- */

typedef void fuzz_op(struct fuzz *fuzz);

/* An opcode is an index, whatever its upper bits. The last one has opcodes of its own. */
static fuzz_op *const ops[] = {
    op_write4,     op_write8,          op_write_anywhere, op_read_anywhere, op_cr0,
    op_irq_ctrl,   op_acknowledge,     op_drain,          op_store,         op_flip,
    op_forget,     fuzz_op_boot,       fuzz_op_ste,       fuzz_op_cd,       fuzz_op_l1,
    fuzz_op_space, fuzz_op_pte,        fuzz_op_command,   fuzz_op_ring,     fuzz_op_raw_command,
    op_dma,        op_dma_anywhere,    op_burst,          op_twice,         op_advance,
    op_steps,      op_advance_exactly, fuzz_settle,       fuzz_reset,       fuzz_take,
    fuzz_op_purge, fuzz_op_more,
};

/* To the end of the input, then to rest, then through a reset, which leaves nobody waiting. Return:
 * what all that was observed comes to. */
static uint64_t run_on(struct fuzz *fuzz)
{
    while (fuzz->at < fuzz->n_data && fuzz->n_events < MAX_EVENTS)
        ops[fuzz_u8(fuzz) % (sizeof(ops) / sizeof(ops[0]))](fuzz);
    fuzz_settle(fuzz);
    fuzz_reset(fuzz);
    fuzz_settle(fuzz);
    return fuzz->hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct fuzz *fuzz = fuzz_new(data, n_bytes);
    uint64_t hash;

    if (!fuzz)
        return 0;
    hash = run_on(fuzz);
    if (fuzz->has_snapshot) {
        fuzz_restore(fuzz);
        SIM_BUG_ON(run_on(fuzz) != hash);
    }
    fuzz_free(fuzz);
    return 0;
}
