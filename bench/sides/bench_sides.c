/* SPDX-License-Identifier: BSD-2-Clause
 * bench_sides.c - SMMUv3 and VT-d side by side, and what invalidations of VT-d cost.
 *   bench_sides [FOLDER]
 * Prints a table in Markdown; writes sides.csv, sides.md, course.csv, cost.csv
 * and again.csv into FOLDER.
 * Everything is simulated time: the same bytes on every machine.
 * Knows: who writes where. Must not know: what is measured. */
#include "bench/bench.h"
#include "bench/sides/sd.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

void sd_put_tenths(FILE *out, const char *before, uint64_t ps, uint64_t n)
{
    const uint64_t tenths = ps / (100 * n);

    (void)fprintf(out, "%s%" PRIu64 ".%" PRIu64, before, tenths / 10, tenths % 10);
}

static int finish(FILE *file, const char *what)
{
    const int failed = ferror(file);

    if (!fclose(file) && !failed)
        return 0;
    (void)fprintf(stderr, "bench_sides: cannot write %s\n", what);
    return 2;
}

static int write_costs(const char *folder)
{
    FILE *const grid = bench_open(folder, "cost.csv", NULL);
    FILE *const again = bench_open(folder, "again.csv", NULL);

    if (!grid || !again)
        return 2;
    sd_cost_all(grid, again);
    return finish(grid, "cost.csv") | finish(again, "again.csv");
}

static int write_sides(const char *folder)
{
    struct sd_out out;

    out.csv = bench_open(folder, "sides.csv", folder ? NULL : fopen("/dev/null", "w"));
    out.course = bench_open(folder, "course.csv", folder ? NULL : fopen("/dev/null", "w"));
    out.md = bench_open(folder, "sides.md", stdout);
    if (!out.csv || !out.md || !out.course)
        return 2;
    sd_moves_all(&out);
    return finish(out.csv, "sides.csv") | finish(out.md, "sides.md") |
           finish(out.course, "course.csv");
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    int status;

    if (argc > 2 || (folder && folder[0] == '-')) {
        (void)fputs("usage: bench_sides [FOLDER]\n", stderr);
        return 2;
    }
    if (folder && mkdir(folder, 0777) && errno != EEXIST) {
        (void)fprintf(stderr, "bench_sides: %s: %s\n", folder, strerror(errno));
        return 2;
    }
    status = write_sides(folder);
    return folder ? status | write_costs(folder) : status;
}
