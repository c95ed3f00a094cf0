/* SPDX-License-Identifier: BSD-2-Clause
 * bench_latency.c - simulated latency of the SMMUv3 model: curves as CSV, expectations as a table.
 *
 * Everything is simulated time: the same bytes on every machine. */
#include "bench/latency/lat.h"
#include "sim/diag.h"
#include "sim/outfile.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 4096u
#define N_EXPERIMENTS (sizeof(experiments) / sizeof(experiments[0]))

static const struct lat_experiment experiments[] = {
    {"ladder", "where the answer is found", "one request, by where its answer is found",
     lat_run_ladder},
    {"footprint", "pages", "mean latency of random pages, one at a time", lat_run_footprint},
    {"sizes", "page sizes in use", "hits of the main TLB with several page sizes", lat_run_sizes},
    {"walk", "descriptors to read", "walks of one stage by what is left to read", lat_run_walk},
    {"nested", "levels of stage 1", "walks of both stages", lat_run_nested},
    {"scope", "command", "invalidations by scope, and what is read again", lat_run_scope},
    {"size", "entries of the main TLB", "one TLBI and CMD_SYNC by size of the TLB", lat_run_size},
    {"commands", "pages", "invalidating N pages: one by one, and by range", lat_run_commands},
    {"sync", "translations in flight", "CMD_SYNC under load", lat_run_sync},
    {"tbus", "TBUs", "requests and invalidations with 1 to 16 TBUs", lat_run_tbus},
    {"burst", "misses at once", "a burst of misses, and a hit behind it", lat_run_burst},
    {"prefetch", "ns from request to request", "pages in order, with and without prefetch",
     lat_run_prefetch},
};

struct options {
    const char *only, *preset, *folder;
    bool wants_list;
};

/* ---- CSV ---- */

/* Thousandths, cut off: integers only, so that every machine writes the same. */
static void put_milli(FILE *out, uint64_t value, uint64_t unit)
{
    const uint64_t milli = value * 1000 / unit;

    (void)fprintf(out, ",%" PRIu64 ".%03" PRIu64, milli / 1000, milli % 1000);
}

void lat_put(const struct lat_out *out, const struct lat_point *point)
{
    (void)fprintf(out->csv, "%s,%s,%" PRIu64 ",%s", out->preset, point->series, point->x,
                  point->label);
    put_milli(out->csv, point->ps, 1000 * point->n);
    put_milli(out->csv, point->ps, out->clock_ps * point->n);
    (void)fprintf(out->csv, ",%" PRIu64 "\n", point->n_reads);
}

static bool is_wanted(const char *only, const char *name)
{
    return !only || strcmp(only, name) == 0;
}

static void run(const struct lat_experiment *experiment, const char *preset, FILE *csv)
{
    (void)fprintf(csv, "# %s. x: %s; reads: entries read from memory, in all\n", experiment->doc,
                  experiment->x);
    (void)fputs("preset,series,x,label,ns,cycles,reads\n", csv);
    for (size_t i = 0; i < smmu_params.n_presets; i++) {
        struct lat_out out = {csv, smmu_params.presets[i], 0};
        struct lat_plan plan;

        if (!is_wanted(preset, out.preset))
            continue;
        lat_plan_init(&plan, out.preset);
        out.clock_ps = plan.smmu.param.clock_ps;
        experiment->run(&out);
    }
}

/* ---- expectations ---- */

static void write_expectations(FILE *out, bool is_csv)
{
    struct lat_expect list[LAT_MAX_EXPECTS];
    const size_t n = lat_expect_all(list);
    const char *const format =
        is_csv ? "%s,\"%s\",\"%s\",\"%s\",%s,\"%s\"\n" : "| %s | %s | %s | %s | %s | %s |\n";

    if (is_csv)
        (void)fputs("id,configured,result,expected,within,reason\n", out);
    else
        (void)fputs("| id | configured | result | expected | within | remark |\n"
                    "|---|---|---|---|---|---|\n",
                    out);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(out, format, list[i].id, list[i].configured, list[i].result, list[i].expected,
                      list[i].within ? "yes" : "no", list[i].reason);
}

/* ---- files ---- */

static FILE *begin_file(const struct options *options, const char *name, struct sim_outfile **file,
                        struct sim_diag *diag)
{
    char path[PATH_BYTES];

    *file = NULL;
    if (!options->folder)
        return stdout;
    if (snprintf(path, sizeof(path), "%s/%s", options->folder, name) >= (int)sizeof(path)) {
        (void)sim_diag_text(diag, SIM_EIO, 0, 0, "its name is too long");
        return NULL;
    }
    *file = sim_outfile_open(path, diag);
    return *file ? sim_outfile_stream(*file) : NULL;
}

static int end_file(struct sim_outfile *file, struct sim_diag *diag)
{
    if (diag->error)
        return diag->error;
    return file ? sim_outfile_commit(file, diag) : 0;
}

static int write_curves(const struct options *options, struct sim_diag *diag)
{
    int err = 0;

    for (size_t i = 0; i < N_EXPERIMENTS && !err; i++) {
        struct sim_outfile *file;
        char name[64];
        FILE *out;

        if (!is_wanted(options->only, experiments[i].name))
            continue;
        (void)snprintf(name, sizeof(name), "%s.csv", experiments[i].name);
        out = begin_file(options, name, &file, diag);
        if (out)
            run(&experiments[i], options->preset, out);
        err = end_file(file, diag);
    }
    return err;
}

static int write_table(const struct options *options, const char *name, bool is_csv,
                       struct sim_diag *diag)
{
    struct sim_outfile *file;
    FILE *out;

    if (!is_wanted(options->only, "expect"))
        return 0;
    out = begin_file(options, name, &file, diag);
    if (out)
        write_expectations(out, is_csv);
    return end_file(file, diag);
}

/* ---- the command line ---- */

static bool is_name(const char *name)
{
    for (size_t i = 0; i < N_EXPERIMENTS; i++) {
        if (strcmp(experiments[i].name, name) == 0)
            return true;
    }
    return strcmp(name, "expect") == 0;
}

static bool is_preset(const char *name)
{
    for (size_t i = 0; i < smmu_params.n_presets; i++) {
        if (strcmp(smmu_params.presets[i], name) == 0)
            return true;
    }
    return false;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case 'l':
        options->wants_list = true;
        return 0;
    case 'o':
        options->only = arg;
        if (!is_name(arg))
            argp_error(state, "no experiment '%s': --list has their names", arg);
        return 0;
    case 'p':
        options->preset = arg;
        if (!is_preset(arg))
            argp_error(state, "no preset '%s': --list has their names", arg);
        return 0;
    case 'c':
        options->folder = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void list_names(void)
{
    puts("experiments:");
    for (size_t i = 0; i < N_EXPERIMENTS; i++)
        printf("  %-10s %s\n", experiments[i].name, experiments[i].doc);
    puts("  expect     results beside what published facts let expect\npresets:");
    for (size_t i = 0; i < smmu_params.n_presets; i++)
        printf("  %s\n", smmu_params.presets[i]);
}

int main(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {"list", 'l', NULL, 0, "Name experiments and presets, and end", 0},
        {"only", 'o', "NAME", 0, "This experiment only", 0},
        {"preset", 'p', "PRESET", 0, "Curves of this preset only", 0},
        {"csv", 'c', "DIR", 0, "Write NAME.csv of each experiment, expect.csv and expect.md there",
         0},
        {0},
    };
    static const struct argp argp = {
        .options = argp_options,
        .parser = parse_option,
        .doc =
            "Simulated latency of the SMMUv3 model, experiment by experiment, with every preset.\v"
            "Without --csv everything goes to standard output. bench/latency/README.md explains "
            "the curves.",
    };
    struct options options = {0};
    struct sim_diag diag;
    char text[SIM_DIAG_TEXT_BYTES + sizeof(diag.file)];
    int err;

    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.wants_list) {
        list_names();
        return 0;
    }
    sim_diag_init(&diag, options.folder ? options.folder : "standard output");
    if (options.folder && mkdir(options.folder, 0777) && errno != EEXIST)
        (void)sim_diag_text(&diag, SIM_EIO, 0, 0, "cannot make the folder: %s", strerror(errno));
    err = diag.error ? diag.error : write_curves(&options, &diag);
    if (!err && options.folder)
        err = write_table(&options, "expect.csv", true, &diag);
    if (!err)
        err = write_table(&options, "expect.md", false, &diag);
    if (!err && (fflush(stdout) || ferror(stdout)))
        err = sim_diag_text(&diag, SIM_EIO, 0, 0, "cannot write: %s", strerror(errno));
    if (err) {
        sim_diag_format(&diag, text, sizeof(text));
        (void)fprintf(stderr, "bench_latency: %s\n", text);
    }
    return err != 0;
}
