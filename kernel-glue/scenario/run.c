/* SPDX-License-Identifier: BSD-2-Clause
 * run.c - one run of a scenario: its lines in their order, blocks, the end.
 * Knows: lines, blocks, in which order its parts live. Must not know: what a verb does. */
#include "kernel-glue/scenario/run_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- making one ---- */

/* Completions are waited for, not handled. */
static void note_irq(void *ctx, uint16_t iommu, enum sim_irq source)
{
    (void)iommu;
    if (source != SIM_IRQ_SEV && source != SIM_IRQ_CMD_SYNC && source != SIM_IRQ_INV)
        ((struct run *)ctx)->any_irq = true;
}

static void see_fact(void *ctx, const struct sim_fact *fact, uint64_t seq)
{
    (void)seq;
    if (fact->kind == SIM_FACT_EVENT_RECORDED)
        ((struct run *)ctx)->stats.n_events++;
}

static int read_lines(struct run *run, const struct run_config *config, struct sim_diag *diag)
{
    return config->text ? scn_read_text(&run->scn, config->text, diag)
                        : scn_read(&run->scn, config->scenario, diag);
}

struct run *run_new(const struct run_config *config, struct sim_diag *diag)
{
    struct run *run = calloc(1, sizeof(*run));

    if (!run) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
        return NULL;
    }
    run->config = *config;
    run->observer = (struct sim_observer){.fact = see_fact, .dma = run_dma_seen, .ctx = run};
    run->scanner = rpl_scanner_new();
    run_port_init(run);
    if (!run->scanner || read_lines(run, config, diag) || run_head(run)) {
        if (!diag->text[0])
            (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "too much for one scenario");
        run_free(run);
        return NULL;
    }
    run->scan = rpl_scanner_end(run->scanner);
    return run;
}

void run_free(struct run *run)
{
    if (!run)
        return;
    scn_free(&run->scn);
    rpl_scanner_free(run->scanner);
    run_port_free(run);
    free(run);
}

const struct rpl_scan *run_scan(struct run *run)
{
    return run->scan;
}

const struct sim_observer *run_observer(struct run *run)
{
    return &run->observer;
}

void run_bind(struct run *run, struct rpl *rpl, struct sim_mem *mem)
{
    run->rpl = rpl;
    run->mem = mem;
    rpl_beside(rpl, note_irq, run);
}

const struct run_stats *run_get_stats(const struct run *run)
{
    return &run->stats;
}

size_t run_n_records(const struct run *run)
{
    return run->n_kept;
}

int run_save(const struct run *run, const struct sim_record_sink *sink)
{
    int err = 0;

    for (size_t i = 0; i < run->n_kept && !err; i++)
        err = sink->put(sink->ctx, &run->kept[i]);
    return err;
}

/* ---- lines ---- */

static void judge(struct run *run, const struct scn_step *step, int err)
{
    char got[SCN_NAME_BYTES];
    const char *wanted;

    run->stats.n_lines++;
    if (scn_judge(step, err, got, &wanted))
        return;
    run->stats.n_unexpected++;
    if (!run->config.is_quiet)
        (void)fprintf(stderr, "%s:%u: %s: %s instead of %s\n", run->config.scenario, step->line,
                      step->verb, got, wanted);
}

/* Lines of blocks beside: requests only go out, others run as a whole. */
static void run_one_beside(struct run *run, struct run_beside *beside)
{
    const struct scn_step *step = &run->scn.steps[beside->next];
    const uint16_t cpu = run->cpu;

    run->is_beside = true;
    run->cpu = beside->cpu;
    if (scn_is(step, "dma"))
        run_send(run, step);
    else
        judge(run, step, run_verb(run, step));
    run->cpu = cpu;
    run->is_beside = false;
    beside->next = beside->next + 1 < beside->last ? beside->next + 1 : beside->first;
}

/* Expects that follow each other look at the same acts: those since the expect before. */
static void move_window(struct run *run, const struct scn_step *step)
{
    const bool is_expect = scn_is(step, "expect");

    if (!is_expect && run->was_expect) {
        run->window = run->n_kept;
        run->n_events_before = run->stats.n_events;
    }
    run->was_expect = is_expect;
}

static int run_step(struct run *run, const struct scn_step *step)
{
    int err;

    for (uint32_t i = 0; i < run->n_beside; i++)
        run_one_beside(run, &run->beside[i]);
    move_window(run, step);
    err = run_verb(run, step);
    run_settle(run);
    judge(run, step, err);
    return err;
}

static void run_lines_in(struct run *run, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++)
        (void)run_step(run, &run->scn.steps[i]);
}

static void run_aim_block(struct run *run, const struct scn_step *head, size_t first, size_t last)
{
    const uint64_t end = scn_number(head, "last", 0);
    const uint64_t step = scn_number(head, "step", 1000);

    for (uint64_t ns = scn_number(head, "first", 0); ns <= end; ns += step ? step : end + 1) {
        for (size_t i = first; i < last; i++) {
            run_aim(run, head, ns);
            (void)run_step(run, &run->scn.steps[i]);
            run->request.is_aimed = false;
        }
    }
}

static size_t run_block(struct run *run, size_t head)
{
    const struct scn_step *step = &run->scn.steps[head];
    const size_t end = scn_end(&run->scn, head);

    if (scn_is(step, "meanwhile")) {
        if (run->n_beside < RUN_MAX_BESIDE && end > head + 1)
            run->beside[run->n_beside++] = (struct run_beside){
                head + 1, end, head + 1, (uint16_t)(step->words[0].number % RUN_MAX_CPUS)};
        return end;
    }
    if (scn_is(step, "aim"))
        run_aim_block(run, step, head + 1, end);
    for (uint64_t n = scn_is(step, "repeat") ? step->words[0].number : 0; n > 0; n--)
        run_lines_in(run, head + 1, end);
    run->n_beside = 0;
    return end;
}

int run_lines(struct run *run)
{
    for (size_t i = 0; i < run->scn.n_steps && !run->stats.error; i++) {
        if (scn_is_block(&run->scn.steps[i]))
            i = run_block(run, i);
        else
            (void)run_step(run, &run->scn.steps[i]);
    }
    run->n_beside = 0;
    return 0;
}

size_t run_n_lines(const struct run *run)
{
    return run->scn.n_steps;
}

int run_nth(struct run *run, size_t n)
{
    return run_step(run, &run->scn.steps[n]);
}

/* As if it were a file of one line. */
int run_line(struct run *run, const char *text)
{
    struct sim_diag diag;
    struct scn more;
    char file[SCN_LINE_FILE_BYTES];
    int err;

    (void)snprintf(file, sizeof(file), "iommusim-text/1 scenario\n%s\n", text);
    sim_diag_init(&diag, text);
    err = scn_read_text(&more, file, &diag) ? -EINVAL : 0;
    for (size_t i = 0; i < more.n_steps && !err; i++)
        err = run_step(run, &more.steps[i]);
    scn_free(&more);
    return err;
}

/* ---- from the reset to the end ---- */

static uint64_t now_ns(void *ctx)
{
    return run_now_ps(ctx) / 1000;
}

static int make_objects(struct run *run)
{
    const struct iofd_config config = {.ops = run->config.ops,
                                       .drv = run->drv,
                                       .port = &run->port,
                                       .ctx = run,
                                       .may_alloc = run_may_alloc,
                                       .now_ns = now_ns,
                                       .fault_limit_ns = run->config.fault_limit_ns,
                                       .pasid_by_flag = run->config.pasid_by_flag};

    run->fd = iofd_new(&config);
    return run->fd ? 0 : -ENOMEM;
}

int run_start(struct run *run)
{
    const uint64_t base = run->scan->units[0].base;
    int err = run->config.ops->create(&run->port, base, &run->drv);

    if (!err)
        err = run->config.ops->start(run->drv);
    run->memory.n_own_bytes = run->memory.n_live_bytes;
    return err ? err : make_objects(run);
}

/* The unit stays on: without it nothing that its devices still send would be refused. What is freed
 * after that is only counted. */
void run_halt(struct run *run)
{
    run_fail(run, RUN_FAIL_NOTHING, 0);
    if (run->fd)
        iofd_release(run->fd);
    run->is_over = true;
    iofd_free(run->fd);
    run->fd = NULL;
    if (run->drv)
        run->config.ops->destroy(run->drv);
    run->drv = NULL;
    if (run->memory.n_live_bytes > run->memory.n_own_bytes)
        run->stats.n_leaked_bytes = run->memory.n_live_bytes - run->memory.n_own_bytes;
}
