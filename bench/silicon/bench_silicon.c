/* SPDX-License-Identifier: BSD-2-Clause
 * bench_silicon.c - published measurements of five Xeons beside the VT-d model.
 *   bench_silicon [FOLDER]
 * Prints a table in Markdown; writes silicon.csv and silicon.md into FOLDER. Exit status 1 if a
 * figure is further off than it may be and has no reason.
 * Knows: who writes where. Must not know: what is measured. */
#include "bench/bench.h"
#include "bench/silicon/si.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static double off_by(const struct si_line *line)
{
    return line->measured > 0 ? line->simulated / line->measured - 1 : 0;
}

static bool is_within(const struct si_line *line)
{
    const double off = off_by(line);

    return off <= line->within && -off <= line->within;
}

void si_put(struct si_out *out, const struct si_line *line)
{
    const bool is_good = line->measured <= 0 || is_within(line);

    (void)fprintf(out->csv, "\"%s\",\"%s\",\"%s\",%s,%u,%.1f,%.1f,%.1f,%.3f,%s,\"%s\"\n",
                  line->experiment, line->machine, line->series, line->kind, line->x,
                  line->measured, line->simulated, 100 * off_by(line), line->reads,
                  is_good ? "yes" : "no", is_good ? "" : line->why);
    (void)fprintf(out->md, "| %s | %s | %s | %u | %s | ", line->experiment, line->machine,
                  line->series, line->x, line->kind);
    if (line->measured > 0)
        (void)fprintf(out->md, "%.1f | %.1f | %+.1f %% | %s |\n", line->measured, line->simulated,
                      100 * off_by(line), is_good ? "yes" : line->why);
    else
        (void)fprintf(out->md, " | %.1f | | |\n", line->simulated);
    if (!is_good && !*line->why)
        out->n_off++;
}

static int run(struct si_out *out)
{
    (void)fputs(
        "experiment,machine,series,kind,x,measured,simulated,off_percent,reads,within,reason\n",
        out->csv);
    (void)fputs(
        "| experiment | machine | what | KiB or bytes | kind | measured | simulated | off by | "
        "within |\n|---|---|---|---|---|---|---|---|---|\n",
        out->md);
    si_latency_all(out);
    si_throughput_all(out);
    return out->n_off != 0;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    struct si_out out = {0};
    FILE *none;
    int status;

    if (argc > 2 || (folder && folder[0] == '-')) {
        (void)fputs("usage: bench_silicon [FOLDER]\n", stderr);
        return 2;
    }
    if (folder && mkdir(folder, 0777) && errno != EEXIST) {
        (void)fprintf(stderr, "bench_silicon: %s: %s\n", folder, strerror(errno));
        return 2;
    }
    none = fopen("/dev/null", "w");
    out.csv = bench_open(folder, "silicon.csv", none);
    out.md = bench_open(folder, "silicon.md", stdout);
    if (!none || !out.csv || !out.md)
        return 2;
    status = run(&out);
    if (out.csv != none && fclose(out.csv))
        status = 2;
    if (fclose(out.md) || fclose(none))
        status = 2;
    return status;
}
