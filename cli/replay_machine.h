/* SPDX-License-Identifier: BSD-2-Clause
 * replay_machine.h - one machine: memory, the stream's IOMMUs, the replay that drives them and the
 * check that watches.
 * Knows: who is bound to whom. Must not know: what is printed. */
#ifndef CLI_REPLAY_MACHINE_H
#define CLI_REPLAY_MACHINE_H

#include "check/chk.h"
#include "cli/config.h"
#include "kernel-glue/replay/rpl.h"
#include "sim/diag.h"

#ifdef __cplusplus
extern "C" {
#endif

struct replay_machine;

/**
 * replay_machine_new - everything that @scan found, configured by @config, out of reset.
 * @config, @scan: borrowed until free.
 * @also:          a second watcher beside the check; borrowed; may be NULL.
 * Return: NULL, and @diag says why: no memory, settings that do not fit each other, or a unit of an
 * architecture that is not modelled (SIM_EUNIMPL).
 */
struct replay_machine *replay_machine_new(const struct config *config, const struct rpl_scan *scan,
                                          const struct sim_observer *also, struct sim_diag *diag);

/** replay_machine_new_watched - nobody judges it, so that it keeps nothing; @observer alone
 * watches, and gets all kinds of facts, dma_issued among them. It has no report. */
struct replay_machine *replay_machine_new_watched(const struct config *config,
                                                  const struct rpl_scan *scan,
                                                  const struct sim_observer *observer,
                                                  struct sim_diag *diag);
/**
 * struct replay_front - another way to the models than the direct one: another kernel's modules.
 * @make: a unit behind it. @wiring is good during the call; what it points to until the machine is
 *        freed. Return: as replay_unit_new. Its free is called before memory's.
 * @run_one: of struct rpl_machine.
 */
struct replay_unit_wiring;
struct replay_front {
    int (*make)(void *ctx, const struct replay_unit_wiring *wiring, struct sim_iommu *out);
    bool (*run_one)(void *ctx);
    void *ctx;
};

/** replay_machine_new_behind - the same, behind @front (NULL: none). Without probes. */
struct replay_machine *replay_machine_new_behind(const struct config *config,
                                                 const struct rpl_scan *scan,
                                                 const struct sim_observer *also,
                                                 const struct replay_front *front,
                                                 struct sim_diag *diag);
void replay_machine_free(struct replay_machine *machine);

/** replay_machine_probe - turn on probes at @instants_ps, from replay_machine_instants of a run
 * without them. Before the first record. Return: 0 or SIM_ENOMEM. */
int replay_machine_probe(struct replay_machine *machine, const uint64_t *instants_ps,
                         size_t n_instants);

/** replay_machine_doubt - chk_doubt of its check. */
void replay_machine_doubt(struct replay_machine *machine, const char *why);

/** replay_machine_put - put of a struct sim_record_sink. */
int replay_machine_put(void *machine, const struct sim_record *rec);

/** replay_machine_rpl, replay_machine_mem - for software that runs beside the machine. */
struct rpl *replay_machine_rpl(struct replay_machine *machine);
struct sim_mem *replay_machine_mem(struct replay_machine *machine);
/** replay_machine_watch - @wrote is called for whatever the units have written to memory. */
void replay_machine_watch(struct replay_machine *machine,
                          void (*wrote)(void *ctx, const struct sim_access *access), void *ctx);

/**
 * struct replay_hold - who may hold back what the units read. @wants: return true to keep the
 * access; it is handed back with replay_machine_pass, some time before the end.
 */
struct replay_hold {
    bool (*wants)(void *ctx, struct sim_access *access);
    void *ctx;
};

/** replay_machine_hold - of the first unit; borrowed. */
void replay_machine_hold(struct replay_machine *machine, const struct replay_hold *hold);
/** replay_machine_pass - the access goes to memory now. */
void replay_machine_pass(struct replay_machine *machine, struct sim_access *access);
/** replay_machine_front - what devices of the first unit see. */
struct sim_iommu replay_machine_front(const struct replay_machine *machine);
/** replay_machine_forget - a function of the first unit that translates itself forgets all. */
void replay_machine_forget(struct replay_machine *machine, uint32_t requester);
/** replay_machine_queue - for events of who holds; source ports of rank OBSERVER from 1 on. */
struct sim_queue *replay_machine_queue(struct replay_machine *machine);

/** replay_machine_finish - execute what is left, and judge. Return: 0 or SIM_E... */
int replay_machine_finish(struct replay_machine *machine);

/** What came out; good until replay_machine_free. */
const struct chk_report *replay_machine_report(const struct replay_machine *machine);
const struct rpl_stats *replay_machine_stats(const struct replay_machine *machine);
const uint64_t *replay_machine_instants(const struct replay_machine *machine, size_t *n_instants);

#ifdef __cplusplus
}
#endif
#endif
