/* SPDX-License-Identifier: BSD-2-Clause
 * fuzz_smmu.h - what the files of the SMMUv3 fuzzer share: a machine driven by bytes, and what must
 * hold of it.
 * Knows: the model and its state, queue, memory. Must not know: who makes the bytes.
 *
 * An input is a header (the configuration) and a list of operations, each an opcode byte and its
 * operands. Bytes that are missing read 0, so every input means something. All that software does
 * happens between two events. Whatever must hold and does not is SIM_BUG_ON. */
#ifndef TESTS_FUZZ_FUZZ_SMMU_H
#define TESTS_FUZZ_FUZZ_SMMU_H

#include "models/smmuv3/smmu.h"
#include "sim/mem.h"
#include "sim/snapshot.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FUZZ_MAX_DMAS = 96,
    FUZZ_MAX_DATA_BYTES = 256,
    FUZZ_MAX_ITAGS = 256,
};

/* One request and how often it was answered. */
struct fuzz_dma {
    struct sim_dma dma;
    struct fuzz *fuzz;
    bool is_taken;
    uint32_t n_answers;
    uint8_t data[FUZZ_MAX_DATA_BYTES];
};

/**
 * struct fuzz_seen - what software sees of queues and handshakes at one moment.
 * @n_recorded, @n_overflows: facts about the event queue so far.
 */
struct fuzz_seen {
    uint64_t cr0ack, irq_ctrlack, cmdq_cons, evtq_prod;
    uint64_t n_recorded, n_overflows;
};

/**
 * struct fuzz - a machine and whoever drives it; one region of its own snapshot.
 * @data, @n_data, @at: the input, and how far it has been read.
 * @hash:          of every fact, interrupt and answer so far, in order.
 * @cmdq_prod:     software's own write pointer of the command queue; the register follows it.
 * @is_abused:     software broke a rule of the command queue's pointers: what becomes of the queue
 *                 is unpredictable, until it is disabled.
 * @itags, @n_itags: invalidations that devices have not answered yet.
 * @last_stag:     of the newest record that had Stall set.
 * @is_just_reset: no register was written since a reset.
 * @is_printing:   say each operation.
 */
struct fuzz {
    const uint8_t *data;
    size_t n_data, at;
    bool is_printing;

    struct smmu_config config;
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_mem_port *mem_port;
    struct sim_port port;
    struct sim_tap tap;
    struct sim_iommu iommu;
    struct sim_snapshot *snapshot;
    bool has_snapshot;

    uint64_t hash;
    uint64_t n_events;
    uint64_t n_recorded, n_overflows;
    uint32_t cmdq_prod;
    bool is_abused;
    bool is_just_reset;
    uint32_t itags[FUZZ_MAX_ITAGS];
    uint32_t n_itags;
    uint16_t last_stag;
    uint32_t n_dmas;
    struct fuzz_dma dmas[FUZZ_MAX_DMAS];
};

/* ---- fuzz_machine.c: configuration, time, registers, memory ---- */

/** fuzz_u8 ... fuzz_u64 - the next bytes of the input, little-endian; 0 after its end. */
uint8_t fuzz_u8(struct fuzz *fuzz);
uint16_t fuzz_u16(struct fuzz *fuzz);
uint32_t fuzz_u32(struct fuzz *fuzz);
uint64_t fuzz_u64(struct fuzz *fuzz);

/** fuzz_say - one line about an operation, if somebody wants to read it. */
void fuzz_say(const struct fuzz *fuzz, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** fuzz_new - a machine as the header of the input has it. Return: NULL if the model refuses the
 * configuration. */
struct fuzz *fuzz_new(const uint8_t *data, size_t n_data);
void fuzz_free(struct fuzz *fuzz);

/** fuzz_take - remember this moment; the input's first wish only. */
void fuzz_take(struct fuzz *fuzz);
/** fuzz_restore - back to the moment that fuzz_take saw. */
void fuzz_restore(struct fuzz *fuzz);

uint64_t fuzz_reg_read(const struct fuzz *fuzz, uint64_t offset, uint32_t n_bytes);
/** fuzz_reg_write - a register write by software, checked. */
void fuzz_reg_write(struct fuzz *fuzz, uint64_t offset, uint32_t n_bytes, uint64_t value);
void fuzz_reset(struct fuzz *fuzz);

/** fuzz_store - an aligned word of 8 bytes; memory that is full is left as it is. */
void fuzz_store(struct fuzz *fuzz, uint64_t pa, uint64_t value);

/** fuzz_step - one event, checked. Return: false if there was none. */
bool fuzz_step(struct fuzz *fuzz);
/** fuzz_advance - every event of the next @time_ps. */
void fuzz_advance(struct fuzz *fuzz, uint64_t time_ps);
/** fuzz_settle - until nothing moves, and check what holds then; devices answer what they are
 * asked.
 */
void fuzz_settle(struct fuzz *fuzz);
/** fuzz_answer - a device answers an invalidation: fuzz->itags[@index]. */
void fuzz_answer(struct fuzz *fuzz, uint32_t index);
/** fuzz_play - carry @op out with these operands, whatever the input has. */
void fuzz_play(struct fuzz *fuzz, void (*op)(struct fuzz *), const uint8_t *bytes, size_t n_bytes);

/** fuzz_submit - hand @dma in, unless the machine is busy with too many. */
void fuzz_submit(struct fuzz *fuzz, struct fuzz_dma *dma);

/* ---- fuzz_check.c: what must hold ---- */

void fuzz_look(const struct fuzz *fuzz, struct fuzz_seen *seen);
/** fuzz_check_event - of one event. @before: seen just before it. */
void fuzz_check_event(struct fuzz *fuzz, const struct fuzz_seen *before);
/** fuzz_check_handshakes - of a register write too. */
void fuzz_check_handshakes(const struct fuzz *fuzz, const struct fuzz_seen *before);
/** fuzz_check_prod - did software move the command queue's pointers as it may? */
void fuzz_check_prod(struct fuzz *fuzz, const struct fuzz_seen *before, uint64_t prod_before);
/** fuzz_check_record - @fact, SIM_FACT_EVENT_RECORDED, tells of a record that is there. */
void fuzz_check_record(const struct fuzz *fuzz, const struct sim_fact *fact);
/** fuzz_check_access - may the model ask for this now? */
void fuzz_check_access(const struct fuzz *fuzz, const struct sim_access *access);
/** fuzz_check_answer - of one answer. */
void fuzz_check_answer(const struct fuzz_dma *dma);
/** fuzz_check_rest - once nothing moves but what waits for software. */
void fuzz_check_rest(const struct fuzz *fuzz);
/** fuzz_check_stalls - while nothing moves. Return: how many requests are stalled. */
uint32_t fuzz_check_stalls(const struct fuzz *fuzz);
/** fuzz_check_purged - everything was invalidated, and nobody came after that. */
void fuzz_check_purged(const struct fuzz *fuzz);
/** fuzz_cmdq_log2 - log2 of the entries of the command queue. */
unsigned fuzz_cmdq_log2(const struct fuzz *fuzz);

/* ---- fuzz_build.c: structures and commands that make sense, more or less ---- */

void fuzz_op_boot(struct fuzz *fuzz);
void fuzz_op_ste(struct fuzz *fuzz);
void fuzz_op_cd(struct fuzz *fuzz);
void fuzz_op_l1(struct fuzz *fuzz);
void fuzz_op_space(struct fuzz *fuzz);
void fuzz_op_pte(struct fuzz *fuzz);
void fuzz_op_command(struct fuzz *fuzz);
void fuzz_op_raw_command(struct fuzz *fuzz);
void fuzz_op_ring(struct fuzz *fuzz);
void fuzz_op_purge(struct fuzz *fuzz);
/** fuzz_put_command - Return: false if the queue is full. */
bool fuzz_put_command(struct fuzz *fuzz, const uint64_t *words);

/* ---- fuzz_more.c: the same, of stage 2 and of what devices say ---- */

/** fuzz_op_more - one of the acts there, by the next byte. */
void fuzz_op_more(struct fuzz *fuzz);

/* ---- smmu_fuzz.c ---- */

/** LLVMFuzzerTestOneInput - the door that libFuzzer knocks at. Return: 0. */
// NOLINTNEXTLINE(readability-identifier-naming): its name, not ours.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
