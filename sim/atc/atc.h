/* SPDX-License-Identifier: BSD-2-Clause
 * atc.h - endpoints that translate their own requests: ATS with an ATC, page requests (PCIe 10).
 * Knows: a model's struct sim_iommu, messages of the port. Must not know: any architecture.
 *
 * It stands in front of an IOMMU and looks like one: who sends requests need not know. A function
 * whose ATS is on looks its ATC up, asks the IOMMU for a translation if it has none, and sends the
 * request as a translated one. Everything else passes through.
 *
 * An invalidation is answered when no translated request that used what it names is in flight any
 * more; a translation that was asked for before and comes back after it is not used. */
#ifndef SIM_ATC_H
#define SIM_ATC_H

#include "sim/iommu.h"
#include "sim/param.h"
#include "sim/port.h"
#include "sim/snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct sim_atc_param - see atc.def. */
struct sim_atc_param {
#define P(name, unit, deflt, min, max, source, doc) uint32_t name;
#include "sim/atc/atc.def"
#undef P
};
extern const struct sim_param_table sim_atc_params; /* section "atc" */

struct sim_atc;

/** struct sim_atc_wiring - @behind: the IOMMU, borrowed. @port: source port number of rank
 * SIM_RANK_LINK, used by nobody else in the queue. @n_functions: that may ever have ATS; with 0
 * everything passes through, and invalidations are answered all the same. */
struct sim_atc_wiring {
    struct sim_queue *queue;
    struct sim_iommu behind;
    uint16_t port;
    uint32_t n_functions;
    uint64_t seed;
};

/** sim_atc_new - no function has ATS yet. Return: NULL without memory. */
struct sim_atc *sim_atc_new(const struct sim_atc_param *param, const struct sim_atc_wiring *wiring);
/** sim_atc_free - not the IOMMU behind. */
void sim_atc_free(struct sim_atc *atc);

/** sim_atc_front - what requesters see instead of the IOMMU; its free does nothing. */
struct sim_iommu sim_atc_front(struct sim_atc *atc);

/** sim_atc_switch - ATS and page requests of a function, as its configuration space has them.
 * Switching ATS on empties its ATC. Once it is off, a request that has not been sent translated yet
 * is sent untranslated. Return: 0, or SIM_ENOMEM beyond n_functions. */
int sim_atc_switch(struct sim_atc *atc, uint32_t requester, bool has_ats, bool has_pri);

/** sim_atc_function_reset - ATS is off, the ATC is empty, invalidations on their way to it are
 * never answered; requests in flight end as they would have. */
void sim_atc_function_reset(struct sim_atc *atc, uint32_t requester);

/** sim_atc_empty - the ATC of a function loses all, as if it were short of room. Return: does the
 * function have ATS on? */
bool sim_atc_empty(struct sim_atc *atc, uint32_t requester);

/** sim_atc_inv, sim_atc_page_response - messages of the IOMMU's port. */
void sim_atc_inv(struct sim_atc *atc, const struct sim_ats_inv *inv);
void sim_atc_page_response(struct sim_atc *atc, const struct sim_page_response *response);

/** sim_atc_state - add every region to @snapshot. Return: 0 or SIM_ENOMEM. */
int sim_atc_state(struct sim_atc *atc, struct sim_snapshot *snapshot);

/** struct sim_atc_stats - @n_again: translations that an invalidation made worthless on their way.
 */
struct sim_atc_stats {
    uint64_t n_hits, n_misses, n_again, n_page_requests;
    uint64_t n_invs, n_dropped, n_lost;
};
const struct sim_atc_stats *sim_atc_get_stats(const struct sim_atc *atc);

#ifdef __cplusplus
}
#endif
#endif
