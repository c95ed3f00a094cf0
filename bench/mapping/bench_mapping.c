/* SPDX-License-Identifier: BSD-2-Clause
 * bench_mapping.c - mapping for each packet, strict and batched; mapping anew against a replace.
 *   bench_mapping [FOLDER]
 * Prints a table in Markdown; writes mapping.csv and mapping.md into FOLDER. Exit status 1 if a
 * figure is further off than it may be and has no reason.
 * Knows: who writes where. Must not know: what is measured. */
#include "bench/bench.h"
#include "bench/mapping/mp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void mp_put(struct mp_out *out, const struct mp_line *line)
{
    const bool is_expected = line->expected >= 0;
    const double off = line->expected > 0 ? line->simulated / line->expected - 1 : 0;
    const bool is_good = off <= line->within + 1e-9 && -off <= line->within + 1e-9;
    const char *verdict = !is_expected ? "" : is_good ? "yes" : "no";

    (void)fprintf(out->csv, "%s,%s,\"%s\",\"%s\",%s,", line->experiment, line->unit, line->series,
                  line->what, verdict);
    (void)fprintf(out->md, "| %s | %s | %s | %s | ", line->experiment, line->series, line->what,
                  line->unit);
    if (is_expected) {
        (void)fprintf(out->csv, "%.1f", line->expected);
        (void)fprintf(out->md, "%.1f", line->expected);
    }
    (void)fprintf(out->csv, ",%.1f,\"%s\"\n", line->simulated,
                  is_expected && !is_good ? line->why : "");
    (void)fprintf(out->md, " | %.1f | %s |\n", line->simulated,
                  is_expected && !is_good && *line->why ? line->why : verdict);
    if (is_expected && !is_good && !*line->why)
        out->n_off++;
}

static int run(struct mp_out *out)
{
    (void)fputs("experiment,unit,series,what,as_expected,expected,simulated,reason\n", out->csv);
    (void)fputs("| experiment | series | what | unit | expected | simulated | as expected |\n"
                "|---|---|---|---|---|---|---|\n",
                out->md);
    mp_packets_all(out);
    mp_replace_all(out);
    return out->n_off != 0;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    struct mp_out out = {0};
    FILE *none;
    int status;

    if (argc > 2 || (folder && folder[0] == '-')) {
        (void)fputs("usage: bench_mapping [FOLDER]\n", stderr);
        return 2;
    }
    if (folder && mkdir(folder, 0777) && errno != EEXIST) {
        (void)fprintf(stderr, "bench_mapping: %s: %s\n", folder, strerror(errno));
        return 2;
    }
    none = fopen("/dev/null", "w");
    out.csv = bench_open(folder, "mapping.csv", none);
    out.md = bench_open(folder, "mapping.md", stdout);
    if (!none || !out.csv || !out.md)
        return 2;
    status = run(&out);
    if (out.csv != none && fclose(out.csv))
        status = 2;
    if (fclose(out.md) || fclose(none))
        status = 2;
    return status;
}
