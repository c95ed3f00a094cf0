/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_cells.c - iommusim run --cells: every axis, and how many cells there are.
 * Knows: axes, drivers. Must not know: how a cell is run.
 *
 * Counted are, of each architecture, all pairs of states, with a PASID and without one, with ATS
 * and without it, by one call and by two, with every driver. A load makes nothing illegal. */
#include "cli/run_transition.h"

#include "kernel-glue/drivers/drv.h"

#include <inttypes.h>
#include <string.h>

#define MAX_REASONS 32u

static const uint8_t archs[] = {SIM_ARCH_SMMUV3, SIM_ARCH_VTD};

/** struct tally - of one architecture and one driver. */
struct tally {
    uint64_t n[TRN_N_KINDS];
    struct {
        struct trn_judgement judgement;
        uint64_t n;
    } reasons[MAX_REASONS];
    size_t n_reasons;
};

static void count(struct tally *tally, const struct trn_cell *cell)
{
    struct trn_judgement judgement;
    size_t i = 0;

    trn_judge(cell, &judgement);
    tally->n[judgement.kind]++;
    if (judgement.kind == TRN_RUNS)
        return;
    while (i < tally->n_reasons && tally->reasons[i].judgement.reason != judgement.reason)
        i++;
    if (i == MAX_REASONS)
        return;
    tally->reasons[i].judgement = judgement;
    tally->reasons[i].n++;
    tally->n_reasons += i == tally->n_reasons;
}

static void count_pair(struct tally *tally, struct trn_cell *cell)
{
    for (unsigned i = 0; i < 2 * 2 * TRN_N_BYS; i++) {
        cell->pasid = i & 1 ? 1 : TRN_NO_PASID;
        cell->has_ats = i >> 1 & 1;
        cell->by = (enum trn_by)(i >> 2);
        count(tally, cell);
    }
}

static void count_all(struct tally *tally, uint8_t arch, const char *driver)
{
    struct trn_cell cell = {.arch = arch, .driver = driver};

    memset(tally, 0, sizeof(*tally));
    for (unsigned from = 0; from < TRN_N_STATES; from++) {
        for (unsigned to = 0; to < TRN_N_STATES; to++) {
            cell.from = (enum trn_state)from;
            cell.to = (enum trn_state)to;
            count_pair(tally, &cell);
        }
    }
}

/* ---- for people ---- */

static void print_axes(void)
{
    (void)printf("States:\n");
    for (unsigned i = 0; i < TRN_N_STATES; i++)
        (void)printf("  %-13s %s\n", trn_state_name((enum trn_state)i),
                     trn_state_doc((enum trn_state)i));
    (void)printf("  s1 is also called fs, s2 ss. From s1 to s1: to another table.\nBy:");
    for (unsigned i = 0; i < TRN_N_BYS; i++)
        (void)printf(" %s", trn_by_name((enum trn_by)i));
    (void)printf("\nLoads:");
    for (unsigned i = 0; i < TRN_N_LOADS; i++)
        (void)printf(" %s", trn_load_name((enum trn_load)i));
    (void)printf("\nPASID: none, or 1 to %u. ATS: off, on.\n", TRN_MAX_PASID);
}

static void print_tally(const struct tally *tally, uint8_t arch, const char *driver)
{
    (void)printf("\n%s, %s: %" PRIu64 " cells run, %" PRIu64 " are illegal, %" PRIu64
                 " not offered\n",
                 sim_enum_word(SIM_SHOW_ARCH, arch), driver, tally->n[TRN_RUNS],
                 tally->n[TRN_ILLEGAL], tally->n[TRN_NOT_OFFERED]);
    for (size_t i = 0; i < tally->n_reasons; i++) {
        const struct trn_judgement *judgement = &tally->reasons[i].judgement;

        (void)printf("  %4" PRIu64 " %-11s ", tally->reasons[i].n, trn_kind_name(judgement->kind));
        cli_wrap(stdout, 19, 19, judgement->reason);
        (void)printf("%19s(%s: %s)\n", "", trn_rule_name(judgement->rule), judgement->section);
    }
}

void cells_print(void)
{
    print_axes();
    for (size_t i = 0; i < sizeof(archs); i++) {
        struct tally tally;
        const char *driver;

        for (uint32_t n = 0; (driver = drv_name(archs[i], n)); n++) {
            count_all(&tally, archs[i], driver);
            print_tally(&tally, archs[i], driver);
        }
    }
}

/* ---- as JSON ---- */

static json_t *json_tally(const struct tally *tally, uint8_t arch, const char *driver)
{
    json_t *reasons = json_array();

    for (size_t i = 0; i < tally->n_reasons; i++) {
        const struct trn_judgement *judgement = &tally->reasons[i].judgement;

        (void)json_array_append_new(
            reasons,
            json_pack("{s:s, s:s, s:s, s:s, s:I}", "kind", trn_kind_name(judgement->kind), "rule",
                      trn_rule_name(judgement->rule), "reason", judgement->reason, "section",
                      judgement->section, "n", (json_int_t)tally->reasons[i].n));
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "arch", sim_enum_word(SIM_SHOW_ARCH, arch),
                     "driver", driver, "runs", (json_int_t)tally->n[TRN_RUNS], "illegal",
                     (json_int_t)tally->n[TRN_ILLEGAL], "not_offered",
                     (json_int_t)tally->n[TRN_NOT_OFFERED], "reasons", reasons);
}

json_t *cells_json(void)
{
    json_t *states = json_array(), *bys = json_array(), *loads = json_array();
    json_t *drivers = json_array();

    for (unsigned i = 0; i < TRN_N_STATES; i++)
        (void)json_array_append_new(states, json_pack("{s:s, s:s}", "name",
                                                      trn_state_name((enum trn_state)i), "doc",
                                                      trn_state_doc((enum trn_state)i)));
    for (unsigned i = 0; i < TRN_N_BYS; i++)
        (void)json_array_append_new(bys, json_string(trn_by_name((enum trn_by)i)));
    for (unsigned i = 0; i < TRN_N_LOADS; i++)
        (void)json_array_append_new(loads, json_string(trn_load_name((enum trn_load)i)));
    for (size_t i = 0; i < sizeof(archs); i++) {
        struct tally tally;
        const char *driver;

        for (uint32_t n = 0; (driver = drv_name(archs[i], n)); n++) {
            count_all(&tally, archs[i], driver);
            (void)json_array_append_new(drivers, json_tally(&tally, archs[i], driver));
        }
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}", "schema", "iommusim.cells/1", "states",
                     states, "by", bys, "loads", loads, "max_pasid", (json_int_t)TRN_MAX_PASID,
                     "drivers", drivers);
}
