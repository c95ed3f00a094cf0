/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cmdq.h - the command queue inside the model: its consumer, invalidations on their way.
 * Knows: shapes. Must not know: what an invalidation drops, how a translation works. */
#ifndef SMMU_CMDQ_H
#define SMMU_CMDQ_H

#include "models/common/hw_ahead.h"
#include "sim/event.h"
#include "sim/port.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;

enum {
    SMMU_MAX_INVAL_SLOTS = 64,
};

/* One invalidation on its way: TCU, then the TBUs, then the acknowledge. */
struct smmu_inval {
    struct smmu *smmu;
    struct sim_event event;
    bool is_busy;
    uint64_t words[2];
    uint32_t n_unswept, n_unacked; /* TBUs */
    uint32_t visited, killed, collateral;
};

/* What the TCU sends to one TBU, and the acknowledge that comes back. */
struct smmu_message {
    struct smmu *smmu;
    struct smmu_inval *inval; /* NULL: CMD_SYNC asks */
    struct sim_event event;
    uint8_t tbu;
    bool is_ack;
};

/* The command queue's consumer. */
struct smmu_cmdq {
    struct hw_ahead ahead;
    struct sim_event decode; /* the oldest command is decoded when this fires */
    bool is_decoding;
    bool is_stopped; /* CMDQ_ERR is active */
    bool is_blocked; /* the oldest command waits for a slot of an invalidation, or of an ATC's */
    struct smmu_inval inval[SMMU_MAX_INVAL_SLOTS];
    uint32_t n_inval_slots, n_inval;
    /* CMD_SYNC */
    bool is_syncing, has_flipped;
    uint32_t n_unacked; /* TBUs that have been asked */
    struct sim_event sync;
    uint64_t sync_words[2];
    uint64_t hits_until_ps;
};

/* ---- smmu_cmdq.c, smmu_inval.c ---- */

void smmu_cmdq_init(struct smmu *smmu);
/** smmu_cmdq_kick - the consumer looks again: doorbell, enable, acknowledge, or progress. */
void smmu_cmdq_kick(struct smmu *smmu);
/** smmu_cmdq_moved - an index has changed: for who watches. */
void smmu_cmdq_moved(const struct smmu *smmu);
/** smmu_cmdq_progress - jobs or invalidations ended: a CMD_SYNC may complete. */
void smmu_cmdq_progress(struct smmu *smmu);
/** smmu_cmdq_disabled - CMDQEN has gone to 0. */
void smmu_cmdq_disabled(struct smmu *smmu);
/** smmu_cmdq_is_busy - is a command being worked on? For CMDQEN going to 0. */
bool smmu_cmdq_is_busy(const struct smmu *smmu);
void smmu_cmdq_reset(struct smmu *smmu);
/** smmu_cmd_is_illegal - CERROR_ILL? (4.1.3, 5.2, 5.3) */
bool smmu_cmd_is_illegal(const struct smmu *smmu, const uint64_t *words);
/** smmu_cmd_is_inval - does the command drop entries? */
bool smmu_cmd_is_inval(const uint64_t *words);
/** smmu_inval_sweep_tcu, smmu_inval_sweep_tbu - drop what the command names; counts TLB entries
 * visited and killed, and those killed without being named (collateral). */
void smmu_inval_sweep_tcu(struct smmu_inval *inval);
void smmu_inval_sweep_tbu(struct smmu_inval *inval, uint32_t tbu);
/** smmu_inval_n_tcu, smmu_inval_n_tbu - entries of the largest array that is swept: arrays are
 * swept side by side. */
uint32_t smmu_inval_n_tcu(const struct smmu *smmu, const uint64_t *words);
uint32_t smmu_inval_n_tbu(const struct smmu *smmu, const uint64_t *words);

/* ---- smmu_broadcast.c ---- */

void smmu_broadcast_init(struct smmu *smmu);
/** smmu_broadcast_reset - nothing that is under way arrives. */
void smmu_broadcast_reset(struct smmu *smmu);
/** smmu_broadcast_inval - sweep the TCU, then every TBU. Return: false if no slot is free. */
bool smmu_broadcast_inval(struct smmu *smmu, const uint64_t *words);
/** smmu_broadcast_sync - ask every TBU; cmdq.sync is scheduled when all have answered. */
void smmu_broadcast_sync(struct smmu *smmu);

#ifdef __cplusplus
}
#endif
#endif
