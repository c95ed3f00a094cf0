/* SPDX-License-Identifier: BSD-2-Clause
 * si_latency.c - E1, E2, E6: one read at a time, over the size of the window.
 * Knows: experiments. Must not know: how a machine is made. */
#include "bench/silicon/si.h"

enum { SAMPLES = 40000, LAST_KIB = 65536, KIB_2M_FIRST = 2048 };

static struct si_load one_at_a_time(uint32_t window_kib)
{
    return (struct si_load){
        .window_kib = window_kib,
        .n_bytes = 64,
        .n_in_flight = 1,
        .leaf_log2 = 12,
        .n_samples = SAMPLES,
    };
}

static void sweep(struct si_out *out, size_t i)
{
    const struct si_machine *machine = &si_machines[i];

    for (size_t w = 0; w < si_n_latency; w++) {
        const struct si_load load = one_at_a_time(si_latency[w].window_kib);
        struct si_result result;

        si_run(machine, &load, -1, &result);
        si_put(out, &(struct si_line){
                        .experiment = "E1",
                        .machine = machine->name,
                        .series = "read (ns)",
                        .kind = si_kind(machine, load.window_kib),
                        .x = load.window_kib,
                        .measured = si_latency[w].ns[i],
                        .simulated = result.mean_ns,
                        .within = 0.02,
                        .reads = result.reads,
                        .why = "",
                    });
    }
}

/* A machine that has given no figure of its own but that of no IOMMU: another one's preset. */
static void sweep_without_fit(struct si_out *out, size_t i, const char *preset)
{
    struct si_machine machine = si_machines[i];

    machine.preset = preset;
    for (size_t w = 0; w < si_n_latency; w++) {
        const struct si_load load = one_at_a_time(si_latency[w].window_kib);
        struct si_result result;

        si_run(&machine, &load, -1, &result);
        si_put(out, &(struct si_line){
                        .experiment = "E1 unfitted",
                        .machine = machine.name,
                        .series = "read with the parameters of bdw (ns)",
                        .kind = "predicted",
                        .x = load.window_kib,
                        .measured = si_latency[w].ns[i],
                        .simulated = result.mean_ns,
                        .within = 0.02,
                        .reads = result.reads,
                        .why = "the price of a miss differs from part to part by a quarter, and "
                               "nothing that is published tells it beforehand",
                    });
    }
}

/* E2: pages of 2 MiB need 32 entries for the largest window. Flat: the first window is the
 * measure. */
static void large_pages(struct si_out *out, size_t i)
{
    double first = 0;

    for (uint32_t kib = KIB_2M_FIRST; kib <= LAST_KIB; kib *= 2) {
        struct si_load load = one_at_a_time(kib);
        struct si_result result;

        load.leaf_log2 = 21;
        si_run(&si_machines[i], &load, -1, &result);
        if (kib == KIB_2M_FIRST)
            first = si_machines[i].base_ns;
        si_put(out, &(struct si_line){
                        .experiment = "E2",
                        .machine = si_machines[i].name,
                        .series = "read, 2 MiB pages (ns)",
                        .kind = "predicted",
                        .x = kib,
                        .measured = first,
                        .simulated = result.mean_ns,
                        .within = 0.01,
                        .reads = result.reads,
                        .why = "",
                    });
    }
}

/* E6: the data's memory is further away; what a miss costs must not change. */
static void remote(struct si_out *out, size_t i)
{
    const struct si_machine *machine = &si_machines[i];
    struct si_load small = one_at_a_time(256), large = one_at_a_time(LAST_KIB);
    double penalty[2];

    for (unsigned is_remote = 0; is_remote < 2; is_remote++) {
        struct si_result a, b;

        small.extra_ns = large.extra_ns = is_remote ? machine->remote_ns : 0;
        si_run(machine, &small, -1, &a);
        si_run(machine, &large, -1, &b);
        penalty[is_remote] = b.mean_ns - a.mean_ns;
    }
    si_put(out, &(struct si_line){
                    .experiment = "E6",
                    .machine = machine->name,
                    .series = "penalty of a miss with remote data (ns)",
                    .kind = "predicted",
                    .x = LAST_KIB,
                    .measured = penalty[0],
                    .simulated = penalty[1],
                    .within = 0.02,
                    .why = "",
                });
}

void si_latency_all(struct si_out *out)
{
    for (size_t i = 0; i < si_n_machines; i++)
        sweep(out, i);
    for (size_t i = 0; i < si_n_machines; i++) {
        if (!si_machines[i].is_fitted)
            sweep_without_fit(out, i, "bdw");
    }
    large_pages(out, 1); /* measured with large pages: these two */
    large_pages(out, 2);
    for (size_t i = 0; i < si_n_machines; i++) {
        if (si_machines[i].remote_ns > 0)
            remote(out, i);
    }
}
