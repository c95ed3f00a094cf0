/* SPDX-License-Identifier: BSD-2-Clause
 * traffic.h - devices that send requests: which address next, when, and how many at once.
 * Knows: addresses that may be used, time, a model's submit. Must not know: records, verdicts.
 *
 * random: any 64-byte piece of any mapped page. nic: receive rings; buffers of a page used in
 * order, a descriptor read before and a write-back after each packet. nvme: queues of commands of
 * 4 KiB to 128 KiB, each read or written in 4 KiB pieces in order. All are seeded. */
#ifndef SIM_TRAFFIC_H
#define SIM_TRAFFIC_H

#include "sim/intent.h"
#include "sim/observe.h"
#include "sim/param.h"
#include "sim/snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

enum traffic_kind {
    TRAFFIC_NONE,
    TRAFFIC_RANDOM,
    TRAFFIC_NIC,
    TRAFFIC_NVME,
};

/** struct traffic_config - see traffic.def. */
struct traffic_config {
#define P(name, unit, deflt, min, max, source, doc) uint32_t name;
#include "sim/traffic/traffic.def"
#undef P
};
extern const struct sim_param_table traffic_params;

struct traffic;

/** struct traffic_wiring - @seq: the replay's counter, copied into every sim_dma_seen.
 * @answered: every answer; @ctx goes with it. @issued: every request that the model has taken; NULL
 * if nobody wants to know. All borrowed. @last: if it is not 0, only addresses in [@first, @last]
 * are used. */
struct traffic_wiring {
    struct sim_queue *queue;
    const struct sim_iommu *iommu;
    const struct sim_intent *intent;
    const uint64_t *seq;
    void (*answered)(void *ctx, const struct sim_dma_seen *seen);
    void (*issued)(void *ctx, const struct sim_device *device, const struct sim_dma *dma);
    void *ctx;
    uint64_t first, last;
};

/** traffic_new - one device's traffic; silent until traffic_domain. @port: its sim_source port
 * number, different for each. Return: NULL without memory. */
struct traffic *traffic_new(const struct traffic_config *config,
                            const struct traffic_wiring *wiring, const struct sim_device *device,
                            uint16_t port, uint64_t seed);
void traffic_free(struct traffic *traffic);

/** traffic_domain - from now on draw addresses that both domains map (or, if there are none,
 * those of @domain). @other: equal to @domain outside a switch. SIM_DOMAIN_BLOCKED: keep sending to
 * the addresses known last, unless there never were any. */
void traffic_domain(struct traffic *traffic, enum sim_domain_kind kind, uint64_t domain,
                    uint64_t other);

/** traffic_stop - no new requests; those in flight are still answered. */
void traffic_stop(struct traffic *traffic);
/** traffic_in_flight - requests sent and not yet answered. */
uint32_t traffic_in_flight(const struct traffic *traffic);
/** traffic_state - add its regions. Return: 0 or SIM_ENOMEM. */
int traffic_state(struct traffic *traffic, struct sim_snapshot *snapshot);

#ifdef __cplusplus
}
#endif
#endif
