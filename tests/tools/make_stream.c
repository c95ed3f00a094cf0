/* SPDX-License-Identifier: BSD-2-Clause
 * make_stream.c - writes a long stream of records (.iotr) of a driver that keeps the rules: it sets
 * an SMMUv3 up, attaches a device, maps and unmaps pages, and now and then replaces the table.
 * Knows: records, the registers and words that such a driver writes. Must not know: any model.
 *
 * Usage: make_stream FILE N_ROUNDS [ROUNDS_PER_REPLACE]
 * A round is an unmap and a map of 16 pages, 43 records. The same arguments give the same bytes. */
#include "kernel-glue/trace/trc_iotr.h"
#include "models/smmuv3/smmu_layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SID = 0x20,
    CMDQ_LOG2 = 8,
    N_AT_ONCE_LOG2 = 4,
    TYPE_PAGING = 1,
    TYPE_BLOCKED = 0,
};

#define PAGE UINT64_C(4096)
#define N_PAGES UINT64_C(64)
#define N_AT_ONCE UINT64_C(16) /* pages of a map or unmap */
#define STE_BYTES UINT64_C(64)
#define STRTAB UINT64_C(0x10000)
#define CD UINT64_C(0x20000)
#define CMDQ UINT64_C(0x30000)
#define TABLES UINT64_C(0x100000)
#define DATA UINT64_C(0x80000000)
#define IOVA UINT64_C(0x40000000)

/* Words as a driver would build them (5.2, 5.4): stage 1 by one CD; 4 KiB, 48 bits. */
#define STE_ABORT UINT64_C(0x1)
#define STE_S1 (UINT64_C(0xb) | CD)
#define CD_WORD0 UINT64_C(0x00006205c0003510)
#define PTE_PAGE UINT64_C(0xf43)
#define PTE_TABLE UINT64_C(0x3)

struct stream {
    struct trc_iotr_writer *writer;
    uint64_t time_ns;
    uint32_t prod;
    int err;
};

static void put(struct stream *stream, struct sim_record *rec)
{
    rec->time_ns = stream->time_ns;
    stream->time_ns += 100;
    if (!stream->err)
        stream->err = trc_iotr_put(stream->writer, rec);
}

static struct sim_record record(enum sim_record_kind kind)
{
    struct sim_record rec;

    sim_record_init(&rec, kind);
    return rec;
}

static void store(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t value)
{
    struct sim_record rec = record(SIM_R_STORE);

    rec.store.structure = (uint8_t)structure;
    rec.store.pa = pa;
    rec.store.value = value;
    put(stream, &rec);
}

static void write_reg(struct stream *stream, uint64_t offset, uint64_t value, uint8_t width)
{
    struct sim_record rec = record(SIM_R_MMIO_WRITE);

    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = width;
    put(stream, &rec);
}

static void memory(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t size)
{
    struct sim_record rec = record(SIM_R_MEMORY);

    rec.memory.structure = (uint8_t)structure;
    rec.memory.pa = pa;
    rec.memory.size = size;
    put(stream, &rec);
}

static void command(struct stream *stream, uint64_t word0, uint64_t word1)
{
    struct sim_record rec = record(SIM_R_STORE);

    rec.store.structure = SIM_S_CMD;
    rec.store.width = 16;
    rec.store.pa = CMDQ + (uint64_t)(stream->prod & ((1u << CMDQ_LOG2) - 1)) * 16;
    rec.store.value = word0;
    rec.store.value_hi = word1;
    put(stream, &rec);
    stream->prod = (stream->prod + 1) & ((2u << CMDQ_LOG2) - 1);
}

/* CMD_SYNC, the doorbell, and the wait for it. */
static void sync(struct stream *stream)
{
    struct sim_record rec = record(SIM_R_WAIT);
    const uint32_t slot = stream->prod & ((1u << CMDQ_LOG2) - 1);

    command(stream, SMMU_CMD_SYNC, 0);
    write_reg(stream, SMMU_REG_CMDQ_PROD, stream->prod, 4);
    rec.wait.cond = SIM_COND_QUEUE;
    rec.wait.addr = CMDQ;
    rec.wait.index = slot;
    put(stream, &rec);
}

static void mark(struct stream *stream, enum sim_record_kind kind, enum sim_record_enum op,
                 uint64_t domain, uint64_t a)
{
    struct sim_record rec = record(kind);

    if (kind == SIM_R_BEGIN) {
        rec.mark.op = (uint8_t)op;
        rec.mark.domain = domain;
        rec.mark.a = a;
        rec.mark.b = N_AT_ONCE * PAGE;
        rec.mark.dev = op == SIM_OP_MAP || op == SIM_OP_UNMAP ? SIM_NO_DEV : 0;
    } else {
        rec.mark_end.op = (uint8_t)op;
        rec.mark_end.domain = domain;
        rec.mark_end.a = a;
        rec.mark_end.b = N_AT_ONCE * PAGE;
        rec.mark_end.dev = op == SIM_OP_MAP || op == SIM_OP_UNMAP ? SIM_NO_DEV : 0;
    }
    put(stream, &rec);
}

static uint64_t table(uint64_t domain, unsigned level)
{
    return TABLES + domain * 4 * PAGE + level * PAGE;
}

static void map(struct stream *stream, uint64_t domain, uint64_t page)
{
    struct sim_record rec = record(SIM_R_MAP);
    const uint64_t iova = IOVA + page * PAGE;
    const uint64_t pa = DATA + (domain * N_PAGES + page) * PAGE;

    mark(stream, SIM_R_BEGIN, SIM_OP_MAP, domain, iova);
    for (uint64_t i = 0; i < N_AT_ONCE; i++)
        store(stream, SIM_S_PTE, table(domain, 3) + (page + i) * 8, (pa + i * PAGE) | PTE_PAGE);
    rec.map.domain = domain;
    rec.map.iova = iova;
    rec.map.pa = pa;
    rec.map.size = N_AT_ONCE * PAGE;
    put(stream, &rec);
    mark(stream, SIM_R_END, SIM_OP_MAP, domain, iova);
}

static void unmap(struct stream *stream, uint64_t domain, uint64_t page)
{
    struct sim_record rec = record(SIM_R_UNMAP);
    uint64_t tlbi[2] = {0};
    const uint64_t iova = IOVA + page * PAGE;

    mark(stream, SIM_R_BEGIN, SIM_OP_UNMAP, domain, iova);
    for (uint64_t i = 0; i < N_AT_ONCE; i++)
        store(stream, SIM_S_PTE, table(domain, 3) + (page + i) * 8, 0);
    rec.unmap.domain = domain;
    rec.unmap.iova = iova;
    rec.unmap.size = N_AT_ONCE * PAGE;
    rec.unmap.unmapped = N_AT_ONCE * PAGE;
    put(stream, &rec);
    smmu_TLBI_NH_VA_put_op(tlbi, SMMU_CMD_TLBI_NH_VA);
    smmu_TLBI_NH_VA_put_ASID(tlbi, domain);
    smmu_TLBI_NH_VA_put_SCALE(tlbi, N_AT_ONCE_LOG2);
    smmu_TLBI_NH_VA_put_Leaf(tlbi, SMMU_TLBI_NH_VA_Leaf_LAST);
    smmu_TLBI_NH_VA_put_TTL(tlbi, SMMU_TLBI_NH_VA_TTL_LEVEL3);
    smmu_TLBI_NH_VA_put_TG(tlbi, SMMU_TLBI_NH_VA_TG_G4K);
    command(stream, tlbi[0], tlbi[1] | iova);
    sync(stream);
    mark(stream, SIM_R_END, SIM_OP_UNMAP, domain, iova);
}

static void step(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t value)
{
    store(stream, structure, pa, value);
    command(stream,
            (structure == SIM_S_STE ? SMMU_CMD_CFGI_STE : SMMU_CMD_CFGI_CD) | (uint64_t)SID << 32,
            1);
    sync(stream);
}

/* As Linux does: CD.V=0, table, CD.V=1, each with its CFGI and CMD_SYNC. */
static void switch_to(struct stream *stream, enum sim_record_enum op, uint64_t domain)
{
    mark(stream, SIM_R_BEGIN, op, domain, 0);
    mark(stream, SIM_R_BEGIN, SIM_OP_DRV_ATTACH, domain, TYPE_PAGING);
    step(stream, SIM_S_CD, CD, 0);
    step(stream, SIM_S_CD, CD + 8, table(domain, 0));
    step(stream, SIM_S_CD, CD, CD_WORD0 | domain << 48);
    if (op == SIM_OP_ATTACH)
        step(stream, SIM_S_STE, STRTAB + SID * STE_BYTES, STE_S1);
    mark(stream, SIM_R_END, SIM_OP_DRV_ATTACH, domain, TYPE_PAGING);
    mark(stream, SIM_R_END, op, domain, 0);
}

static void set_up(struct stream *stream)
{
    struct sim_record unit = record(SIM_R_IOMMU);
    struct sim_record device = record(SIM_R_DEVICE);
    struct sim_record wait = record(SIM_R_WAIT);

    unit.unit.arch = SIM_ARCH_SMMUV3;
    unit.unit.base = UINT64_C(0x9050000);
    unit.unit.size = UINT64_C(0x20000);
    put(stream, &unit);
    device.device.name = (struct sim_str){"0000:00:04.0", 12};
    device.device.requester = SID;
    put(stream, &device);
    memory(stream, SIM_S_STE, STRTAB, 64 * STE_BYTES);
    memory(stream, SIM_S_CD, CD, PAGE);
    memory(stream, SIM_S_QUEUE, CMDQ, UINT64_C(16) << CMDQ_LOG2);
    memory(stream, SIM_S_PAGES, TABLES, 16 * PAGE);
    store(stream, SIM_S_STE, STRTAB + SID * STE_BYTES, STE_ABORT);
    for (uint64_t domain = 1; domain < 3; domain++) {
        store(stream, SIM_S_PTE, table(domain, 0), table(domain, 1) | PTE_TABLE);
        store(stream, SIM_S_PTE, table(domain, 1) + 8, table(domain, 2) | PTE_TABLE);
        store(stream, SIM_S_PTE, table(domain, 2), table(domain, 3) | PTE_TABLE);
    }
    write_reg(stream, SMMU_REG_CR0, 0, 4);
    write_reg(stream, SMMU_REG_STRTAB_BASE, STRTAB, 8);
    write_reg(stream, SMMU_REG_STRTAB_BASE_CFG, 6, 4);
    write_reg(stream, SMMU_REG_CMDQ_BASE, CMDQ | CMDQ_LOG2, 8);
    write_reg(stream, SMMU_REG_CMDQ_PROD, 0, 4);
    write_reg(stream, SMMU_REG_CMDQ_CONS, 0, 4);
    write_reg(stream, SMMU_REG_CR0, 9, 4); /* SMMUEN, CMDQEN */
    wait.wait.cond = SIM_COND_REG;
    wait.wait.addr = SMMU_REG_CR0ACK;
    wait.wait.mask = 9;
    wait.wait.value = 9;
    put(stream, &wait);
}

static void tell(struct stream *stream, uint64_t n_rounds, uint64_t per_replace)
{
    uint64_t domain = 1;

    set_up(stream);
    for (uint64_t page = 0; page < N_PAGES; page += N_AT_ONCE) {
        map(stream, 1, page);
        map(stream, 2, page);
    }
    switch_to(stream, SIM_OP_ATTACH, domain);
    for (uint64_t round = 0; round < n_rounds && !stream->err; round++) {
        const uint64_t page = round * N_AT_ONCE % N_PAGES;

        unmap(stream, domain, page);
        map(stream, domain, page);
        if (per_replace && (round + 1) % per_replace == 0) {
            domain = 3 - domain;
            switch_to(stream, SIM_OP_REPLACE, domain);
        }
    }
}

int main(int argc, char **argv)
{
    struct stream stream = {.time_ns = 1000};
    struct sim_diag diag;
    FILE *file;

    if (argc < 3) {
        (void)fputs("usage: make_stream FILE N_ROUNDS [ROUNDS_PER_REPLACE]\n", stderr);
        return 2;
    }
    sim_diag_init(&diag, argv[1]);
    file = fopen(argv[1], "wb");
    stream.writer = file ? trc_iotr_writer_new(file, &diag) : NULL;
    if (!stream.writer) {
        perror(argv[1]);
        return 5;
    }
    tell(&stream, strtoull(argv[2], NULL, 0), argc > 3 ? strtoull(argv[3], NULL, 0) : 1000);
    if (!stream.err)
        stream.err = trc_iotr_finish(stream.writer);
    trc_iotr_writer_free(stream.writer);
    if (fclose(file) != 0 || stream.err) {
        (void)fprintf(stderr, "make_stream: cannot write %s\n", argv[1]);
        return 5;
    }
    return 0;
}
