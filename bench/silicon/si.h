/* SPDX-License-Identifier: BSD-2-Clause
 * si.h - measured silicon beside the model: machines, figures, experiments.
 * Knows: names and numbers. Must not know: how a machine is made.
 *
 * The figures are those of the pcie-bench project (Neugebauer et al., "Understanding PCIe
 * performance for end host networking", SIGCOMM 2018; data under Apache-2.0): a NIC reads and
 * writes a window of host memory at random, with 4 KiB mappings. */
#ifndef BENCH_SILICON_SI_H
#define BENCH_SILICON_SI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SI_MAX_WINDOWS = 16, SI_N_SIZES = 4 };

/**
 * struct si_machine - one of the five that were measured.
 * @preset:     of the model's parameters.
 * @cap, @ecap: its capability registers.
 * @base_ns:    one read of 64 bytes without an IOMMU: all that is not translation.
 * @remote_ns:  what the memory of the other socket adds to it; 0 = not measured.
 * @is_fitted:  every window up to 1 MiB fixed the parameters of its preset; else that of 1 MiB.
 */
struct si_machine {
    const char *preset;
    const char *name;
    uint64_t cap, ecap;
    double base_ns;
    double remote_ns;
    bool is_fitted;
};
extern const struct si_machine si_machines[];
extern const size_t si_n_machines;

/** si_kind - "fitted" if the figure of that window fixed a parameter, "predicted" else. */
#define SI_FITTED_KIB 1024u
const char *si_kind(const struct si_machine *machine, uint32_t window_kib);

/** struct si_latency - mean ns of one read of 64 bytes, by machine in the order of si_machines. */
struct si_latency {
    uint32_t window_kib;
    double ns[5];
};
extern const struct si_latency si_latency[];
extern const size_t si_n_latency;

/** struct si_rate - millions of transactions of 64 bytes per second; 0 = not measured. */
struct si_rate {
    uint32_t window_kib;
    double read[5], write[5];
};
extern const struct si_rate si_rates[];
extern const size_t si_n_rates;

/** struct si_size - Gb/s of payload at 64 MiB on the last machine, IOMMU off and on. */
struct si_size {
    uint32_t bytes;
    double read_off, read_on, write_off, write_on;
};
extern const struct si_size si_sizes[SI_N_SIZES];

/** The link and the NIC: most reads in flight, most transactions of 64 bytes in a second. */
#define SI_READS_IN_FLIGHT 27u
#define SI_LINK_READ_MPS 54.0
#define SI_LINK_WRITE_MPS 47.4

/**
 * struct si_load - what the NIC does.
 * @window_kib:  random addresses in so much memory.
 * @n_bytes:     of one transaction.
 * @n_in_flight: 1: latency.
 * @interval_ns: between the starts of two transactions; 0 = as soon as one may.
 * @is_write:    posted: over as soon as it is translated.
 * @leaf_log2:   12, 21.
 * @extra_ns:    memory of the data is so much further away.
 */
struct si_load {
    uint32_t window_kib;
    uint32_t n_bytes;
    uint32_t n_in_flight;
    double interval_ns;
    bool is_write;
    unsigned leaf_log2;
    double extra_ns;
    uint32_t n_samples;
};

/** struct si_result - @mean_ns: of one transaction. @mps: millions of them per second. @reads: of
 * page tables, per transaction. */
struct si_result {
    double mean_ns, mps, reads;
};

/** si_run - a machine of its own for each call; always the same result. @hazard: same_page=replay
 * as on the first machine, or not (E5); -1 = as the preset has it. */
void si_run(const struct si_machine *machine, const struct si_load *load, int hazard,
            struct si_result *result);

/** struct si_out - a CSV, and the table of expectations as Markdown. */
struct si_out {
    FILE *csv, *md;
    unsigned n_off; /* lines that are not as expected */
};

void si_latency_all(struct si_out *out);    /* E1, E2, E6 */
void si_throughput_all(struct si_out *out); /* E3, E4, E5 */

/** si_line - one figure: measured (0 = none), simulated, and how far off it may be. @kind: "fitted"
 * or "predicted". @why: what is to be known if it is further off; "" else. */
struct si_line {
    const char *experiment, *machine, *series, *kind;
    uint32_t x;
    double measured, simulated, within; /* 0.02 = 2 % */
    double reads;                       /* of page tables, per transaction */
    const char *why;
};
void si_put(struct si_out *out, const struct si_line *line);

#ifdef __cplusplus
}
#endif
#endif
