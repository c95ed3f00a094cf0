/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition.h - iommusim run --from X --to Y: one cell, run, replayed and explored.
 * Knows: cells, machines, verdicts. Must not know: what a driver does.
 *
 * The scenario of a cell runs once with the reference driver beside a machine without traffic; its
 * records are then replayed for costs and for the verdict, and explored. */
#ifndef CLI_RUN_TRANSITION_H
#define CLI_RUN_TRANSITION_H

#include "check/chk.h"
#include "check/chk_order.h"
#include "check/explore.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "kernel-glue/transition/trn.h"

/** struct cell_params - @window_ns: how long before and after the transition requests are measured;
 * as long again comes before it, so that caches are warm. @gap_ns: between detach and attach. */
struct cell_params {
    struct trn_scale scale;
    uint64_t window_ns, gap_ns;
};

/**
 * struct cell_costs - of the transition alone: both halves of a detach and attach, and the gap.
 * Times in ps.
 * @window_ps:  from the first store that hardware may see to the end of the last sync.
 * @total_ps:   from the first call to the return of the last one; @driver_ps of it the driver
 *              works, @wait_ps it waits for hardware.
 * @blocked_ps: how long a request was refused that both ends serve, by probes at every moment.
 * @dma_blocked_ps, @n_refused: the same, as the traffic met it.
 * @misses, @reads, @refill_ps: from the first store to the end of the window after: translations
 *              filled, reads of tables by hardware, time that requests took longer than the median
 *              before. @misses_before: in a window as long before.
 */
struct cell_costs {
    struct chk_counts stores, commands, events;
    uint64_t n_stores, n_commands, syncs, register_writes, register_reads;
    uint64_t window_ps, total_ps, driver_ps, wait_ps;
    uint64_t blocked_ps, dma_blocked_ps, n_refused;
    struct chk_latency before, during, after;
    uint64_t misses, misses_before, reads, refill_ps;
    uint64_t swept, killed, collateral;
};

#define CELL_MAX_HALVES 2u
#define CELL_MAX_WHYS 6u
#define CELL_MAX_RULES 16u

/** struct cell_half - one operation of the transition. */
struct cell_half {
    uint8_t op; /* SIM_OP_* */
    int32_t ret;
    enum chk_class replay, explore[XPL_N_LEVELS];
    uint64_t syncs, total_ps;
};

/** struct cell_verdict - @why: of an inconclusive one, static sentences. @rules: broken by the
 * transition itself. */
struct cell_verdict {
    enum chk_class replay, explore[XPL_N_LEVELS];
    bool inconclusive;
    const char *why[CELL_MAX_WHYS];
    size_t n_whys;
    struct {
        enum chk_rule_id rule;
        uint64_t n;
    } rules[CELL_MAX_RULES];
    size_t n_rules;
    uint64_t n_violations;
};

/** struct cell_result - @judgement: its texts may be @text, if only the run told that the driver
 * does not offer it. @story: owned, for cell_free; NULL if it was not wanted. All but judgement and
 * cell is 0 if it was not run. */
struct cell_result {
    struct trn_cell cell;
    struct cell_params params;
    struct trn_judgement judgement;
    char text[256];
    int expected, actual;
    struct cell_verdict verdict;
    struct cell_costs costs;
    struct cell_half halves[CELL_MAX_HALVES];
    size_t n_halves;
    json_t *story;
};

/** struct cell_output - what else is wanted: names of files, or NULL; the story. */
struct cell_output {
    const char *records, *script;
    bool wants_story;
};

void cell_free(struct cell_result *result);

/** cell_run - @config has the load's traffic already. Errors are reported. Return: CLI_OK and
 * @result, or the exit code. */
int cell_run(const struct config *config, const struct cell_params *params,
             const struct trn_cell *cell, const struct cell_output *output,
             struct cell_result *result);

/** cell_profile - settings of a load, for replay_options_profile. */
const char *const *cell_profile(const struct trn_cell *cell, size_t *n_sets);

/** cell_atom - bytes of an entry that hardware reads at once, as far as the driver counts on it. */
uint32_t cell_atom(const struct trn_cell *cell);

/** cell_verdict_word - the class, or INCONCLUSIVE if nothing worse was found. */
const char *cell_verdict_word(enum chk_class verdict, bool inconclusive);

/** cell_exit_code - as of a replay; CLI_INCONCLUSIVE if it was not run. */
int cell_exit_code(const struct cell_result *result);

/* ---- output ---- */

/** struct cell_hardware - how the machine was asked for: words of the command line. */
struct cell_hardware {
    const char *preset;
    const char *const *sets;
    size_t n_sets;
};

/** cell_json - schema iommusim.transition/1. Return: NULL without memory. */
json_t *cell_json(const struct cell_result *result, const struct cell_hardware *hardware);
void cell_print(const struct cell_result *result);

/** cells_print, cells_json - every axis, and how many cells there are of each kind. */
void cells_print(void);
json_t *cells_json(void);

/* ---- the command: options of iommusim run that are about a transition ---- */

struct replay_options;
struct argp;
extern const struct argp transition_argp; /* its input is a struct transition_options */

struct transition_options;
struct transition_options *transition_options_new(void);
void transition_options_free(struct transition_options *options);

/** transition_is_wanted - was one of the options given? */
bool transition_is_wanted(const struct transition_options *options);

/** transition_command - all of it. @arch, @driver, @records: as iommusim run knows them. Return:
 * exit code. */
int transition_command(struct transition_options *options, struct replay_options *replay,
                       uint8_t arch, const char *driver, const char *records);

#endif
