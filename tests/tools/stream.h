/* SPDX-License-Identifier: BSD-2-Clause
 * stream.h - what the makers of streams share: a file of records (.iotr), one every 100 ns, and the
 * acts that every SMMUv3 driver is made of.
 * Knows: records, a command queue. Must not know: what any driver does, any model. */
#ifndef TESTS_TOOLS_STREAM_H
#define TESTS_TOOLS_STREAM_H

#include "sim/diag.h"
#include "sim/record.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STREAM_CMDQ UINT64_C(0x30000)
#define STREAM_CMDQ_LOG2 8u
#define STREAM_CMD_BYTES UINT64_C(16)

struct trc_iotr_writer;

/** struct stream - @prod: of the command queue, with its wrap bit. @err: the first SIM_E... */
struct stream {
    FILE *file;
    struct trc_iotr_writer *writer;
    struct sim_diag diag;
    uint64_t time_ns;
    uint32_t prod;
    int err;
};

/** struct stream_mark - what BEGIN and END of an operation have in common. */
struct stream_mark {
    enum sim_record_enum op;
    uint32_t dev; /* or SIM_NO_DEV */
    uint64_t domain, a, b;
};

/** stream_open - create @path. Return: 0 or SIM_E..., with a line on stderr. */
int stream_open(struct stream *stream, const char *path);
/** stream_close - end the file. Return: the stream's first error, said on stderr, or 0. */
int stream_close(struct stream *stream, const char *path);

struct sim_record stream_record(enum sim_record_kind kind);
void stream_put(struct stream *stream, struct sim_record *rec);

/* One record each. */
void stream_store(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t value);
void stream_memory(struct stream *stream, enum sim_structure structure, uint64_t pa, uint64_t size);
void stream_reg(struct stream *stream, uint64_t offset, uint64_t value, uint8_t width);
void stream_wait_reg(struct stream *stream, uint64_t offset, uint64_t mask, uint64_t value);
void stream_begin(struct stream *stream, const struct stream_mark *mark);
void stream_end(struct stream *stream, const struct stream_mark *mark);

/** stream_unit - the SMMU and one device with the StreamID @sid. */
void stream_unit(struct stream *stream, uint32_t sid);

/** stream_command - 16 bytes into the next slot of the command queue. */
void stream_command(struct stream *stream, uint64_t word0, uint64_t word1);
/** stream_ring - tell the SMMU how far the queue is filled. */
void stream_ring(struct stream *stream);
/** stream_sync - the CMD_SYNC @word0, the doorbell, and the wait for it. */
void stream_sync(struct stream *stream, uint64_t word0);

#ifdef __cplusplus
}
#endif
#endif
