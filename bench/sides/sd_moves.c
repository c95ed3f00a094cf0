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

enum { N_ROUNDS = 32, N_ARCHS = 2, N_PAIRS = 2 };

#define WARM_PS UINT64_C(50000000)
#define HALF_PS UINT64_C(40000000)
#define PROBE_PS UINT64_C(5000000) /* before the move: the victim's page is in use */
#define NEAR_PS UINT64_C(10000000) /* "during": what begins so soon after the first store */
#define PHASE_PS UINT64_C(3137)    /* rounds meet the device at different moments */

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

struct result {
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

/* Which round a request belongs to, and how long after its first store it began. */
static bool find_round(const struct sd_sample *sample, uint64_t *after_ps)
{
    const uint64_t round_ps = 2 * HALF_PS + PHASE_PS;

    if (sample->start_ps < WARM_PS)
        return false;
    *after_ps = (sample->start_ps - WARM_PS) % round_ps;
    return *after_ps < HALF_PS;
}

static void evaluate(const struct sd_rig *rig, struct result *result)
{
    uint64_t *near = calloc(rig->n_samples, sizeof(*near));
    size_t n = 0;

    SIM_BUG_ON(!near);
    for (size_t i = 0; i < rig->n_samples; i++) {
        const struct sd_sample *sample = &rig->samples[i];
        uint64_t after_ps;

        if (!find_round(sample, &after_ps))
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
    fprintf(out, "%s%" PRIu64 "%s%" PRIu64 "%s%" PRIu64, comma, with->stores, comma, with->commands,
            comma, with->waits);
    sd_put_tenths(out, comma, with->move_ps, N_ROUNDS);
    sd_put_tenths(out, comma, with->max_move_ps, 1);
    sd_put_tenths(out, comma, 1000 * with->refused, N_ROUNDS);
    sd_put_tenths(out, comma, 1000 * above(with->reads, without->reads), N_ROUNDS);
    sd_put_tenths(out, comma, above(with->took_ps, without->took_ps), N_ROUNDS);
    sd_put_tenths(out, comma, with->p50_ps, 1);
    sd_put_tenths(out, comma, with->p99_ps, 1);
    sd_put_tenths(out, comma, with->max_ps, 1);
}

static void put(const struct sd_out *out, unsigned pair, unsigned arch, enum sd_move what)
{
    static const struct sd_arch *const archs[N_ARCHS] = {&sd_smmu, &sd_vtd};
    struct result with, without;

    run(archs[arch], pairs[pair].preset[arch], what, false, &with);
    run(archs[arch], pairs[pair].preset[arch], what, true, &without);
    fprintf(out->csv, "%s,%s,%s", pairs[pair].name, moves[what].name, archs[arch]->name);
    put_numbers(out->csv, ",", &with, &without);
    fputc('\n', out->csv);
    fprintf(out->md, "| %s | %s | %s (%s)", pairs[pair].name, moves[what].doc, archs[arch]->name,
            pairs[pair].preset[arch]);
    put_numbers(out->md, " | ", &with, &without);
    fputs(" |\n", out->md);
}

void sd_moves_all(const struct sd_out *out)
{
    fputs("pair,move,architecture,stores,commands,waits,ns_mean,ns_max,refused,reads,extra_ns,"
          "p50_ns,p99_ns,max_ns\n",
          out->csv);
    fputs("| presets | what | architecture | stores | commands | waits | ns | most ns | requests "
          "refused | entries read again | DMA loses, ns | DMA p50 | p99 | max |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
          out->md);
    for (unsigned pair = 0; pair < N_PAIRS; pair++)
        for (unsigned what = 0; what < SD_N_MOVES; what++)
            for (unsigned arch = 0; arch < N_ARCHS; arch++)
                put(out, pair, arch, (enum sd_move)what);
}
