/* SPDX-License-Identifier: BSD-2-Clause
 * make_stream_vtd.c - writes a long stream of records (.iotr) of a VT-d driver that keeps the
 * rules: it sets a unit up in scalable mode, attaches a device, maps and unmaps pages, and now and
 * then replaces the table. Knows: records, the registers and words that such a driver writes. Must
 * not know: any model.
 *
 * Usage: make_stream_vtd FILE N_ROUNDS [ROUNDS_PER_REPLACE [flush]]
 * A round is an unmap and a map of 16 pages, 44 records. With "flush" tables are not snooped, and
 * the lines of what was stored are flushed. The same arguments give the same bytes. */
#include "models/vtd/vtd_layout.h"
#include "tests/tools/stream.h"

#include <stdlib.h>
#include <string.h>

enum {
    SID = 0x18,
    N_SLOTS = 128,
    N_AT_ONCE_LOG2 = 4,
    TYPE_PAGING = 1,
    LINE_BYTES = 64,
    QUEUE_ON = 1 << 26,
    ROOT_SET = 1 << 30,
};

#define PAGE UINT64_C(4096)
#define N_PAGES UINT64_C(64)
#define N_AT_ONCE UINT64_C(16) /* pages of a map or unmap */
#define ROOT UINT64_C(0x10000)
#define CONTEXTS UINT64_C(0x11000)
#define DIRECTORY UINT64_C(0x13000)
#define PASIDS UINT64_C(0x14000)
#define QUEUE UINT64_C(0x30000)
#define STATUS UINT64_C(0x40000)
#define TABLES UINT64_C(0x100000)
#define DATA UINT64_C(0x80000000)
#define IOVA UINT64_C(0x40000000)
#define TE_ON (UINT64_C(1) << 31)

/* A unit of version 4: both stages, 48 bits, domains of 16 bits, all of scalable mode. */
#define CAP UINT64_C(0xd2008c222f0606)
#define ECAP UINT64_C(0x3e998a4000f4f)
#define SCALABLE UINT64_C(0x400)

struct maker {
    struct stream stream;
    uint32_t tail;
    bool has_flushes;
};

static void flush(struct maker *m, uint64_t pa, uint64_t n_bytes)
{
    struct sim_record rec = stream_record(SIM_R_BARRIER);

    for (uint64_t at = pa / LINE_BYTES * LINE_BYTES; m->has_flushes && at < pa + n_bytes;
         at += LINE_BYTES) {
        rec.barrier.what = SIM_BARRIER_FLUSH;
        rec.barrier.pa = at;
        stream_put(&m->stream, &rec);
    }
}

static void descriptor(struct maker *m, uint64_t q0, uint64_t q1)
{
    for (unsigned half = 0; half < 2; half++) {
        struct sim_record rec = stream_record(SIM_R_STORE);

        rec.store.structure = SIM_S_QI;
        rec.store.width = 16;
        rec.store.pa = QUEUE + (uint64_t)m->tail * 32 + half * UINT64_C(16);
        rec.store.value = half ? 0 : q0;
        rec.store.value_hi = half ? 0 : q1;
        stream_put(&m->stream, &rec);
    }
    m->tail = (m->tail + 1) % N_SLOTS;
}

static void wait(struct maker *m)
{
    struct sim_record rec = stream_record(SIM_R_WAIT);

    rec.wait.cond = SIM_COND_QUEUE;
    rec.wait.addr = QUEUE;
    rec.wait.index = m->tail;
    descriptor(m, UINT64_C(0x200000025), STATUS); /* SW, data 2 */
    stream_reg(&m->stream, VTD_REG_IQT, (uint64_t)m->tail * 32, 4);
    stream_put(&m->stream, &rec);
}

static void mark(struct maker *m, enum sim_record_kind kind, enum sim_record_enum op,
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
        stream_begin(&m->stream, &mark);
    else
        stream_end(&m->stream, &mark);
}

static uint64_t table(uint64_t domain, unsigned level)
{
    return TABLES + domain * 4 * PAGE + level * PAGE;
}

static void map(struct maker *m, uint64_t domain, uint64_t page)
{
    struct sim_record rec = stream_record(SIM_R_MAP);
    const uint64_t iova = IOVA + page * PAGE;
    const uint64_t pa = DATA + (domain * N_PAGES + page) * PAGE;

    mark(m, SIM_R_BEGIN, SIM_OP_MAP, domain, iova);
    for (uint64_t i = 0; i < N_AT_ONCE; i++)
        stream_store(&m->stream, SIM_S_PTE_VTD, table(domain, 3) + (page + i) * 8,
                     (pa + i * PAGE) | 3);
    flush(m, table(domain, 3) + page * 8, N_AT_ONCE * 8);
    rec.map.domain = domain;
    rec.map.iova = iova;
    rec.map.pa = pa;
    rec.map.size = N_AT_ONCE * PAGE;
    stream_put(&m->stream, &rec);
    mark(m, SIM_R_END, SIM_OP_MAP, domain, iova);
}

/* The domain of a table is one more than its number: 1 is that of pass-through. */
static uint64_t did(uint64_t domain)
{
    return domain + 1;
}

static void unmap(struct maker *m, uint64_t domain, uint64_t page)
{
    struct sim_record rec = stream_record(SIM_R_UNMAP);
    const uint64_t iova = IOVA + page * PAGE;

    mark(m, SIM_R_BEGIN, SIM_OP_UNMAP, domain, iova);
    for (uint64_t i = 0; i < N_AT_ONCE; i++)
        stream_store(&m->stream, SIM_S_PTE_VTD, table(domain, 3) + (page + i) * 8, 0);
    flush(m, table(domain, 3) + page * 8, N_AT_ONCE * 8);
    rec.unmap.domain = domain;
    rec.unmap.iova = iova;
    rec.unmap.size = N_AT_ONCE * PAGE;
    rec.unmap.unmapped = N_AT_ONCE * PAGE;
    stream_put(&m->stream, &rec);
    descriptor(m, UINT64_C(0xf2) | did(domain) << 16, iova | N_AT_ONCE_LOG2); /* IOTLB, pages */
    wait(m);
    mark(m, SIM_R_END, SIM_OP_UNMAP, domain, iova);
}

/* As Linux does (7.5, 7.4): P=0, PASID cache, IOTLB; the other words, then P=1. */
static void switch_to(struct maker *m, enum sim_record_enum op, uint64_t old, uint64_t domain)
{
    mark(m, SIM_R_BEGIN, op, domain, 0);
    mark(m, SIM_R_BEGIN, SIM_OP_DRV_ATTACH, domain, TYPE_PAGING);
    if (op == SIM_OP_REPLACE) {
        stream_store(&m->stream, SIM_S_PASID, PASIDS, table(old, 0) | 0x88);
        flush(m, PASIDS, 1);
        descriptor(m, UINT64_C(0x17) | did(old) << 16, 0);
        wait(m);
        descriptor(m, UINT64_C(0xe2) | did(old) << 16, 0);
        wait(m);
    }
    stream_store(&m->stream, SIM_S_PASID, PASIDS + 8, UINT64_C(0x800000) | did(domain));
    stream_store(&m->stream, SIM_S_PASID, PASIDS, table(domain, 0) | 0x89);
    flush(m, PASIDS, 1);
    mark(m, SIM_R_END, SIM_OP_DRV_ATTACH, domain, TYPE_PAGING);
    mark(m, SIM_R_END, op, domain, 0);
}

static void read_id(struct maker *m, uint64_t offset, uint64_t value)
{
    struct sim_record rec = stream_record(SIM_R_MMIO_READ);

    rec.mmio_read.offset = offset;
    rec.mmio_read.value = value;
    rec.mmio_read.width = 8;
    stream_put(&m->stream, &rec);
}

static void unit(struct maker *m)
{
    struct sim_record meta = stream_record(SIM_R_META);
    struct sim_record iommu = stream_record(SIM_R_IOMMU);
    struct sim_record device = stream_record(SIM_R_DEVICE);
    uint64_t ecap = ECAP;

    vtd_ECAP_put_C(&ecap, !m->has_flushes);
    meta.meta.key = (struct sim_str){"barriers", 8};
    meta.meta.value = (struct sim_str){"recorded", 8};
    if (m->has_flushes)
        stream_put(&m->stream, &meta);
    iommu.unit.arch = SIM_ARCH_VTD;
    iommu.unit.base = UINT64_C(0xfed90000);
    iommu.unit.size = UINT64_C(0x1000);
    stream_put(&m->stream, &iommu);
    device.device.name = (struct sim_str){"0000:00:03.0", 12};
    device.device.requester = SID;
    stream_put(&m->stream, &device);
    read_id(m, VTD_REG_VER, 0x40);
    read_id(m, VTD_REG_CAP, CAP);
    read_id(m, VTD_REG_ECAP, ecap);
}

static void set_up(struct maker *m)
{
    struct stream *stream = &m->stream;

    unit(m);
    stream_memory(stream, SIM_S_ROOT, ROOT, 2 * PAGE);
    stream_memory(stream, SIM_S_PASID_DIR, DIRECTORY, 2 * PAGE);
    stream_memory(stream, SIM_S_QUEUE, QUEUE, PAGE);
    stream_memory(stream, SIM_S_OTHER, STATUS, PAGE);
    stream_memory(stream, SIM_S_PAGES, TABLES, 16 * PAGE);
    stream_store(stream, SIM_S_PASID_DIR, DIRECTORY, PASIDS | 1);
    stream_store(stream, SIM_S_CTX, CONTEXTS + SID * UINT64_C(32), DIRECTORY | 9);
    stream_store(stream, SIM_S_ROOT, ROOT, CONTEXTS | 1);
    flush(m, DIRECTORY, 8);
    flush(m, CONTEXTS + SID * UINT64_C(32), 8);
    flush(m, ROOT, 8);
    for (uint64_t domain = 1; domain < 3; domain++) {
        stream_store(stream, SIM_S_PTE_VTD, table(domain, 0), table(domain, 1) | 3);
        stream_store(stream, SIM_S_PTE_VTD, table(domain, 1) + 8, table(domain, 2) | 3);
        stream_store(stream, SIM_S_PTE_VTD, table(domain, 2), table(domain, 3) | 3);
        for (unsigned level = 0; level < 3; level++)
            flush(m, table(domain, level), 16);
    }
    stream_reg(stream, VTD_REG_IQT, 0, 4);
    stream_reg(stream, VTD_REG_IQA, QUEUE | 0x800, 8);
    stream_reg(stream, VTD_REG_GCMD, QUEUE_ON, 4);
    stream_wait_reg(stream, VTD_REG_GSTS, QUEUE_ON, QUEUE_ON);
    stream_reg(stream, VTD_REG_RTADDR, ROOT | SCALABLE, 8);
    stream_reg(stream, VTD_REG_GCMD, QUEUE_ON | ROOT_SET, 4);
    stream_wait_reg(stream, VTD_REG_GSTS, ROOT_SET, ROOT_SET);
    descriptor(m, 0x11, 0);
    descriptor(m, 0x37, 0);
    descriptor(m, 0xd2, 0);
    wait(m);
    stream_reg(stream, VTD_REG_GCMD, TE_ON | QUEUE_ON, 4);
    stream_wait_reg(stream, VTD_REG_GSTS, TE_ON, TE_ON);
}

static void tell(struct maker *m, uint64_t n_rounds, uint64_t per_replace)
{
    uint64_t domain = 1;

    set_up(m);
    for (uint64_t page = 0; page < N_PAGES; page += N_AT_ONCE) {
        map(m, 1, page);
        map(m, 2, page);
    }
    switch_to(m, SIM_OP_ATTACH, 0, domain);
    for (uint64_t round = 0; round < n_rounds && !m->stream.err; round++) {
        const uint64_t page = round * N_AT_ONCE % N_PAGES;

        unmap(m, domain, page);
        map(m, domain, page);
        if (per_replace && (round + 1) % per_replace == 0) {
            domain = 3 - domain;
            switch_to(m, SIM_OP_REPLACE, 3 - domain, domain);
        }
    }
}

int main(int argc, char **argv)
{
    struct maker maker = {.has_flushes = argc > 4 && strcmp(argv[4], "flush") == 0};

    if (argc < 3) {
        (void)fputs("usage: make_stream_vtd FILE N_ROUNDS [ROUNDS_PER_REPLACE [flush]]\n", stderr);
        return 2;
    }
    if (stream_open(&maker.stream, argv[1]))
        return 5;
    tell(&maker, strtoull(argv[2], NULL, 0), argc > 3 ? strtoull(argv[3], NULL, 0) : 1000);
    return stream_close(&maker.stream, argv[1]) ? 5 : 0;
}
