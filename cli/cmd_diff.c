/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_diff.c - iommusim diff: do two streams of records do the same? */
#include "cli/cli.h"
#include "cli/lines.h"
#include "kernel-glue/compare/cmp.h"
#include "kernel-glue/trace/trc_file.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_OP = 256,
    OPTION_SKIP,
    OPTION_BARRIERS,
    OPTION_JSON,
    OPTION_EXTRA,
    OPTION_VMLINUX_A,
    OPTION_VMLINUX_B
};

struct options {
    const char *input[CMP_N_SIDES];
    int n_inputs;
    const char *vmlinux[CMP_N_SIDES];
    struct cmp_options compare;
    bool json, extra;
};

static error_t parse_numbers(struct options *options, const char *text, struct argp_state *state)
{
    uint64_t *number = options->compare.number;
    char first[32];
    const char *comma = strchr(text, ',');
    const size_t n = comma ? (size_t)(comma - text) : strlen(text);

    (void)snprintf(first, sizeof(first), "%.*s", (int)(n < 31 ? n : 31), text);
    if (!cli_number(first, &number[CMP_A]) || !number[CMP_A])
        argp_error(state, "--op: '%s' is no number from 1", first);
    number[CMP_B] = number[CMP_A];
    if (comma && (!cli_number(comma + 1, &number[CMP_B]) || !number[CMP_B]))
        argp_error(state, "--op: '%s' is no number from 1", comma + 1);
    return 0;
}

static error_t parse_op(struct options *options, const char *arg, struct argp_state *state)
{
    const size_t n = strcspn(arg, ",");
    uint64_t op = 0;

    if (!sim_enum_value(SIM_SHOW_OP, arg, n, &op))
        argp_error(state, "--op: no operation is called '%.*s' (attach, replace, map ...)", (int)n,
                   arg);
    options->compare.wants_op = true;
    options->compare.op = (uint8_t)op;
    return arg[n] ? parse_numbers(options, arg + n + 1, state) : 0;
}

static error_t parse_skip(struct options *options, const char *arg, struct argp_state *state)
{
    while (*arg) {
        const size_t n = strcspn(arg, ",");
        uint64_t op = 0;

        if (!sim_enum_value(SIM_SHOW_OP, arg, n, &op))
            argp_error(state, "--skip: no operation is called '%.*s'", (int)n, arg);
        options->compare.skip |= UINT32_C(1) << op;
        arg += n + (arg[n] == ',');
    }
    return 0;
}

static error_t parse_barriers(struct options *options, const char *arg, struct argp_state *state)
{
    static const char *const words[] = {"auto", "yes", "no"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(arg, words[i]) == 0) {
            options->compare.barriers = (enum cmp_barriers)i;
            return 0;
        }
    }
    argp_error(state, "--barriers: auto, yes or no, not '%s'", arg);
    return EINVAL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_OP:
        return parse_op(options, arg, state);
    case OPTION_SKIP:
        return parse_skip(options, arg, state);
    case OPTION_BARRIERS:
        return parse_barriers(options, arg, state);
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_EXTRA:
        options->extra = true;
        return 0;
    case OPTION_VMLINUX_A:
        options->vmlinux[CMP_A] = arg;
        return 0;
    case OPTION_VMLINUX_B:
        options->vmlinux[CMP_B] = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->n_inputs == CMP_N_SIDES)
            argp_error(state, "two inputs; '%s' is one too many", arg);
        options->input[options->n_inputs++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->n_inputs < CMP_N_SIDES)
            argp_error(state, "two input files are compared");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- text ---- */

static void print_name(const struct cmp_part *part)
{
    const int side = part->has[CMP_A] ? CMP_A : CMP_B;
    const uint8_t op = part->op == CMP_NO_OP ? part->after : part->op;

    if (op == CMP_NO_OP) {
        (void)printf("before the first operation");
        return;
    }
    (void)printf("%s%s %" PRIu64, part->op == CMP_NO_OP ? "after " : "",
                 sim_enum_word(SIM_SHOW_OP, op), part->number[side]);
    if (part->has[CMP_A] && part->has[CMP_B] && part->number[CMP_A] != part->number[CMP_B])
        (void)printf(" of A, %" PRIu64 " of B", part->number[CMP_B]);
}

static void print_place(const char *name, const struct cmp_place *place)
{
    if (!place->has)
        return;
    (void)printf("    %s  interval %" PRIu32 ", %.3f us, cpu%u", name, place->interval,
                 (double)(place->time_ns - place->begin_ns) / 1000.0, place->cpu);
    if (place->ip)
        (void)printf(", at 0x%" PRIx64, place->ip);
    (void)printf("\n       %s\n", place->text);
}

static void print_part(const struct cmp_report *report, const struct cmp_part *part,
                       const struct options *options)
{
    if (!part->n_real && !(part->n && options->extra))
        return;
    (void)putchar('\n');
    print_name(part);
    (void)printf(": intervals %" PRIu64 " / %" PRIu64 ", stores %" PRIu64 " / %" PRIu64
                 ", commands %" PRIu64 " / %" PRIu64 "\n",
                 part->n_intervals[CMP_A], part->n_intervals[CMP_B], part->n_stores[CMP_A],
                 part->n_stores[CMP_B], part->n_commands[CMP_A], part->n_commands[CMP_B]);
    for (size_t i = part->first; i < part->first + part->n; i++) {
        const struct cmp_diff *diff = &report->diffs[i];

        if (diff->kind == CMP_EXTRA && !options->extra)
            continue;
        (void)printf("  %s: %s\n", cmp_kind_word(diff->kind), diff->what);
        print_place("A", &diff->side[CMP_A]);
        print_place("B", &diff->side[CMP_B]);
    }
}

static void print_report(const struct cmp_report *report, const struct options *options)
{
    size_t n_ops = 0;
    size_t n_other = 0;

    for (size_t i = 0; i < report->n_parts; i++) {
        n_ops += report->parts[i].op != CMP_NO_OP;
        n_other += report->parts[i].n_real != 0;
        print_part(report, &report->parts[i], options);
    }
    if (report->is_cut)
        (void)printf("\n... there are more; these are the first %zu\n", report->n_diffs);
    (void)printf("%s%zu operations, barriers %s: ", report->n_real ? "\n" : "", n_ops,
                 report->used_barriers ? "compared" : "not compared");
    if (report->n_real)
        (void)printf("%" PRIu64 " differences, in %zu of %zu parts", report->n_real, n_other,
                     report->n_parts);
    else
        (void)printf("the same");
    if (report->n_extra)
        (void)printf("; %" PRIu64 " extra values of words that are not live", report->n_extra);
    (void)putchar('\n');
}

/* ---- JSON ---- */

static json_t *place_json(const struct cmp_place *place)
{
    json_t *json;

    if (!place->has)
        return json_null();
    json = json_pack("{s:I, s:I, s:i, s:s}", "interval", (json_int_t)place->interval, "ns",
                     (json_int_t)(place->time_ns - place->begin_ns), "cpu", (int)place->cpu, "act",
                     place->text);
    if (place->ip)
        (void)json_object_set_new(json, "ip", cli_json_hex(place->ip));
    return json;
}

static json_t *part_json(const struct cmp_report *report, const struct cmp_part *part)
{
    json_t *diffs = json_array();
    json_t *json = json_object();

    for (size_t i = part->first; i < part->first + part->n; i++) {
        const struct cmp_diff *diff = &report->diffs[i];

        (void)json_array_append_new(diffs, json_pack("{s:s, s:s, s:o, s:o}", "kind",
                                                     cmp_kind_word(diff->kind), "what", diff->what,
                                                     "a", place_json(&diff->side[CMP_A]), "b",
                                                     place_json(&diff->side[CMP_B])));
    }
    if (part->op != CMP_NO_OP)
        (void)json_object_set_new(json, "op", json_string(sim_enum_word(SIM_SHOW_OP, part->op)));
    else if (part->after != CMP_NO_OP)
        (void)json_object_set_new(json, "after",
                                  json_string(sim_enum_word(SIM_SHOW_OP, part->after)));
    for (int side = CMP_A; side < CMP_N_SIDES; side++) {
        if (part->has[side])
            (void)json_object_set_new(json, side == CMP_A ? "a" : "b",
                                      json_pack("{s:I, s:I, s:I, s:I}", "number",
                                                (json_int_t)part->number[side], "intervals",
                                                (json_int_t)part->n_intervals[side], "stores",
                                                (json_int_t)part->n_stores[side], "commands",
                                                (json_int_t)part->n_commands[side]));
    }
    (void)json_object_set_new(json, "differences", diffs);
    return json;
}

static int write_json(const struct cmp_report *report, const struct options *options)
{
    json_t *parts = json_array();

    for (size_t i = 0; i < report->n_parts; i++)
        (void)json_array_append_new(parts, part_json(report, &report->parts[i]));
    return cli_json(json_pack(
        "{s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:b, s:o}", "schema", "iommusim.diff/1", "a",
        options->input[CMP_A], "b", options->input[CMP_B], "same", report->n_real == 0, "barriers",
        report->used_barriers, "n_differences", (json_int_t)report->n_real, "n_extra",
        (json_int_t)report->n_extra, "is_cut", report->is_cut, "parts", parts));
}

/* ---- the command ---- */

/* Return: an exit code. */
static int load(struct cmp_stream *stream, const char *input)
{
    const struct sim_record_sink sink = {cmp_stream_put, stream};
    struct trc_file_info *info = calloc(1, sizeof(*info));
    char kept_path[CLI_FD_PATH_BYTES];
    struct sim_diag diag;
    FILE *kept = NULL;
    const char *path = info ? cli_keep_input(input, kept_path, &kept) : NULL;
    int code = path ? CLI_OK : CLI_INTERNAL;

    sim_diag_init(&diag, input);
    if (path) {
        const int err = trc_file_read(path, &sink, info, &diag);

        if (err == SIM_ENOMEM || (err && !diag.error)) {
            cli_error("%s: too large to compare", input);
            code = CLI_INTERNAL;
        } else if (err) {
            code = cli_report(&diag, err == SIM_ETRUNC);
        }
        cmp_stream_end(stream);
    }
    if (kept)
        (void)fclose(kept);
    free(info);
    return code;
}

/* Return: CLI_OK if the operation that is asked for is in both. */
static int check_op(const struct options *options, struct cmp_stream *const streams[CMP_N_SIDES])
{
    for (int side = CMP_A; side < CMP_N_SIDES && options->compare.wants_op; side++) {
        const uint64_t n = cmp_stream_n_ops(streams[side], options->compare.op);

        if (n != 0 && options->compare.number[side] <= n)
            continue;
        cli_error("%s: it has %" PRIu64 " operations '%s'", options->input[side], n,
                  sim_enum_word(SIM_SHOW_OP, options->compare.op));
        return CLI_BAD_INPUT;
    }
    return CLI_OK;
}

/* Source lines go behind what the acts of a report say. */
static int add_lines(const struct options *options, struct cmp_report *report)
{
    int code = CLI_OK;

    for (int side = CMP_A; side < CMP_N_SIDES && !code; side++) {
        struct trc_lines *lines;

        code = lines_open(options->vmlinux[side], NULL, &lines);
        for (size_t i = 0; i < report->n_diffs && !code && lines; i++) {
            struct cmp_place *place = &report->diffs[i].side[side];

            lines_append(lines, place->ip, place->text, sizeof(place->text));
        }
        if (!code)
            code = lines_close(lines);
    }
    return code;
}

static int compare(const struct options *options, struct cmp_stream *const streams[CMP_N_SIDES])
{
    struct cmp_report report;
    struct cmp_counts counts[CMP_N_SIDES];
    int code = CLI_OK;

    if (cmp_run(streams[CMP_A], streams[CMP_B], &options->compare, &report)) {
        cli_error("no memory");
        code = CLI_INTERNAL;
    } else {
        code = add_lines(options, &report);
    }
    if (code == CLI_OK && options->json)
        code = write_json(&report, options);
    else if (code == CLI_OK)
        print_report(&report, options);
    if (code == CLI_OK && report.n_real)
        code = CLI_VERDICT;
    for (int side = CMP_A; side < CMP_N_SIDES; side++) {
        cmp_stream_counts(streams[side], &counts[side]);
        if (counts[side].n_lost && code == CLI_OK)
            code = CLI_INCONCLUSIVE;
        if (counts[side].n_lost)
            cli_error("warning: %s: records are missing in it", options->input[side]);
    }
    cmp_report_free(&report);
    return code;
}

static int run(const struct options *options)
{
    struct cmp_stream *streams[CMP_N_SIDES] = {cmp_stream_new(), cmp_stream_new()};
    int code = streams[CMP_A] && streams[CMP_B] ? CLI_OK : CLI_INTERNAL;

    if (code)
        cli_error("no memory");
    for (int side = CMP_A; side < CMP_N_SIDES && !code; side++)
        code = load(streams[side], options->input[side]);
    if (!code)
        code = check_op(options, streams);
    if (!code)
        code = compare(options, streams);
    cmp_stream_free(streams[CMP_A]);
    cmp_stream_free(streams[CMP_B]);
    return code;
}

int cli_diff(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {"op", OPTION_OP, "OP[,N[,M]]", 0,
         "only operations of this kind, or only the N-th of A against the M-th (N-th) of B", 0},
        {"skip", OPTION_SKIP, "OP[,OP...]", 0,
         "leave out operations of these kinds inside what is compared (map, unmap)", 0},
        {"barriers", OPTION_BARRIERS, "WHEN", 0,
         "do barriers end an interval: auto (if both streams have some), yes, no", 0},
        {"extra", OPTION_EXTRA, NULL, 0,
         "list values too that a word had for a moment while its entry was not live", 0},
        {"vmlinux-a", OPTION_VMLINUX_A, "FILE", 0,
         "the kernel or program that made A, with debug information: function, file and line of "
         "each store",
         0},
        {"vmlinux-b", OPTION_VMLINUX_B, "FILE", 0, "the same for B", 0},
        {"json", OPTION_JSON, NULL, 0, "JSON, schema iommusim.diff/1", 0},
        {NULL, 0, NULL, 0, NULL, 0}};
    static const char doc[] =
        "Do two streams do the same to an IOMMU? Compared per operation and, within it, per "
        "interval between two barriers, register writes or waits: words with the same last values, "
        "the same commands in order, stores to live entries one by one. Addresses, StreamIDs, "
        "ASIDs and VMIDs may differ, if each has one partner throughout."
        "\v"
        "Examples:\n"
        "  iommusim diff capture.iotr model.iotr --op drv_attach,4,2\n"
        "  iommusim diff old.iotr new.iotr --op replace --skip map,unmap\n"
        "\n"
        "Exit codes: 0 the same, 1 they differ.";
    static const struct argp argp = {argp_options, parse_option, "A B", doc, NULL, NULL, NULL};
    struct options options = {0};

    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return CLI_USAGE;
    return run(&options);
}
