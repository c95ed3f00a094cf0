/* SPDX-License-Identifier: BSD-2-Clause
 * bench.h - what several benchmarks need: a machine that does not listen, files in a folder.
 * Knows: ports, files. Must not know: any model. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "sim/port.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/** bench_no_irq, bench_no_ats_inv, bench_no_page_response - operations of a port of those who do
 * not care. */
static inline void bench_no_irq(void *ctx, enum sim_irq source, bool level)
{
    (void)ctx;
    (void)source;
    (void)level;
}

static inline void bench_no_ats_inv(void *ctx, const struct sim_ats_inv *inv)
{
    (void)ctx;
    (void)inv;
}

static inline void bench_no_page_response(void *ctx, const struct sim_page_response *response)
{
    (void)ctx;
    (void)response;
}

/** bench_open - FOLDER/@name, or @other without a folder. Return: NULL after a message. */
static inline FILE *bench_open(const char *folder, const char *name, FILE *other)
{
    char path[PATH_MAX];
    FILE *file;

    if (!folder)
        return other;
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
        return NULL;
    file = fopen(path, "w");
    if (!file)
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return file;
}

#endif
