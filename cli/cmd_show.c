/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_show.c - iommusim show: a stream of records as a story. */
#include "cli/cli.h"
#include "cli/lines.h"
#include "cli/story.h"
#include "kernel-glue/replay/rpl_tables.h"
#include "kernel-glue/trace/trc_file.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_OP = 256, OPTION_VMLINUX, OPTION_KASLR };

#define MAX_DEPTH 32u
#define MAX_CPUS 65536u

struct options {
    char *input;
    const char *vmlinux;
    const char *kaslr;
    bool wants_op;
    uint64_t op;
    uint64_t number; /* which of them, 0 = all */
};

/* What is told, and what not. */
struct teller {
    const struct options *options;
    struct story *story;
    struct rpl_tables *tables;
    struct trc_lines *lines;
    struct sim_diag diag;
    uint64_t first_ns; /* of the operation that is told */
    uint64_t n_ops;    /* operations of the wanted kind so far */
    unsigned open_depth;
    uint16_t open_cpu;
    bool is_open;
    uint8_t depth[MAX_CPUS];
};

static error_t parse_op(struct options *options, char *arg, struct argp_state *state)
{
    const char *comma = strchr(arg, ',');
    const size_t n = comma ? (size_t)(comma - arg) : strlen(arg);

    options->wants_op = true;
    if (!sim_enum_value(SIM_SHOW_OP, arg, n, &options->op))
        argp_error(state, "--op: no operation is called '%.*s' (attach, replace, map ...)", (int)n,
                   arg);
    if (comma) {
        if (!cli_number(comma + 1, &options->number) || options->number == 0)
            argp_error(state, "--op %.*s,N: N counts from 1", (int)n, arg);
    }
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_OP:
        return parse_op(options, arg, state);
    case OPTION_VMLINUX:
        options->vmlinux = arg;
        return 0;
    case OPTION_KASLR:
        options->kaslr = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->input)
            argp_error(state, "one input at a time; '%s' is one too many", arg);
        options->input = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->input)
            argp_error(state, "an input file is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Does an operation that is wanted begin here? */
static void note_begin(struct teller *teller, const struct sim_record *rec)
{
    const struct options *options = teller->options;

    if (rec->kind != SIM_R_BEGIN || teller->is_open || !options->wants_op ||
        rec->mark.op != options->op)
        return;
    teller->n_ops++;
    if (options->number && options->number != teller->n_ops)
        return;
    teller->is_open = true;
    teller->open_depth = teller->depth[rec->cpu];
    teller->open_cpu = rec->cpu;
    teller->first_ns = rec->time_ns;
}

static int print_line(struct teller *teller, const struct sim_record *rec, const char *line)
{
    const uint64_t time_ns = rec->time_ns - (teller->is_open ? teller->first_ns : 0);
    const unsigned depth =
        teller->depth[rec->cpu] < MAX_DEPTH ? teller->depth[rec->cpu] : MAX_DEPTH;

    if (printf("%12.3f us  cpu%-2u %*s%s\n", (double)time_ns / 1000.0, rec->cpu, (int)(2 * depth),
               "", line) < 0)
        return sim_diag_text(&teller->diag, SIM_EIO, 0, 0, "cannot write to standard output: %s",
                             strerror(errno));
    return 0;
}

static int tell(void *ctx, const struct sim_record *rec)
{
    struct teller *teller = ctx;
    char line[STORY_LINE_BYTES];
    struct sim_record staged;
    int err;

    rpl_tables_stage(teller->tables, rec, &staged);
    err = story_line(teller->story, &staged, line);
    if (err)
        return sim_diag_text(&teller->diag, err, 0, 0, "its tables need too much memory to tell");
    note_begin(teller, rec);
    if (rec->kind == SIM_R_END && teller->depth[rec->cpu] > 0)
        teller->depth[rec->cpu]--;
    if (teller->is_open || !teller->options->wants_op) {
        lines_append(teller->lines, lines_ip(rec), line, sizeof(line));
        err = print_line(teller, rec, line);
    }
    if (rec->kind == SIM_R_END && teller->is_open && rec->cpu == teller->open_cpu &&
        teller->depth[rec->cpu] <= teller->open_depth) {
        teller->is_open = false;
        if (putchar('\n') == EOF)
            err = SIM_EIO;
    }
    if (rec->kind == SIM_R_BEGIN && teller->depth[rec->cpu] < UINT8_MAX)
        teller->depth[rec->cpu]++;
    return err;
}

static int put_tables(void *tables, const struct sim_record *rec)
{
    return rpl_tables_record(tables, rec);
}

/* Whether a descriptor is of stage 1 or 2 is known when an entry leads to its table, which may be
 * long after the store. What is wrong with the input is said when it is told. */
static int find_tables(struct teller *teller, const char *path, struct trc_file_info *info)
{
    struct sim_record_sink sink = {put_tables, NULL};
    struct sim_diag quiet;

    teller->tables = rpl_tables_new();
    if (!teller->tables)
        return SIM_ENOMEM;
    sink.ctx = teller->tables;
    sim_diag_init(&quiet, teller->options->input);
    return trc_file_read(path, &sink, info, &quiet) == SIM_ENOMEM ? SIM_ENOMEM : 0;
}

static int tell_all(struct teller *teller, const char *path, struct trc_file_info *info)
{
    const struct options *options = teller->options;
    const struct sim_record_sink sink = {tell, teller};
    struct sim_diag *diag = &teller->diag;
    int err = find_tables(teller, path, info);

    sim_diag_init(diag, options->input);
    if (err) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    memset(info, 0, sizeof(*info));
    err = trc_file_read(path, &sink, info, diag);
    if (fflush(stdout) != 0 && !err)
        err = sim_diag_text(diag, SIM_EIO, 0, 0, "cannot write to standard output: %s",
                            strerror(errno));
    if (err)
        return cli_report(diag, err == SIM_ETRUNC);
    if (options->wants_op && teller->n_ops == 0) {
        cli_error("%s: no operation '%s' in it", options->input,
                  sim_enum_word(SIM_SHOW_OP, options->op));
        return CLI_BAD_INPUT;
    }
    if (options->number > teller->n_ops) {
        cli_error("%s: the last '%s' in it is number %" PRIu64, options->input,
                  sim_enum_word(SIM_SHOW_OP, options->op), teller->n_ops);
        return CLI_BAD_INPUT;
    }
    return CLI_OK;
}

static int run(const struct options *options, struct teller *teller, struct trc_file_info *info)
{
    char kept_path[CLI_FD_PATH_BYTES];
    FILE *kept = NULL;
    const char *path;
    int code = lines_open(options->vmlinux, options->kaslr, &teller->lines);
    int closed;

    if (code)
        return code;
    teller->options = options;
    path = cli_keep_input(options->input, kept_path, &kept);
    code = path ? tell_all(teller, path, info) : CLI_INTERNAL;
    if (kept)
        (void)fclose(kept);
    closed = lines_close(teller->lines);
    return code ? code : closed;
}

int cli_show(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {"op", OPTION_OP, "OP[,N]", 0,
         "only operations of this kind (attach, replace, detach, drv_attach, map, unmap), or only "
         "the N-th of them; times count from its begin",
         0},
        {"vmlinux", OPTION_VMLINUX, "FILE", 0,
         "the kernel or program that made the trace, with debug information: function, file and "
         "line of each store",
         0},
        {"kaslr", OPTION_KASLR, "OFFSET", 0, "how far from its linked address it ran", 0},
        {NULL, 0, NULL, 0, NULL, 0}};
    static const char doc[] =
        "Tells what software did, a record a line: entries with the fields "
        "that each store changes, "
        "commands and registers by name. INPUT is what iommusim import takes; - is standard input."
        "\v"
        "Examples:\n"
        "  iommusim show vm.iotr --op replace,1\n"
        "  iommusim show trace.dat | less";
    static const struct argp argp = {argp_options, parse_option, "INPUT", doc, NULL, NULL, NULL};
    struct options options = {0};
    struct trc_file_info *info = calloc(1, sizeof(*info));
    struct teller *teller = calloc(1, sizeof(*teller));
    int code = CLI_USAGE;

    if (teller)
        teller->story = story_new();
    if (!info || !teller || !teller->story) {
        cli_error("no memory");
        code = CLI_INTERNAL;
    } else if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        code = run(&options, teller, info);
    }
    if (teller) {
        story_free(teller->story);
        rpl_tables_free(teller->tables);
    }
    free(teller);
    free(info);
    return code;
}
