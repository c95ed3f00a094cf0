/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_text.c - a cell's result for people.
 * Knows: figures. Must not know: how they came about. */
#include "cli/run_transition.h"

#include <inttypes.h>
#include <string.h>

static double us(uint64_t ps)
{
    return (double)ps / 1e6;
}

static double ns(uint64_t ps)
{
    return (double)ps / 1e3;
}

static void print_counts(const char *name, uint64_t n, const struct chk_counts *counts)
{
    (void)printf("  %-11s %6" PRIu64 "  ", name, n);
    for (size_t i = 0; i < counts->n; i++)
        (void)printf(" %s*%" PRIu64, counts->of[i].name, counts->of[i].n);
    (void)putchar('\n');
}

static void print_latency(const char *name, const struct chk_latency *latency)
{
    if (latency->n)
        (void)printf("  DMA %-7s %6" PRIu64 "   p50 %.0f ns, p99 %.0f ns, max %.0f ns\n", name,
                     latency->n, ns(latency->p50), ns(latency->p99), ns(latency->max));
}

static void print_costs(const struct cell_costs *costs)
{
    print_counts("stores", costs->n_stores, &costs->stores);
    print_counts("commands", costs->n_commands, &costs->commands);
    (void)printf("  syncs       %6" PRIu64 "   register writes %" PRIu64 ", reads %" PRIu64 "\n",
                 costs->syncs, costs->register_writes, costs->register_reads);
    (void)printf("  window      %9.3f us from the first store to the last sync\n",
                 us(costs->window_ps));
    (void)printf("  total       %9.3f us: driver %.3f, waiting %.3f\n", us(costs->total_ps),
                 us(costs->driver_ps), us(costs->wait_ps));
    (void)printf("  blocked     %9.3f us; by the traffic %.3f us, %" PRIu64 " requests refused\n",
                 us(costs->blocked_ps), us(costs->dma_blocked_ps), costs->n_refused);
    print_latency("before", &costs->before);
    print_latency("during", &costs->during);
    print_latency("after", &costs->after);
    (void)printf("  refill      %6" PRIu64 "   misses (%" PRIu64 " before), %" PRIu64
                 " reads, %.3f us\n",
                 costs->misses, costs->misses_before, costs->reads, us(costs->refill_ps));
    (void)printf("  TLB         %6" PRIu64 "   killed, %" PRIu64 " of them of others\n",
                 costs->killed, costs->collateral);
}

static void print_cell(const struct cell_result *result)
{
    const struct trn_cell *cell = &result->cell;

    (void)printf("%s, %s: %s to %s by %s", sim_enum_word(SIM_SHOW_ARCH, cell->arch), cell->driver,
                 trn_state_name(cell->from), trn_state_name(cell->to), trn_by_name(cell->by));
    if (cell->pasid != TRN_NO_PASID)
        (void)printf(", PASID %" PRIu32, cell->pasid);
    (void)printf("%s, load %s\n", cell->has_ats ? ", ATS" : "", trn_load_name(cell->load));
}

static void print_verdict(const struct cell_result *result)
{
    const struct cell_verdict *verdict = &result->verdict;

    for (size_t i = 0; i < verdict->n_rules; i++)
        (void)printf("Protocol rule broken: %s, %" PRIu64 " time%s\n",
                     chk_rules[verdict->rules[i].rule].id, verdict->rules[i].n,
                     verdict->rules[i].n == 1 ? "" : "s");
    for (size_t i = 0; i < verdict->n_whys; i++)
        (void)printf("Inconclusive: %s\n", verdict->why[i]);
    if (result->actual != result->expected)
        (void)printf("It returned %d instead of %d.\n", result->actual, result->expected);
    (void)printf("Verdict: %s here, %s on any permitted hardware (%s as deployed).\n",
                 cell_verdict_word(verdict->replay, verdict->inconclusive),
                 cell_verdict_word(verdict->explore[XPL_ARCHITECTURE], verdict->inconclusive),
                 cell_verdict_word(verdict->explore[XPL_DEPLOYED], verdict->inconclusive));
}

void cell_print(const struct cell_result *result)
{
    print_cell(result);
    if (result->judgement.kind != TRN_RUNS) {
        (void)printf("%s: ", result->judgement.kind == TRN_ILLEGAL ? "Illegal" : "Not offered");
        cli_wrap(stdout, 13, 2, result->judgement.reason);
        (void)printf("  (%s: %s)\n", trn_rule_name(result->judgement.rule),
                     result->judgement.section);
        return;
    }
    print_costs(&result->costs);
    print_verdict(result);
}
