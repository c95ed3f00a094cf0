/* SPDX-License-Identifier: BSD-2-Clause
 * stream.c - records into a file, and the acts that every SMMUv3 driver is made of.
 * Knows: records, a command queue. Must not know: what any driver does, any model. */
#include "tests/tools/stream.h"

#include "kernel-glue/trace/trc_iotr.h"
#include "models/smmuv3/smmu_layout.h"

enum { NS_PER_RECORD = 100, FIRST_NS = 1000 };

int stream_open(struct stream *stream, const char *path)
{
    *stream = (struct stream){.time_ns = FIRST_NS};
    sim_diag_init(&stream->diag, path);
    stream->file = fopen(path, "wb");
    stream->writer = stream->file ? trc_iotr_writer_new(stream->file, &stream->diag) : NULL;
    if (stream->writer)
        return 0;
    perror(path);
    return SIM_EIO;
}

int stream_close(struct stream *stream, const char *path)
{
    if (!stream->err)
        stream->err = trc_iotr_finish(stream->writer);
    trc_iotr_writer_free(stream->writer);
    if (fclose(stream->file) != 0 && !stream->err)
        stream->err = SIM_EIO;
    if (stream->err)
        (void)fprintf(stderr, "cannot write %s\n", path);
    return stream->err;
}

struct sim_record stream_record(enum sim_record_kind kind)
{
    struct sim_record rec;

    sim_record_init(&rec, kind);
    return rec;
}

void stream_put(struct stream *stream, struct sim_record *rec)
{
    rec->time_ns = stream->time_ns;
    stream->time_ns += NS_PER_RECORD;
    if (!stream->err)
        stream->err = trc_iotr_put(stream->writer, rec);
}

void stream_store(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t value)
{
    struct sim_record rec = stream_record(SIM_R_STORE);

    rec.store.structure = (uint8_t)structure;
    rec.store.pa = pa;
    rec.store.value = value;
    stream_put(stream, &rec);
}

void stream_memory(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t size)
{
    struct sim_record rec = stream_record(SIM_R_MEMORY);

    rec.memory.structure = (uint8_t)structure;
    rec.memory.pa = pa;
    rec.memory.size = size;
    stream_put(stream, &rec);
}

void stream_reg(struct stream *stream, uint64_t offset, uint64_t value, uint8_t width)
{
    struct sim_record rec = stream_record(SIM_R_MMIO_WRITE);

    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = width;
    stream_put(stream, &rec);
}

void stream_wait_reg(struct stream *stream, uint64_t offset, uint64_t mask, uint64_t value)
{
    struct sim_record rec = stream_record(SIM_R_WAIT);

    rec.wait.cond = SIM_COND_REG;
    rec.wait.addr = offset;
    rec.wait.mask = mask;
    rec.wait.value = value;
    stream_put(stream, &rec);
}

void stream_begin(struct stream *stream, const struct stream_mark *mark)
{
    struct sim_record rec = stream_record(SIM_R_BEGIN);

    rec.mark.op = (uint8_t)mark->op;
    rec.mark.dev = mark->dev;
    rec.mark.domain = mark->domain;
    rec.mark.a = mark->a;
    rec.mark.b = mark->b;
    stream_put(stream, &rec);
}

void stream_end(struct stream *stream, const struct stream_mark *mark)
{
    struct sim_record rec = stream_record(SIM_R_END);

    rec.mark_end.op = (uint8_t)mark->op;
    rec.mark_end.dev = mark->dev;
    rec.mark_end.domain = mark->domain;
    rec.mark_end.a = mark->a;
    rec.mark_end.b = mark->b;
    stream_put(stream, &rec);
}

void stream_unit(struct stream *stream, uint32_t sid)
{
    struct sim_record unit = stream_record(SIM_R_IOMMU);
    struct sim_record device = stream_record(SIM_R_DEVICE);

    unit.unit.arch = SIM_ARCH_SMMUV3;
    unit.unit.base = UINT64_C(0x9050000);
    unit.unit.size = UINT64_C(0x20000);
    stream_put(stream, &unit);
    device.device.name = (struct sim_str){"0000:00:04.0", 12};
    device.device.requester = sid;
    stream_put(stream, &device);
}

static uint64_t slot(const struct stream *stream)
{
    return stream->prod & ((1u << STREAM_CMDQ_LOG2) - 1);
}

void stream_command(struct stream *stream, uint64_t word0, uint64_t word1)
{
    struct sim_record rec = stream_record(SIM_R_STORE);

    rec.store.structure = SIM_S_CMD;
    rec.store.width = STREAM_CMD_BYTES;
    rec.store.pa = STREAM_CMDQ + slot(stream) * STREAM_CMD_BYTES;
    rec.store.value = word0;
    rec.store.value_hi = word1;
    stream_put(stream, &rec);
    stream->prod = (stream->prod + 1) & ((2u << STREAM_CMDQ_LOG2) - 1);
}

void stream_ring(struct stream *stream)
{
    stream_reg(stream, SMMU_REG_CMDQ_PROD, stream->prod, 4);
}

void stream_sync(struct stream *stream, uint64_t word0)
{
    struct sim_record rec = stream_record(SIM_R_WAIT);

    rec.wait.cond = SIM_COND_QUEUE;
    rec.wait.addr = STREAM_CMDQ;
    rec.wait.index = (uint32_t)slot(stream);
    stream_command(stream, word0, 0);
    stream_ring(stream);
    stream_put(stream, &rec);
}
