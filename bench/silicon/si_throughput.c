/* SPDX-License-Identifier: BSD-2-Clause
 * si_throughput.c - E3, E4, E5: many at a time.
 * Knows: experiments. Must not know: how a machine is made. */
#include "bench/silicon/si.h"

enum { SAMPLES = 60000, LAST_KIB = 65536 };

static struct si_load many(uint32_t window_kib, uint32_t n_bytes, double interval_ns, bool is_write)
{
    return (struct si_load){
        .window_kib = window_kib,
        .n_bytes = n_bytes,
        .n_in_flight = SI_READS_IN_FLIGHT,
        .interval_ns = interval_ns,
        .is_write = is_write,
        .leaf_log2 = 12,
        .n_samples = SAMPLES,
    };
}

/* E5: it cannot be met with one fixed delay. */
static const char *reason(size_t i, uint32_t window_kib)
{
    if (i != 0 || window_kib < SI_FITTED_KIB)
        return "";
    return "this part is slowest at 2 MiB: what it does when a page is asked for that is being "
           "walked for costs more the fewer requests hit, and one fixed delay cannot have both";
}

static void rate(struct si_out *out, size_t i, size_t w, bool is_write)
{
    const struct si_rate *row = &si_rates[w];
    const double measured = is_write ? row->write[i] : row->read[i];
    const struct si_load load = many(
        row->window_kib, 64, 1e3 / (is_write ? SI_LINK_WRITE_MPS : SI_LINK_READ_MPS), is_write);
    struct si_result result;

    if (measured <= 0)
        return;
    si_run(&si_machines[i], &load, -1, &result);
    si_put(out, &(struct si_line){
                    .experiment = i == 0 ? "E5" : "E3",
                    .machine = si_machines[i].name,
                    .series = is_write ? "write (M/s)" : "read (M/s)",
                    .kind = si_kind(&si_machines[i], row->window_kib),
                    .x = row->window_kib,
                    .measured = measured,
                    .simulated = result.mps,
                    .within = 0.15,
                    .reads = result.reads,
                    .why = reason(i, row->window_kib),
                });
}

/* E5, the other half: without the hazard there is no minimum. */
static void without_hazard(struct si_out *out, size_t w)
{
    const struct si_load load = many(si_rates[w].window_kib, 64, 1e3 / SI_LINK_READ_MPS, false);
    struct si_result result;

    si_run(&si_machines[0], &load, 0, &result);
    si_put(out, &(struct si_line){
                    .experiment = "E5 without",
                    .machine = si_machines[0].name,
                    .series = "read (M/s)",
                    .kind = "predicted",
                    .x = si_rates[w].window_kib,
                    .simulated = result.mps,
                    .reads = result.reads,
                    .why = "",
                });
}

static const char reads_of_256[] =
    "reads of 256 bytes lose more than those of 128 or 512: something beside translation limits "
    "them, and the data do not tell what";

/* E4: Gb/s with the IOMMU; without it, the link's own rate for that size. */
static void size(struct si_out *out, const struct si_size *row, bool is_write)
{
    const size_t last = si_n_machines - 1;
    const double off = is_write ? row->write_off : row->read_off;
    const struct si_load load = many(LAST_KIB, row->bytes, row->bytes * 8.0 / off, is_write);
    struct si_result result;

    si_run(&si_machines[last], &load, -1, &result);
    si_put(out, &(struct si_line){
                    .experiment = "E4",
                    .machine = si_machines[last].name,
                    .series = is_write ? "write (Gb/s)" : "read (Gb/s)",
                    .kind = "predicted",
                    .x = row->bytes,
                    .measured = is_write ? row->write_on : row->read_on,
                    .simulated = result.mps * row->bytes * 8e-3,
                    .within = 0.15,
                    .reads = result.reads,
                    .why = row->bytes == 256 && !is_write ? reads_of_256 : "",
                });
}

void si_throughput_all(struct si_out *out)
{
    for (size_t i = 0; i < si_n_machines; i++) {
        for (size_t w = 0; w < si_n_rates; w++) {
            rate(out, i, w, false);
            rate(out, i, w, true);
        }
    }
    for (size_t w = 0; w < si_n_rates; w++)
        without_hazard(out, w);
    for (size_t s = 0; s < SI_N_SIZES; s++) {
        size(out, &si_sizes[s], false);
        size(out, &si_sizes[s], true);
    }
}
