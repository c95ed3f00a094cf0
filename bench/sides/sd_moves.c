/* SPDX-License-Identifier: BSD-2-Clause
 * sd_moves.c - every move on both architectures while the device goes on: how long, at what price.
 * Knows: rigs, rounds, percentiles. Must not know: entries, commands.
 *
 * A run has N_ROUNDS rounds: the move, HALF_PS to settle, what makes it possible again, HALF_PS.
 * The same run without moves is what everything is compared with: the same requests then. */
#include "bench/sides/sd_rig.h"
#include "sim/diag.h"

#include <inttypes.h>
#include <stdlib.h>

enum { N_ROUNDS = 32, N_ARCHS = 2, N_PAIRS = 2, N_BINS = 120 };

#define WARM_PS UINT64_C(50000000)
#define HALF_PS UINT64_C(40000000)
#define PROBE_PS UINT64_C(5000000) /* before the move: the victim's page is in use */
#define NEAR_PS UINT64_C(10000000) /* "during": what begins so soon after the first store */
#define PHASE_PS UINT64_C(3137)    /* rounds meet the device at different moments */
#define BIN_PS UINT64_C(100000)    /* of the course of a move: from BEFORE_PS before it on */
#define BEFORE_PS UINT64_C(1000000)

static const struct {
    const char *name, *doc;
    unsigned stage;
} moves[SD_N_MOVES] = {
    [SD_FS_SWAP] = {"fs-swap", "first stage: another table in one store", 1},
    [SD_FS_REPLACE] = {"fs-replace", "first stage: another domain, as drivers do it", 1},
    [SD_SS_SWAP] = {"ss-swap", "second stage: another table in one store", 2},
    [SD_SS_REPLACE] = {"ss-replace", "second stage: another domain, as drivers do it", 2},
    [SD_UNMAP_4K] = {"unmap-4k", "first stage: 4 KiB unmapped", 1},
    [SD_UNMAP_2M] = {"unmap-2m", "first stage: 512 pages unmapped", 1},
    [SD_UNMAP_4K_SS] = {"unmap-4k-ss", "second stage: 4 KiB unmapped", 2},
    [SD_DETACH] = {"detach", "first stage: detached", 1},
};

/* The default of each, and the functional model of each, where only memory takes time. */
static const struct {
    const char *name;
    const char *preset[N_ARCHS];
} pairs[N_PAIRS] = {{"default", {"mmu600", "bdw"}}, {"zero", {"zero", "zero"}}};

/* Requests that began so long after the first store, of all rounds. */
struct bin {
    uint64_t n, took_ps, max_ps, refused;
};

struct result {
    struct bin bin[N_BINS];
    uint64_t move_ps, max_move_ps;
    uint64_t stores, commands, waits, reads, refused, took_ps;
    uint64_t p50_ps, p99_ps, max_ps;
};

static bool is_replace(enum sd_move what)
{
    return what <= SD_SS_REPLACE;
}

static bool is_unmap(enum sd_move what)
{
    return what == SD_UNMAP_4K || what == SD_UNMAP_2M || what == SD_UNMAP_4K_SS;
}

static uint64_t start_of(unsigned round)
{
    return WARM_PS + round * (2 * HALF_PS + PHASE_PS);
}

/* ---- one run ---- */

static void do_move(struct sd_rig *rig, enum sd_move what, struct result *result)
{
    const uint64_t start_ps = sd_now_ps(rig);
    uint64_t ps;

    rig->stores = rig->commands = rig->waits = 0;
    rig->moves++;
    rig->is_settled = false;
    if (is_replace(what))
        rig->map = 1 - rig->map;
    rig->arch->move(rig, what);
    rig->is_settled = true;
    rig->is_blocked = what == SD_DETACH;
    ps = sd_now_ps(rig) - start_ps;
    SIM_BUG_ON(ps >= HALF_PS);
    result->move_ps += ps;
    result->max_move_ps = ps > result->max_move_ps ? ps : result->max_move_ps;
    result->stores = rig->stores;
    result->commands = rig->commands;
    result->waits = rig->waits;
}

static void do_undo(struct sd_rig *rig, enum sd_move what)
{
    rig->moves++;
    rig->is_settled = false;
    rig->arch->undo(rig, what);
    rig->is_settled = true;
    rig->is_blocked = false;
}

static void do_round(struct sd_rig *rig, enum sd_move what, unsigned round, bool is_control,
                     struct result *result)
{
    const uint64_t at = start_of(round);
    uint64_t reads;

    sd_advance(rig, at - PROBE_PS);
    if (is_unmap(what))
        sd_probe(rig);
    sd_advance(rig, at);
    reads = rig->reads;
    if (!is_control)
        do_move(rig, what, result);
    sd_advance(rig, at + HALF_PS);
    result->reads += rig->reads - reads;
    if (is_control)
        return;
    if (is_unmap(what))
        sd_probe(rig);
    sd_advance(rig, at + HALF_PS + PROBE_PS);
    do_undo(rig, what);
}

/* ---- what the device saw ---- */

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Moments after @from_ps before a first store, counted from there. Return: false before them all.
 */
static bool find_moment(const struct sd_sample *sample, uint64_t from_ps, uint64_t *after_ps)
{
    if (sample->start_ps < WARM_PS - from_ps)
        return false;
    *after_ps = (sample->start_ps - (WARM_PS - from_ps)) % (2 * HALF_PS + PHASE_PS);
    return true;
}

static void fill_bins(const struct sd_rig *rig, struct bin bins[N_BINS])
{
    for (size_t i = 0; i < rig->n_samples; i++) {
        const struct sd_sample *sample = &rig->samples[i];
        uint64_t after_ps;
        struct bin *bin;

        if (!find_moment(sample, BEFORE_PS, &after_ps) || after_ps >= N_BINS * BIN_PS)
            continue;
        bin = &bins[after_ps / BIN_PS];
        bin->n++;
        bin->took_ps += sample->took_ps;
        bin->refused += sample->is_refused;
        if (sample->took_ps > bin->max_ps)
            bin->max_ps = sample->took_ps;
    }
}

static void evaluate(const struct sd_rig *rig, struct result *result)
{
    uint64_t *near = calloc(rig->n_samples, sizeof(*near));
    size_t n = 0;

    SIM_BUG_ON(!near);
    for (size_t i = 0; i < rig->n_samples; i++) {
        const struct sd_sample *sample = &rig->samples[i];
        uint64_t after_ps;

        if (!find_moment(sample, 0, &after_ps) || after_ps >= HALF_PS)
            continue;
        result->took_ps += sample->took_ps;
        result->refused += sample->is_refused;
        if (after_ps < NEAR_PS)
            near[n++] = sample->took_ps;
    }
    SIM_BUG_ON(n == 0);
    qsort(near, n, sizeof(*near), compare);
    result->p50_ps = near[n * 50 / 100];
    result->p99_ps = near[n * 99 / 100];
    result->max_ps = near[n - 1];
    free(near);
}

static void run(const struct sd_arch *arch, const char *preset, enum sd_move what, bool is_control,
                struct result *result)
{
    struct sd_rig *rig = sd_rig_new(arch, preset, moves[what].stage, 0);

    *result = (struct result){0};
    sd_start(rig);
    for (unsigned round = 0; round < N_ROUNDS; round++)
        do_round(rig, what, round, is_control, result);
    sd_advance(rig, start_of(N_ROUNDS) - PROBE_PS);
    rig->is_stopped = true;
    sd_idle(rig);
    evaluate(rig, result);
    fill_bins(rig, result->bin);
    sd_rig_free(rig);
}

/* ---- lines ---- */

static uint64_t above(uint64_t value, uint64_t control)
{
    return value > control ? value - control : 0;
}

static void put_numbers(FILE *out, const char *comma, const struct result *with,
                        const struct result *without)
{
    (void)fprintf(out, "%s%" PRIu64 "%s%" PRIu64 "%s%" PRIu64, comma, with->stores, comma,
                  with->commands, comma, with->waits);
    sd_put_tenths(out, comma, with->move_ps, N_ROUNDS);
    sd_put_tenths(out, comma, with->max_move_ps, 1);
    sd_put_tenths(out, comma, 1000 * with->refused, N_ROUNDS);
    sd_put_tenths(out, comma, 1000 * above(with->reads, without->reads), N_ROUNDS);
    sd_put_tenths(out, comma, above(with->took_ps, without->took_ps), N_ROUNDS);
    sd_put_tenths(out, comma, with->p50_ps, 1);
    sd_put_tenths(out, comma, with->p99_ps, 1);
    sd_put_tenths(out, comma, with->max_ps, 1);
}

static void put_course(FILE *out, const char *move, const char *arch, const struct result *with)
{
    for (unsigned i = 0; i < N_BINS; i++) {
        const struct bin *bin = &with->bin[i];

        if (bin->n == 0)
            continue;
        (void)fprintf(out, "%s,%s,%" PRId64 ",%" PRIu64, move, arch,
                      (int64_t)(i * BIN_PS) / 1000 - (int64_t)BEFORE_PS / 1000, bin->n);
        sd_put_tenths(out, ",", bin->took_ps, bin->n);
        sd_put_tenths(out, ",", bin->max_ps, 1);
        (void)fprintf(out, ",%" PRIu64 "\n", bin->refused);
    }
}

static void put(const struct sd_out *out, unsigned pair, unsigned arch, enum sd_move what)
{
    static const struct sd_arch *const archs[N_ARCHS] = {&sd_smmu, &sd_vtd};
    struct result with, without;

    run(archs[arch], pairs[pair].preset[arch], what, false, &with);
    run(archs[arch], pairs[pair].preset[arch], what, true, &without);
    (void)fprintf(out->csv, "%s,%s,%s", pairs[pair].name, moves[what].name, archs[arch]->name);
    put_numbers(out->csv, ",", &with, &without);
    (void)fputc('\n', out->csv);
    (void)fprintf(out->md, "| %s | %s | %s (%s)", pairs[pair].name, moves[what].doc,
                  archs[arch]->name, pairs[pair].preset[arch]);
    put_numbers(out->md, " | ", &with, &without);
    (void)fputs(" |\n", out->md);
    if (pair == 0 && (is_replace(what) || what == SD_DETACH))
        put_course(out->course, moves[what].name, archs[arch]->name, &with);
}

void sd_moves_all(const struct sd_out *out)
{
    (void)fputs(
        "pair,move,architecture,stores,commands,waits,ns_mean,ns_max,refused,reads,extra_ns,"
        "p50_ns,p99_ns,max_ns\n",
        out->csv);
    (void)fputs(
        "| presets | what | architecture | stores | commands | waits | ns | most ns | requests "
        "refused | entries read again | DMA loses, ns | DMA p50 | p99 | max |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        out->md);
    (void)fputs("move,architecture,ns,requests,mean_ns,max_ns,refused\n", out->course);
    for (unsigned pair = 0; pair < N_PAIRS; pair++)
        for (unsigned what = 0; what < SD_N_MOVES; what++)
            for (unsigned arch = 0; arch < N_ARCHS; arch++)
                put(out, pair, arch, (enum sd_move)what);
}
