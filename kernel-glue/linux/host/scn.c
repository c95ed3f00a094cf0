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

static void copy_text(char *to, const struct sim_token *token)
{
    const size_t n = token->n_bytes < SCN_NAME_BYTES ? token->n_bytes : SCN_NAME_BYTES - 1;

    memcpy(to, token->bytes, n);
    to[n] = 0;
}

static void copy_word(struct scn_word *word, const struct sim_arg *arg)
{
    memset(word, 0, sizeof(*word));
    if (arg->key)
        copy_text(word->key, arg->key);
    word->is_number = arg->value->kind == SIM_TOKEN_NUMBER;
    if (word->is_number)
        word->number = arg->value->number;
    else
        copy_text(word->text, arg->value);
    for (uint32_t i = 0; i < arg->n_values && i < SCN_MAX_VALUES; i++)
        word->values[i] = arg->value[(size_t)2 * i].number;
    word->n_values = arg->n_values;
}

static int copy_step(struct scn_step *step, const struct sim_stmt *stmt)
{
    if (stmt->n_args > SCN_MAX_WORDS || stmt->n_results > 2)
        return SIM_ERANGE;
    memset(step, 0, sizeof(*step));
    step->line = stmt->line;
    copy_text(step->verb, stmt->verb);
    step->n_words = stmt->n_args;
    for (unsigned i = 0; i < stmt->n_args; i++)
        copy_word(&step->words[i], &stmt->args[i]);
    step->has_result = stmt->has_result;
    step->n_results = stmt->n_results;
    for (unsigned i = 0; i < stmt->n_results; i++)
        copy_word(&step->results[i], &stmt->results[i]);
    return 0;
}

static int add_step(struct host_scenario *scenario, const struct sim_stmt *stmt)
{
    if (scenario->n_steps == scenario->room) {
        const size_t room = scenario->room ? scenario->room * 2 : 64;
        struct scn_step *steps = realloc(scenario->steps, room * sizeof(*steps));

        if (!steps)
            return SIM_ENOMEM;
        scenario->steps = steps;
        scenario->room = room;
    }
    return copy_step(&scenario->steps[scenario->n_steps++], stmt);
}

static int read_steps(struct host_scenario *scenario, struct sim_text *text)
{
    struct sim_stmt stmt;
    enum sim_text_kind kind;
    int err = sim_text_header(text, &kind);

    while (!err && (err = sim_text_next(text, &stmt)) > 0) {
        err = sim_text_check(text, kind, &stmt);
        if (!err && kind != SIM_TEXT_SCENARIO)
            err = sim_text_fail(text, stmt.verb, "this is no scenario");
        if (!err && add_step(scenario, &stmt))
            err = sim_text_fail(text, stmt.verb, "too much for one scenario");
    }
    return err;
}

int host_scenario_read(struct lnx *lnx, struct sim_diag *diag)
{
    FILE *file;
    struct sim_text *text;
    int err;

    if (!lnx->config.scenario) {
        lnx->scenario = calloc(1, sizeof(*lnx->scenario));
        return lnx->scenario ? 0 : SIM_ENOMEM;
    }
    file = fopen(lnx->config.scenario, "r");
    if (!file)
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot be read");
    lnx->scenario = calloc(1, sizeof(*lnx->scenario));
    text = lnx->scenario ? sim_text_open(file, diag) : NULL;
    err = text ? read_steps(lnx->scenario, text) : SIM_ENOMEM;
    sim_text_close(text);
    (void)fclose(file);
    for (size_t i = 0; !err && i < lnx->scenario->n_steps; i++)
        lnx->config.with_iommufd |= scn_fd_wants(&lnx->scenario->steps[i]);
    return err;
}

void host_scenario_free(struct lnx *lnx)
{
    if (!lnx->scenario)
        return;
    free(lnx->scenario->steps);
    free(lnx->scenario);
    lnx->scenario = NULL;
}

/* ---- words ---- */

const struct scn_word *scn_key(const struct scn_step *step, const char *key)
{
    for (unsigned i = 0; i < step->n_words; i++) {
        if (strcmp(step->words[i].key, key) == 0)
            return &step->words[i];
    }
    return NULL;
}

uint64_t scn_number(const struct scn_step *step, const char *key, uint64_t otherwise)
{
    const struct scn_word *word = scn_key(step, key);

    return word ? word->number : otherwise;
}

bool scn_has(const struct scn_step *step, const char *text)
{
    for (unsigned i = 0; i < step->n_words; i++) {
        if (!step->words[i].key[0] && strcmp(step->words[i].text, text) == 0)
            return true;
    }
    return false;
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
    for (size_t i = 0; i < scenario->n_steps && !err; i++) {
        if (strcmp(scenario->steps[i].verb, "device") == 0)
            err = put_device(lnx, &scenario->steps[i]);
    }
    for (size_t i = 0; i < scenario->n_steps && !err; i++)
        err = foretell(lnx, &scenario->steps[i]);
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

/* Did it end as its line says? Without a result, it must succeed. */
static void judge(struct lnx *lnx, const struct scn_step *step, int err)
{
    const char *wanted = "0";
    char got[SCN_NAME_BYTES] = "0";

    if (strcmp(step->verb, "expect") != 0 && step->has_result && !step->results[0].is_number)
        wanted = step->results[0].text;
    if (err)
        (void)snprintf(got, sizeof(got), "-%s", strerrorname_np(-err));
    if (strcmp(wanted, got) != 0 && strcmp(wanted, "any") != 0)
        unexpected(lnx, step, got, wanted);
}

static void run_step(struct lnx *lnx, const struct scn_step *step)
{
    judge(lnx, step, scn_run_verb(lnx, step));
}

static size_t find_end(const struct host_scenario *scenario, size_t head)
{
    size_t end = head + 1;

    while (end < scenario->n_steps && strcmp(scenario->steps[end].verb, "done") != 0)
        end++;
    return end;
}

/* Lines of a "meanwhile", again and again on a CPU of their own. */
static void run_beside(void *arg)
{
    struct scn_beside *beside = arg;
    struct lnx *lnx = beside->lnx;

    do {
        for (size_t i = beside->first; i < beside->last; i++)
            run_step(lnx, &lnx->scenario->steps[i]);
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
            run_step(lnx, &lnx->scenario->steps[i]);
            lnx->request.is_aimed = false;
        }
    }
}

static size_t run_block(struct lnx *lnx, size_t head)
{
    const struct scn_step *step = &lnx->scenario->steps[head];
    const size_t end = find_end(lnx->scenario, head);

    if (strcmp(step->verb, "meanwhile") == 0) {
        start_beside(lnx, head + 1, end);
        return end;
    }
    if (strcmp(step->verb, "aim") == 0)
        run_aim(lnx, step, head + 1, end);
    for (uint64_t n = strcmp(step->verb, "repeat") == 0 ? step->words[0].number : 0; n > 0; n--) {
        for (size_t i = head + 1; i < end; i++)
            run_step(lnx, &lnx->scenario->steps[i]);
    }
    stop_beside(lnx);
    return end;
}

static bool is_block(const struct scn_step *step)
{
    return strcmp(step->verb, "repeat") == 0 || strcmp(step->verb, "meanwhile") == 0 ||
           strcmp(step->verb, "aim") == 0;
}

/* Devices are found when the machine starts, as far as they stand before all else. */
int host_scenario_boot(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    while (scenario->next < scenario->n_steps &&
           strcmp(scenario->steps[scenario->next].verb, "device") == 0) {
        const int err = scn_run_verb(lnx, &scenario->steps[scenario->next++]);

        if (err)
            return err;
    }
    return 0;
}

void host_scenario_run(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    for (; scenario->next < scenario->n_steps; scenario->next++) {
        if (is_block(&scenario->steps[scenario->next]))
            scenario->next = run_block(lnx, scenario->next);
        else
            run_step(lnx, &scenario->steps[scenario->next]);
    }
    stop_beside(lnx);
}

void host_scenario_halt(struct lnx *lnx)
{
    scn_release(lnx);
}
