/* SPDX-License-Identifier: BSD-2-Clause
 * chk_count.c - counts by name, and samples from which percentiles come.
 * Knows: names, numbers. Must not know: what is counted. */
#include "check/chk_private.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define N_FIRST_SAMPLES 64u

void chk_count(struct chk_counts *counts, const char *name, uint64_t n)
{
    size_t i;

    for (i = 0; i < counts->n; i++) {
        if (counts->of[i].name == name || !strcmp(counts->of[i].name, name)) {
            counts->of[i].n += n;
            return;
        }
    }
    if (i == CHK_MAX_COUNTS) { /* the last place is for all that have no place of their own */
        counts->of[i - 1].name = "other";
        counts->of[i - 1].n += n;
        return;
    }
    counts->of[i].name = name;
    counts->of[i].n = n;
    counts->n++;
}

void chk_counts_add(struct chk_counts *to, const struct chk_counts *from)
{
    for (size_t i = 0; i < from->n; i++)
        chk_count(to, from->of[i].name, from->of[i].n);
}

/* Keep every second value from now on. */
static void thin_out(struct chk_sampler *sampler)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < sampler->n; i += 2)
        sampler->value[n++] = sampler->value[i];
    sampler->n = n;
    sampler->stride *= 2;
}

static int keep(struct chk_sampler *sampler, uint64_t value)
{
    if (sampler->n == CHK_MAX_SAMPLES)
        thin_out(sampler);
    if (sampler->n == sampler->n_max) {
        const uint32_t n_max = sampler->n_max ? 2 * sampler->n_max : N_FIRST_SAMPLES;
        uint64_t *grown = realloc(sampler->value, n_max * sizeof(*grown));

        if (!grown)
            return SIM_ENOMEM;
        sampler->value = grown;
        sampler->n_max = n_max;
    }
    sampler->value[sampler->n++] = value;
    return 0;
}

int chk_sample(struct chk_sampler *sampler, uint64_t value)
{
    int err;

    if (!sampler->stride)
        sampler->stride = 1;
    sampler->total++;
    if (value > sampler->max)
        sampler->max = value;
    if (sampler->skip) {
        sampler->skip--;
        return 0;
    }
    err = keep(sampler, value);
    sampler->skip = sampler->stride - 1;
    return err;
}

int chk_sampler_add(struct chk_sampler *to, const struct chk_sampler *from)
{
    uint32_t step;
    int err = 0;

    if (!from->total)
        return 0;
    if (!to->stride)
        to->stride = 1;
    while (to->stride < from->stride)
        thin_out(to);
    step = to->stride / from->stride;
    for (uint32_t i = 0; !err && i < from->n; i += step)
        err = keep(to, from->value[i]);
    to->total += from->total;
    if (from->max > to->max)
        to->max = from->max;
    return err;
}

void chk_sampler_clear(struct chk_sampler *sampler)
{
    sampler->n = 0;
    sampler->stride = 1;
    sampler->skip = 0;
    sampler->total = 0;
    sampler->max = 0;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

void chk_sampler_sort(struct chk_sampler *sampler)
{
    if (sampler->n)
        qsort(sampler->value, sampler->n, sizeof(*sampler->value), by_value);
}

/* Nearest rank: the smallest value that @percent of all do not exceed. */
uint64_t chk_percentile(const struct chk_sampler *sorted, unsigned percent)
{
    const uint64_t rank = ((uint64_t)sorted->n * percent + 99) / 100;

    return sorted->n ? sorted->value[rank ? rank - 1 : 0] : 0;
}
