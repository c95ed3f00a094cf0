/* SPDX-License-Identifier: BSD-2-Clause
 * lnx.c - one run of a driver, from outside.
 * Knows: in which order its parts live. Must not know: what any of them does. */
#include "kernel-glue/linux/host/host.h"

#include "kernel-glue/linux/boundary_user.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

/* The one piece of mutable state outside of struct lnx; see host.h. */
static struct lnx *the_lnx;

struct lnx *host_the(void)
{
    return the_lnx;
}

/* ---- making one ---- */

static void dma_seen(void *ctx, const struct sim_dma_seen *seen)
{
    struct lnx *lnx = ctx;
    struct host_request *request = &lnx->request;

    if (!request->is_waiting || request->is_answered || seen->is_probe ||
        seen->iova != request->seen.iova || seen->requester != request->seen.requester ||
        seen->issue_ps < request->seen.issue_ps || seen->n_bytes != request->seen.n_bytes)
        return;
    request->is_answered = true;
    request->seen = *seen;
}

struct lnx *lnx_new(const struct lnx_config *config, struct sim_diag *diag)
{
    struct lnx *lnx = calloc(1, sizeof(*lnx));

    SIM_BUG_ON(the_lnx);
    if (!lnx) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
        return NULL;
    }
    the_lnx = lnx;
    host_trap_init();
    lnx->config = *config;
    lnx->arch = ksh_arch() == HOST_VTD ? &host_arch_vtd : &host_arch_smmuv3;
    lnx->observer = (struct sim_observer){.dma = dma_seen, .ctx = lnx};
    sim_rng_seed(&lnx->rng, config->seed);
    lnx->scanner = rpl_scanner_new();
    if (!lnx->scanner || host_memory_init(lnx)) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for the driver");
        lnx_free(lnx);
        return NULL;
    }
    if (host_scenario_read(lnx, diag) || host_scenario_prelude(lnx)) {
        lnx_free(lnx);
        return NULL;
    }
    lnx->scan = rpl_scanner_end(lnx->scanner);
    return lnx;
}

void lnx_free(struct lnx *lnx)
{
    if (!lnx)
        return;
    for (uint32_t i = 0; i < HOST_MAX_CPUS; i++)
        free(lnx->cpus[i].stack);
    host_scenario_free(lnx);
    host_memory_free(lnx);
    rpl_scanner_free(lnx->scanner);
    free(lnx->kept);
    free(lnx->kunit);
    free(lnx);
    the_lnx = NULL;
}

const struct rpl_scan *lnx_scan(struct lnx *lnx)
{
    return lnx->scan;
}

const struct sim_observer *lnx_observer(struct lnx *lnx)
{
    return &lnx->observer;
}

/* Hardware's writes are its own: they need no record, but the driver must see them. */
void lnx_wrote(void *ctx, const struct sim_access *access)
{
    struct lnx *lnx = ctx;
    const uint64_t at = access->pa - HOST_ARENA_PA;

    if (access->status != SIM_ACCESS_OK)
        return;
    if (access->pa == HOST_MSI_DOORBELL) {
        uint32_t data;

        memcpy(&data, access->data, sizeof(data));
        host_note_msi(lnx, data);
    }
    if (at < HOST_ARENA_BYTES && access->n_bytes <= HOST_ARENA_BYTES - at)
        sim_mem_read(lnx->mem, access->pa, lnx->memory.arena.bytes + at, access->n_bytes);
}

void lnx_bind(struct lnx *lnx, struct rpl *rpl, struct sim_mem *mem)
{
    lnx->rpl = rpl;
    lnx->mem = mem;
    rpl_beside(rpl, host_note_irq, lnx);
}

void lnx_reseed(struct lnx *lnx, uint64_t seed)
{
    sim_rng_seed(&lnx->rng, seed);
}

/* ---- running ---- */

struct job {
    struct lnx *lnx;
    int err;
};

static void boot(void *arg)
{
    struct job *job = arg;
    const struct host_arch *arch = job->lnx->arch;
    const struct ksh_setup setup = {.has_msi = job->lnx->config.has_msi,
                                    .is_incoherent =
                                        arch->is_incoherent && arch->is_incoherent(job->lnx)};

    job->lnx->is_up = true;
    job->err = ksh_boot(&setup);
    if (!job->err && job->lnx->config.with_iommufd)
        job->err = ksh_fd_open();
    if (!job->err)
        job->err = host_scenario_boot(job->lnx);
    host_settle(job->lnx);
}

static void run(void *arg)
{
    struct job *job = arg;

    host_scenario_run(job->lnx);
    host_settle(job->lnx);
}

static void halt(void *arg)
{
    struct job *job = arg;

    /* The IOMMU stays on: without it nothing that its devices still send would be refused. */
    host_scenario_halt(job->lnx);
    host_settle(job->lnx);
    host_check_complete(job->lnx);
    job->lnx->is_up = false;
}

int lnx_boot(struct lnx *lnx)
{
    struct job job = {.lnx = lnx};

    host_cpu_run(lnx, boot, &job);
    return job.err;
}

int lnx_run(struct lnx *lnx)
{
    struct job job = {.lnx = lnx};

    host_cpu_run(lnx, run, &job);
    return job.err;
}

void lnx_halt(struct lnx *lnx)
{
    struct job job = {.lnx = lnx};

    host_cpu_run(lnx, halt, &job);
}

/* ---- saving ---- */

static enum sim_structure kind_of(const struct lnx *lnx, const struct host_kept *kept)
{
    const enum sim_structure kind =
        kept->table == HOST_NO_TABLE ? SIM_S_OTHER : lnx->memory.tables[kept->table].kind;
    const bool is_queue =
        kind == lnx->arch->queue || kind == SIM_S_EVT || kind == SIM_S_PRI || kind == SIM_S_PRQ;

    if (kept->rec.kind == SIM_R_STORE)
        return kind;
    return is_queue ? SIM_S_QUEUE : kind == lnx->arch->pages ? SIM_S_PAGES : kind;
}

/* A command is two stores of 8 bytes, which a record of 16 says as well. */
static bool is_second_half(const struct host_kept *low, const struct host_kept *high)
{
    return low->rec.kind == SIM_R_STORE && high->rec.kind == SIM_R_STORE &&
           low->rec.store.pa % 16 == 0 && high->rec.store.pa == low->rec.store.pa + 8 &&
           low->rec.store.width == 8 && high->rec.store.width == 8 && low->rec.cpu == high->rec.cpu;
}

int lnx_save(const struct lnx *lnx, const struct sim_record_sink *sink)
{
    int err = 0;

    for (size_t i = 0; i < lnx->n_kept && !err; i++) {
        const struct host_kept *kept = &lnx->kept[i];
        const enum sim_structure kind = kind_of(lnx, kept);
        struct sim_record rec = kept->rec;

        if (rec.kind == SIM_R_STORE)
            rec.store.structure = (uint8_t)kind;
        else if (rec.kind == SIM_R_MEMORY)
            rec.memory.structure = (uint8_t)kind;
        else if (rec.kind == SIM_R_FREE)
            rec.memfree.structure = (uint8_t)kind;
        if (rec.kind == SIM_R_STORE && kind == lnx->arch->queue && i + 1 < lnx->n_kept &&
            is_second_half(kept, &lnx->kept[i + 1])) {
            rec.store.width = 16;
            rec.store.value_hi = lnx->kept[++i].rec.store.value;
            rec.flags &= (uint8_t)~SIM_RF_OLD;
            rec.store.old = 0;
        }
        err = sink->put(sink->ctx, &rec);
    }
    return err;
}

const struct lnx_stats *lnx_get_stats(const struct lnx *lnx)
{
    return &lnx->stats;
}
