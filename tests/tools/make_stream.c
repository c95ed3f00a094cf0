/* SPDX-License-Identifier: BSD-2-Clause
 * make_stream.c - writes a long stream of records (.iotr) of a driver that keeps the rules: it sets
 * an SMMUv3 up, attaches a device, maps and unmaps pages, and now and then replaces the table.
 * Knows: records, the registers and words that such a driver writes. Must not know: any model.
 *
 * Usage: make_stream FILE N_ROUNDS [ROUNDS_PER_REPLACE]
 * A round is an unmap and a map of 16 pages, 43 records. The same arguments give the same bytes. */
#include "models/smmuv3/smmu_layout.h"
#include "tests/tools/stream.h"

#include <stdlib.h>

enum {
    SID = 0x20,
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
#define TABLES UINT64_C(0x100000)
#define DATA UINT64_C(0x80000000)
#define IOVA UINT64_C(0x40000000)

/* Words as a driver would build them (5.2, 5.4): stage 1 by one CD; 4 KiB, 48 bits. */
#define STE_ABORT UINT64_C(0x1)
#define STE_S1 (UINT64_C(0xb) | CD)
#define CD_WORD0 UINT64_C(0x00006205c0003510)
#define PTE_PAGE UINT64_C(0xf43)
#define PTE_TABLE UINT64_C(0x3)

static void sync(struct stream *stream)
{
    stream_sync(stream, SMMU_CMD_SYNC);
}

static void mark(struct stream *stream, enum sim_record_kind kind, enum sim_record_enum op,
                 uint64_t domain, uint64_t a)
{
    const struct stream_mark mark = {
        .op = op,
        .dev = op == SIM_OP_MAP || op == SIM_OP_UNMAP ? SIM_NO_DEV : 0,
        .domain = domain,
        .a = a,
        .b = N_AT_ONCE * PAGE,
    };

    if (kind == SIM_R_BEGIN)
        stream_begin(stream, &mark);
    else
        stream_end(stream, &mark);
}

static uint64_t table(uint64_t domain, unsigned level)
{
    return TABLES + domain * 4 * PAGE + level * PAGE;
}

static void map(struct stream *stream, uint64_t domain, uint64_t page)
{
    struct sim_record rec = stream_record(SIM_R_MAP);
    const uint64_t iova = IOVA + page * PAGE;
    const uint64_t pa = DATA + (domain * N_PAGES + page) * PAGE;

    mark(stream, SIM_R_BEGIN, SIM_OP_MAP, domain, iova);
    for (uint64_t i = 0; i < N_AT_ONCE; i++)
        stream_store(stream, SIM_S_PTE, table(domain, 3) + (page + i) * 8,
                     (pa + i * PAGE) | PTE_PAGE);
    rec.map.domain = domain;
    rec.map.iova = iova;
    rec.map.pa = pa;
    rec.map.size = N_AT_ONCE * PAGE;
    stream_put(stream, &rec);
    mark(stream, SIM_R_END, SIM_OP_MAP, domain, iova);
}

static void unmap(struct stream *stream, uint64_t domain, uint64_t page)
{
    struct sim_record rec = stream_record(SIM_R_UNMAP);
    uint64_t tlbi[2] = {0};
    const uint64_t iova = IOVA + page * PAGE;

    mark(stream, SIM_R_BEGIN, SIM_OP_UNMAP, domain, iova);
    for (uint64_t i = 0; i < N_AT_ONCE; i++)
        stream_store(stream, SIM_S_PTE, table(domain, 3) + (page + i) * 8, 0);
    rec.unmap.domain = domain;
    rec.unmap.iova = iova;
    rec.unmap.size = N_AT_ONCE * PAGE;
    rec.unmap.unmapped = N_AT_ONCE * PAGE;
    stream_put(stream, &rec);
    smmu_TLBI_NH_VA_put_op(tlbi, SMMU_CMD_TLBI_NH_VA);
    smmu_TLBI_NH_VA_put_ASID(tlbi, domain);
    smmu_TLBI_NH_VA_put_SCALE(tlbi, N_AT_ONCE_LOG2);
    smmu_TLBI_NH_VA_put_Leaf(tlbi, SMMU_TLBI_NH_VA_Leaf_LAST);
    smmu_TLBI_NH_VA_put_TTL(tlbi, SMMU_TLBI_NH_VA_TTL_LEVEL3);
    smmu_TLBI_NH_VA_put_TG(tlbi, SMMU_TLBI_NH_VA_TG_G4K);
    stream_command(stream, tlbi[0], tlbi[1] | iova);
    sync(stream);
    mark(stream, SIM_R_END, SIM_OP_UNMAP, domain, iova);
}

static void step(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t value)
{
    stream_store(stream, structure, pa, value);
    stream_command(
        stream,
        (structure == SIM_S_STE ? SMMU_CMD_CFGI_STE : SMMU_CMD_CFGI_CD) | (uint64_t)SID << 32, 1);
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
    stream_unit(stream, SID);
    stream_memory(stream, SIM_S_STE, STRTAB, 64 * STE_BYTES);
    stream_memory(stream, SIM_S_CD, CD, PAGE);
    stream_memory(stream, SIM_S_QUEUE, STREAM_CMDQ, UINT64_C(16) << STREAM_CMDQ_LOG2);
    stream_memory(stream, SIM_S_PAGES, TABLES, 16 * PAGE);
    stream_store(stream, SIM_S_STE, STRTAB + SID * STE_BYTES, STE_ABORT);
    for (uint64_t domain = 1; domain < 3; domain++) {
        stream_store(stream, SIM_S_PTE, table(domain, 0), table(domain, 1) | PTE_TABLE);
        stream_store(stream, SIM_S_PTE, table(domain, 1) + 8, table(domain, 2) | PTE_TABLE);
        stream_store(stream, SIM_S_PTE, table(domain, 2), table(domain, 3) | PTE_TABLE);
    }
    stream_reg(stream, SMMU_REG_CR0, 0, 4);
    stream_reg(stream, SMMU_REG_STRTAB_BASE, STRTAB, 8);
    stream_reg(stream, SMMU_REG_STRTAB_BASE_CFG, 6, 4);
    stream_reg(stream, SMMU_REG_CMDQ_BASE, STREAM_CMDQ | STREAM_CMDQ_LOG2, 8);
    stream_reg(stream, SMMU_REG_CMDQ_PROD, 0, 4);
    stream_reg(stream, SMMU_REG_CMDQ_CONS, 0, 4);
    stream_reg(stream, SMMU_REG_CR0, 9, 4); /* SMMUEN, CMDQEN */
    stream_wait_reg(stream, SMMU_REG_CR0ACK, 9, 9);
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
    struct stream stream;

    if (argc < 3) {
        (void)fputs("usage: make_stream FILE N_ROUNDS [ROUNDS_PER_REPLACE]\n", stderr);
        return 2;
    }
    if (stream_open(&stream, argv[1]))
        return 5;
    tell(&stream, strtoull(argv[2], NULL, 0), argc > 3 ? strtoull(argv[3], NULL, 0) : 1000);
    return stream_close(&stream, argv[1]) ? 5 : 0;
}
