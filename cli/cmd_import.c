/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_import.c - iommusim import: any file of records or events, to records. */
#include "cli/cli.h"
#include "cli/import_report.h"
#include "kernel-glue/trace/trc_file.h"
#include "kernel-glue/trace/trc_iotr.h"
#include "sim/text.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum option_key {
    OPTION_STATS = 256,
    OPTION_JSON,
    OPTION_VERIFY,
    OPTION_FORMAT,
};

struct options {
    char *input;
    char *output;
    char *format;
    bool wants_stats;
    bool wants_json;
    size_t n_verify;
    struct {
        char *mark;
        char *dump;
    } verify[TRC_VERIFY_MAX_MARKS];
};

static error_t add_verify(struct options *options, char *arg, struct argp_state *state)
{
    char *equals = strchr(arg, '=');

    if (!equals || equals == arg || !equals[1])
        argp_error(state, "--verify-memory needs MARK=DUMP, for example attached=mem.elf");
    else if (options->n_verify == TRC_VERIFY_MAX_MARKS)
        argp_error(state, "more than %u --verify-memory", TRC_VERIFY_MAX_MARKS);
    else {
        *equals = '\0';
        options->verify[options->n_verify].mark = arg;
        options->verify[options->n_verify++].dump = equals + 1;
    }
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case 'o':
        options->output = arg;
        return 0;
    case OPTION_FORMAT:
        options->format = arg;
        if (strcmp(arg, "iotr") != 0 && strcmp(arg, "text") != 0)
            argp_error(state, "--format is iotr or text, not '%s'", arg);
        return 0;
    case OPTION_STATS:
        options->wants_stats = true;
        return 0;
    case OPTION_JSON:
        options->wants_json = true;
        return 0;
    case OPTION_VERIFY:
        return add_verify(options, arg, state);
    case ARGP_KEY_ARG:
        if (options->input)
            argp_error(state, "one input at a time; '%s' is one too many", arg);
        options->input = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->input)
            argp_error(state, "an input file is missing");
        if (!options->output && !options->n_verify && !options->wants_json)
            options->wants_stats = true; /* else there would be nothing to see */
        if (options->output && strcmp(options->output, "-") == 0 &&
            (options->wants_stats || options->wants_json || options->n_verify))
            argp_error(state, "-o - and a report (--stats, --json, --verify-memory) would both go "
                              "to standard output: give -o a file");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool ends_with(const char *path, const char *suffix)
{
    const size_t n = strlen(path);
    const size_t n_suffix = strlen(suffix);

    return n >= n_suffix && strcmp(path + n - n_suffix, suffix) == 0;
}

static bool wants_text(const struct options *options)
{
    if (options->format)
        return strcmp(options->format, "text") == 0;
    return ends_with(options->output, ".txt") || strcmp(options->output, "-") == 0;
}

/* Where records go: a file in one of two formats, memory verification, both, or nowhere. */
struct target {
    struct sim_diag *diag;
    FILE *text;
    struct trc_iotr_writer *writer;
    struct trc_verify *verify;
    struct sim_outfile *out;
};

static int put_text(FILE *stream, const struct sim_record *rec, struct sim_diag *diag)
{
    char line[SIM_TEXT_MAX_RECORD_BYTES];
    const size_t n = sim_text_print_record(rec, line);

    return fwrite(line, 1, n, stream) == n
               ? 0
               : sim_diag_text(diag, SIM_EIO, 0, 0, "cannot write: %s", strerror(errno));
}

static int put_target(void *ctx, const struct sim_record *rec)
{
    struct target *target = ctx;
    int err = 0;

    if (target->writer)
        err = trc_iotr_put(target->writer, rec);
    else if (target->text)
        err = put_text(target->text, rec, target->diag);
    if (!err && target->verify)
        err = trc_verify_put(target->verify, rec);
    return err;
}

static int open_target(const struct options *options, struct target *target)
{
    int err = 0;

    if (options->n_verify) {
        target->verify = trc_verify_new(target->diag);
        if (!target->verify)
            return sim_diag_text(target->diag, SIM_ENOMEM, 0, 0, "no memory to verify");
        for (size_t i = 0; i < options->n_verify && !err; i++)
            err = trc_verify_add(target->verify, options->verify[i].mark, options->verify[i].dump);
    }
    if (err || !options->output)
        return err;
    target->out = sim_outfile_open(options->output, target->diag);
    if (!target->out)
        return target->diag->error;
    if (!wants_text(options)) {
        target->writer = trc_iotr_writer_new(sim_outfile_stream(target->out), target->diag);
        return target->writer ? 0 : target->diag->error;
    }
    target->text = sim_outfile_stream(target->out);
    if (fputs(SIM_TEXT_VERSION " records\n", target->text) == EOF)
        return sim_diag_text(target->diag, SIM_EIO, 0, 0, "cannot write: %s", strerror(errno));
    return 0;
}

static int commit_target(struct target *target)
{
    struct sim_outfile *out = target->out;
    int err = target->writer ? trc_iotr_finish(target->writer) : 0;

    if (err || !out)
        return err;
    target->out = NULL;
    return sim_outfile_commit(out, target->diag);
}

static void close_target(struct target *target)
{
    trc_iotr_writer_free(target->writer);
    trc_verify_free(target->verify);
    sim_outfile_abort(target->out);
}

static int report(const struct options *options, const struct trc_file_info *info,
                  const struct trc_verify *verify, const struct sim_diag *damage, int code)
{
    int report_code = CLI_OK;

    if (options->wants_json) {
        report_code = import_report_json(options->input, info, verify, damage);
    } else {
        if (options->wants_stats)
            import_report_stats(info);
        if (verify)
            import_report_verify(verify);
    }
    if (verify && !import_verify_is_good(verify))
        code = CLI_VERDICT;
    return report_code ? report_code : code;
}

static int run(const struct options *options, struct trc_file_info *info)
{
    struct sim_diag in_diag;
    struct sim_diag out_diag;
    struct target target = {.diag = &out_diag};
    const struct sim_record_sink sink = {put_target, &target};
    struct cli_progress progress;
    const struct sim_record_sink counted = {cli_progress_put, &progress};
    int code = CLI_OK;
    int err;

    sim_diag_init(&in_diag, options->input);
    sim_diag_init(&out_diag, options->output ? options->output : options->input);
    err = open_target(options, &target);
    if (!err) {
        cli_progress_start(&progress, "import", &sink);
        err = trc_file_read(options->input, &counted, info, &in_diag);
        cli_progress_end(&progress);
    }
    if (err && err != SIM_ETRUNC)
        goto out;
    if (err == SIM_ETRUNC)
        code = cli_report(&in_diag, true);
    err = commit_target(&target);
    if (!err)
        code = report(options, info, target.verify, in_diag.error ? &in_diag : NULL, code);
out:
    if (err && err != SIM_ETRUNC)
        code = cli_report(out_diag.error ? &out_diag : &in_diag, false);
    close_target(&target);
    return code;
}

int cli_import(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {"output", 'o', "FILE", 0,
         "write the records: .iotr, or text if FILE ends in .txt or is - (standard output)", 0},
        {"format", OPTION_FORMAT, "iotr|text", 0, "format of the output, whatever its name", 0},
        {"stats", OPTION_STATS, NULL, 0, "per event: seen, became a record, folded, ignored", 0},
        {"verify-memory", OPTION_VERIFY, "MARK=DUMP", 0,
         "rebuild table memory up to MARK and compare it with an ELF dump of the guest; may be "
         "given again",
         0},
        {"json", OPTION_JSON, NULL, 0, "the report as JSON (schema iommusim.import/1)", 0},
        {NULL, 0, NULL, 0, NULL, 0}};
    static const char doc[] =
        "Reads a kernel trace (trace.dat or ftrace text), an .iotr file or a file of records in "
        "text, and writes records. INPUT may be - (standard input). Without an output or a report, "
        "only the exit code says whether the input is good.\v"
        "Examples:\n"
        "  iommusim import trace.dat -o vm.iotr --stats\n"
        "  iommusim import vm.iotr -o -              # as text\n"
        "  iommusim import trace.dat --verify-memory attached=mem-attached.elf\n\n"
        "Exit codes: 0 good, 1 memory differs, 2 usage, 3 input refused, 4 a part of the input is "
        "damaged (the rest is written), 5 I/O error.";
    static const struct argp argp = {argp_options, parse_option, "INPUT", doc, NULL, NULL, NULL};
    struct options *options = calloc(1, sizeof(*options));
    struct trc_file_info *info = calloc(1, sizeof(*info));
    int code = CLI_USAGE;

    if (!options || !info) {
        cli_error("no memory");
        code = CLI_INTERNAL;
    } else if (argp_parse(&argp, argc, argv, 0, NULL, options) == 0) {
        code = run(options, info);
    }
    free(options);
    free(info);
    return code;
}
