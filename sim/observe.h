/* SPDX-License-Identifier: BSD-2-Clause
 * observe.h - what a replay tells to whoever watches: records as they take effect, facts, and how
 * each request of a device ended.
 * Knows: shapes. Must not know: who watches, what is concluded.
 *
 * Everything carries seq, the number of the last record that had taken effect. Promises (see
 * intent.h) change with records only, so seq is the clock of verdicts; picoseconds are the clock
 * of costs. */
#ifndef SIM_OBSERVE_H
#define SIM_OBSERVE_H

#include "sim/iommu.h"
#include "sim/record.h"
#include "sim/tap.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_MAX_REQUESTERS 8u

/**
 * struct sim_device - a device of the stream, and how the hardware knows it.
 * @pasid: if @has_pasid this is not the device itself but requests of it with that PASID.
 * @source: how the requesters were found: "record", "commands", "pci-address" (a guess), "".
 */
struct sim_device {
    uint32_t dev;
    uint16_t iommu;
    char name[64];
    uint32_t requester[SIM_MAX_REQUESTERS];
    uint32_t n_requesters;
    bool has_pasid;
    uint32_t pasid;
    const char *source;
};

/**
 * struct sim_record_seen - one record, just after it took effect.
 * @start_ps: when its CPU began with it (a WAIT: began to wait).
 * @end_ps:   when it had taken effect (a STORE: visible; a WAIT: the condition was seen).
 * @gave_up:  a WAIT of which the stream says that it ended well, but here it did not.
 */
struct sim_record_seen {
    const struct sim_record *rec;
    uint64_t seq;
    uint64_t start_ps, end_ps;
    bool gave_up;
};

/**
 * struct sim_dma_seen - one request and its answer.
 * @issue_seq, @answer_seq: records issue_seq..answer_seq were the newest at some time while it was
 *                          in flight.
 * @status:                 enum sim_dma_status.
 * @is_probe:               it ran on a copy of the state and left no trace in it.
 * @event:                  code of the event that the request caused, 0 if none was seen.
 */
struct sim_dma_seen {
    uint64_t issue_ps, answer_ps;
    uint64_t issue_seq, answer_seq;
    uint32_t dev;
    uint32_t requester;
    uint32_t pasid;
    bool has_pasid;
    bool is_probe;
    uint8_t access;
    uint8_t status;
    uint32_t event;
    uint32_t n_bytes;
    uint64_t iova;
    uint64_t pa;
};

/** struct sim_observer - NULL functions are not called. Pointers are good during the call. */
struct sim_observer {
    void (*record)(void *ctx, const struct sim_record_seen *seen);
    void (*fact)(void *ctx, const struct sim_fact *fact, uint64_t seq);
    void (*dma)(void *ctx, const struct sim_dma_seen *seen);
    void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif
