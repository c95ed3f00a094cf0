/* SPDX-License-Identifier: BSD-2-Clause
 * scn.c - a scenario of iommusim-text/1: reads its lines and runs them on the driver.
 * Knows: lines, blocks, CPUs. Must not know: what a verb does (objects.c).
 * Verbs: docs/text-language.md; the files that a capture's guest runs are run here, too. */
#include "kernel-glue/linux/host/scn.h"

#include "sim/diag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

int host_scenario_read(struct lnx *lnx, struct sim_diag *diag)
{
    int err;

    lnx->scenario = calloc(1, sizeof(*lnx->scenario));
    if (!lnx->scenario)
        return SIM_ENOMEM;
    if (!lnx->config.scenario)
        return 0;
    err = scn_read(&lnx->scenario->scn, lnx->config.scenario, diag);
    for (size_t i = 0; !err && i < lnx->scenario->scn.n_steps; i++)
        lnx->config.with_iommufd |= scn_fd_wants(&lnx->scenario->scn.steps[i]);
    return err;
}

void host_scenario_free(struct lnx *lnx)
{
    if (!lnx->scenario)
        return;
    scn_free(&lnx->scenario->scn);
    free(lnx->scenario);
    lnx->scenario = NULL;
}

/* ---- the stream's head: what must be known before the machine is built ---- */

static int put(struct lnx *lnx, const struct sim_record *rec)
{
    host_keep(lnx, rec, HOST_NO_TABLE);
    return rpl_scanner_put(lnx->scanner, rec);
}

static int put_meta(struct lnx *lnx, const char *key, const char *value)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_META);
    rec.meta.key = (struct sim_str){key, (uint32_t)strlen(key)};
    rec.meta.value = (struct sim_str){value, (uint32_t)strlen(value)};
    return put(lnx, &rec);
}

/* What only the scan is told: PASIDs to come, the highest number of a CPU, ATS. */
static int foretell(struct lnx *lnx, const struct scn_step *step)
{
    struct sim_record rec;
    int err = 0;

    if (strcmp(step->verb, "device") == 0 && scn_has(step, "ats")) {
        sim_record_init(&rec, SIM_R_ATS);
        err = rpl_scanner_put(lnx->scanner, &rec);
    }
    if (!err && strcmp(step->verb, "attach") == 0 && scn_key(step, "pasid")) {
        const struct scn_object *device = scn_find(lnx, &step->words[0]);

        sim_record_init(&rec, SIM_R_BEGIN);
        rec.mark.op = SIM_OP_SET_PASID;
        rec.mark.dev = device ? device->dev : SIM_NO_DEV;
        rec.mark.pasid = (uint32_t)scn_number(step, "pasid", 0);
        err = rpl_scanner_put(lnx->scanner, &rec);
        rec.kind = SIM_R_END;
        if (!err)
            err = rpl_scanner_put(lnx->scanner, &rec);
    }
    return err;
}

static int put_device(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = scn_add(lnx, &step->words[0], SCN_DEVICE);
    struct sim_record rec;

    device->sid = (uint32_t)scn_number(step, "sid", scn_number(step, "rid", 0));
    device->rid = (uint32_t)scn_number(step, "rid", device->sid);
    device->dev = lnx->scenario->n_devices++;
    (void)snprintf(device->bdf, sizeof(device->bdf), "0000:%02x:%02x.%x", device->rid >> 8 & 0xff,
                   device->rid >> 3 & 0x1f, device->rid & 7);
    sim_record_init(&rec, SIM_R_DEVICE);
    rec.device.dev = device->dev;
    rec.device.name = (struct sim_str){device->bdf, (uint32_t)strlen(device->bdf)};
    rec.device.requester = device->sid;
    return put(lnx, &rec);
}

/* Without a scenario: what unit tests have, StreamID 0. */
static const struct scn_step kunit_device = {.words = {{.text = "kunit"}}};

int host_scenario_prelude(struct lnx *lnx)
{
    const struct host_scenario *scenario = lnx->scenario;
    struct sim_record rec;
    int err = put_meta(lnx, "barriers", "recorded");

    if (!err)
        err = put_meta(lnx, "resolution_ns", "1");
    sim_record_init(&rec, SIM_R_IOMMU);
    rec.unit.arch = lnx->arch->arch;
    rec.unit.base = lnx->arch->base;
    rec.unit.size = lnx->arch->n_bytes;
    if (!err)
        err = put(lnx, &rec);
    if (!lnx->config.scenario && !err)
        err = put_device(lnx, &kunit_device);
    for (size_t i = 0; i < scenario->scn.n_steps && !err; i++) {
        if (strcmp(scenario->scn.steps[i].verb, "device") == 0)
            err = put_device(lnx, &scenario->scn.steps[i]);
    }
    for (size_t i = 0; i < scenario->scn.n_steps && !err; i++)
        err = foretell(lnx, &scenario->scn.steps[i]);
    sim_record_init(&rec, SIM_R_BARRIER);
    rec.cpu = HOST_MAX_CPUS - 1;
    return err ? err : rpl_scanner_put(lnx->scanner, &rec);
}

/* ---- running ---- */

static void unexpected(struct lnx *lnx, const struct scn_step *step, const char *got,
                       const char *wanted)
{
    lnx->stats.n_unexpected++;
    (void)fprintf(stderr, "%s:%u: %s: %s instead of %s\n", lnx->config.scenario, step->line,
                  step->verb, got, wanted);
}

static void judge(struct lnx *lnx, const struct scn_step *step, int err)
{
    char got[SCN_NAME_BYTES];
    const char *wanted;

    if (!scn_judge(step, err, got, &wanted))
        unexpected(lnx, step, got, wanted);
}

static void run_step(struct lnx *lnx, const struct scn_step *step)
{
    judge(lnx, step, scn_run_verb(lnx, step));
}

/* Lines of a "meanwhile", again and again on a CPU of their own. */
static void run_beside(void *arg)
{
    struct scn_beside *beside = arg;
    struct lnx *lnx = beside->lnx;

    do {
        for (size_t i = beside->first; i < beside->last; i++)
            run_step(lnx, &lnx->scenario->scn.steps[i]);
        host_yield(); /* lines that need no kernel would hold every other CPU up */
    } while (!beside->stop);
    beside->is_running = false;
}

static void start_beside(struct lnx *lnx, size_t first, size_t last)
{
    struct host_scenario *scenario = lnx->scenario;
    struct scn_beside *beside;

    if (scenario->n_beside == SCN_MAX_BESIDE)
        host_die("more than %u meanwhile blocks at a time", SCN_MAX_BESIDE);
    beside = &scenario->beside[scenario->n_beside++];
    *beside = (struct scn_beside){.lnx = lnx, .first = first, .last = last, .is_running = true};
    host_spawn(run_beside, beside);
}

static void stop_beside(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    for (uint32_t i = 0; i < scenario->n_beside; i++) {
        scenario->beside[i].stop = true;
        while (scenario->beside[i].is_running)
            host_yield();
    }
    scenario->n_beside = 0;
}

/* Replaces in turn, each with a write of the device that is due so many ns after it begins. */
static void run_aim(struct lnx *lnx, const struct scn_step *head, size_t first, size_t last)
{
    const uint64_t end = scn_number(head, "last", 0);
    const uint64_t step = scn_number(head, "step", 1000);

    for (uint64_t ns = scn_number(head, "first", 0); ns <= end; ns += step ? step : end + 1) {
        for (size_t i = first; i < last; i++) {
            scn_aim(lnx, head, ns);
            run_step(lnx, &lnx->scenario->scn.steps[i]);
            lnx->request.is_aimed = false;
        }
    }
}

static size_t run_block(struct lnx *lnx, size_t head)
{
    const struct scn_step *step = &lnx->scenario->scn.steps[head];
    const size_t end = scn_end(&lnx->scenario->scn, head);

    if (strcmp(step->verb, "meanwhile") == 0) {
        start_beside(lnx, head + 1, end);
        return end;
    }
    if (strcmp(step->verb, "aim") == 0)
        run_aim(lnx, step, head + 1, end);
    for (uint64_t n = strcmp(step->verb, "repeat") == 0 ? step->words[0].number : 0; n > 0; n--) {
        for (size_t i = head + 1; i < end; i++)
            run_step(lnx, &lnx->scenario->scn.steps[i]);
    }
    stop_beside(lnx);
    return end;
}

/* Devices are found when the machine starts, as far as they stand before all else. */
int host_scenario_boot(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    while (scenario->next < scenario->scn.n_steps &&
           strcmp(scenario->scn.steps[scenario->next].verb, "device") == 0) {
        const int err = scn_run_verb(lnx, &scenario->scn.steps[scenario->next++]);

        if (err)
            return err;
    }
    return 0;
}

void host_scenario_run(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    for (; scenario->next < scenario->scn.n_steps; scenario->next++) {
        if (scn_is_block(&scenario->scn.steps[scenario->next]))
            scenario->next = run_block(lnx, scenario->next);
        else
            run_step(lnx, &scenario->scn.steps[scenario->next]);
    }
    stop_beside(lnx);
}

void host_scenario_halt(struct lnx *lnx)
{
    scn_release(lnx);
}
