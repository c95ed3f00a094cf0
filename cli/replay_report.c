/* SPDX-License-Identifier: BSD-2-Clause
 * replay_report.c - the result of a replay for people: tables, notes, and the verdict in words. */
#include "cli/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LETTERS 52u
#define NAME_BYTES 64u

/* Domains are pointers of a kernel: a letter each, in the order in which they come. */
struct letters {
    uint64_t domain[MAX_LETTERS];
    enum sim_domain_kind kind[MAX_LETTERS];
    size_t n;
};

/* How the tables look. */
struct look {
    bool has_colour;
    bool shows_all_ops;
    int op_width, device_width;
    struct letters letters;
};

/* Operations first..last share a line. */
struct row {
    size_t first, last;
};

static char letter(size_t index)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return alphabet[index];
}

static void add_letter(struct letters *letters, uint64_t domain, enum sim_domain_kind kind)
{
    for (size_t i = 0; i < letters->n; i++) {
        if (letters->domain[i] == domain)
            return;
    }
    if (letters->n == MAX_LETTERS || kind == SIM_DOMAIN_BLOCKED)
        return;
    letters->domain[letters->n] = domain;
    letters->kind[letters->n++] = kind;
}

/* A letter, "-" for blocked, "?" for a domain that is not known (or has got no letter any more). */
static char domain_letter(const struct letters *letters, bool has_domain, uint64_t domain,
                          enum sim_domain_kind kind)
{
    if (has_domain && kind == SIM_DOMAIN_BLOCKED)
        return '-';
    for (size_t i = 0; i < letters->n && has_domain; i++) {
        if (letters->domain[i] == domain)
            return letter(i);
    }
    return '?';
}

static int wider(int width, const char *text)
{
    const int n = (int)strlen(text);

    return n > width ? n : width;
}

static const char *device_text(const struct chk_op *op, char *text, size_t n_bytes)
{
    if (op->pasid == UINT32_MAX)
        (void)snprintf(text, n_bytes, "%s", op->device);
    else
        (void)snprintf(text, n_bytes, "%s pasid 0x%" PRIx32, op->device, op->pasid);
    return text;
}

static void choose_look(const struct replay_result *result, bool shows_all_ops, struct look *look)
{
    const char *no_color = getenv("NO_COLOR");
    char text[96];

    memset(look, 0, sizeof(*look));
    look->has_colour = isatty(STDOUT_FILENO) == 1 && !(no_color && *no_color);
    look->shows_all_ops = shows_all_ops;
    look->op_width = (int)strlen("operation");
    look->device_width = (int)strlen("device");
    for (size_t i = 0; i < result->verdicts->n_ops; i++) {
        const struct chk_op *op = &result->verdicts->ops[i];

        look->op_width = wider(look->op_width, sim_enum_word(SIM_SHOW_OP, op->op));
        look->device_width = wider(look->device_width, device_text(op, text, sizeof(text)));
        if (op->has_old_domain)
            add_letter(&look->letters, op->old_domain, op->old_kind);
        if (op->has_new_domain)
            add_letter(&look->letters, op->new_domain, op->new_kind);
    }
}

/* Maps and unmaps of which nothing bad is to be told. */
static bool can_fold(const struct chk_op *a, const struct chk_op *b)
{
    return replay_is_map(a) && replay_is_map(b) && a->worst == CHK_HITLESS &&
           b->worst == CHK_HITLESS && a->inconclusive == b->inconclusive && a->ret == b->ret;
}

static bool next_row(const struct replay_result *result, const struct look *look, struct row *row)
{
    const struct chk_report *report = result->verdicts;

    if (row->last == report->n_ops)
        return false;
    row->first = row->last;
    while (row->last + 1 < report->n_ops && !look->shows_all_ops &&
           can_fold(&report->ops[row->first], &report->ops[row->last + 1]))
        row->last++;
    row->last++; /* one behind */
    return true;
}

static const char *colour_of(const struct chk_op *op)
{
    if (op->hitless)
        return "\033[32m";
    return op->safe ? "\033[33m" : "\033[31m";
}

static void print_number(const struct row *row)
{
    char text[NAME_BYTES];

    if (row->last - row->first == 1)
        (void)snprintf(text, sizeof(text), "%zu", row->first + 1);
    else
        (void)snprintf(text, sizeof(text), "%zu-%zu", row->first + 1, row->last);
    (void)printf("%7s", text);
}

static const char *yes_no(bool is_set)
{
    return is_set ? "yes" : "no";
}

static void print_verdict(const struct look *look, const struct chk_op *op)
{
    char mark[NAME_BYTES];

    /* Proven, but perhaps not the whole of it. */
    (void)snprintf(mark, sizeof(mark), "%s%s", replay_verdict(op),
                   op->inconclusive && op->worst != CHK_HITLESS ? "+?" : "");
    (void)printf("%s%-13s%s", look->has_colour ? colour_of(op) : "", mark,
                 look->has_colour ? "\033[0m" : "");
}

static void print_folded(const struct look *look, const struct chk_report *report,
                         const struct row *row)
{
    size_t n_maps = 0;
    char what[NAME_BYTES];

    for (size_t i = row->first; i < row->last; i++)
        n_maps += report->ops[i].op == SIM_OP_MAP;
    (void)snprintf(what, sizeof(what), "%zu map, %zu unmap", n_maps,
                   row->last - row->first - n_maps);
    (void)printf("  %-*s", look->op_width + look->device_width + 12, what);
}

static void print_verdict_row(const struct replay_result *result, const struct look *look,
                              const struct row *row)
{
    const struct chk_op *op = &result->verdicts->ops[row->first];
    char text[96];

    print_number(row);
    if (row->last - row->first > 1) {
        print_folded(look, result->verdicts, row);
    } else {
        (void)printf(
            "  %-*s  %-*s  %c->%c      ", look->op_width, sim_enum_word(SIM_SHOW_OP, op->op),
            look->device_width, device_text(op, text, sizeof(text)),
            domain_letter(&look->letters, op->has_old_domain, op->old_domain, op->old_kind),
            domain_letter(&look->letters, op->has_new_domain, op->new_domain, op->new_kind));
    }
    print_verdict(look, op);
    (void)printf("  %-4s  %-7s  %4" PRId32 "\n", yes_no(op->safe), yes_no(op->hitless), op->ret);
}

static uint64_t sum(const struct chk_counts *counts)
{
    uint64_t n = 0;

    for (size_t i = 0; i < counts->n; i++)
        n += counts->of[i].n;
    return n;
}

static double us(uint64_t ps)
{
    return (double)ps / 1e6;
}

static void print_p99(const struct chk_latency *latency, const char *gap)
{
    if (latency->n)
        (void)printf("%s%7" PRIu64, gap, latency->p99 / 1000);
    else
        (void)printf("%s%7s", gap, "-");
}

static void print_cost_row(const struct replay_result *result, const struct row *row)
{
    struct chk_op total = {0};
    uint64_t stores = 0;
    uint64_t commands = 0;

    for (size_t i = row->first; i < row->last; i++) {
        const struct chk_op *op = &result->costs->ops[i];

        stores += sum(&op->stores);
        commands += sum(&op->commands);
        total.syncs += op->syncs;
        total.hw_ps += op->hw_ps;
        total.cpu_ps += op->cpu_ps;
        total.dma_blocked_ps += op->dma_blocked_ps;
    }
    print_number(row);
    (void)printf("  %6" PRIu64 "  %5" PRIu64 "  %5" PRIu64 "  %8.3f  %8.3f  %10.3f", stores,
                 commands, total.syncs, us(total.hw_ps), us(total.cpu_ps),
                 us(total.dma_blocked_ps));
    if (row->last - row->first == 1) {
        print_p99(&result->costs->ops[row->first].before, "  ");
        print_p99(&result->costs->ops[row->first].after, " ");
    }
    (void)putchar('\n');
}

static void print_tables(const struct replay_result *result, const struct look *look)
{
    struct row row = {0, 0};

    (void)printf("%7s  %-*s  %-*s  old->new  verdict        safe  hitless   ret\n", "#",
                 look->op_width, "operation", look->device_width, "device");
    while (next_row(result, look, &row))
        print_verdict_row(result, look, &row);
    for (size_t i = 0; i < look->letters.n; i++) {
        static const char *const kinds[] = {
            [SIM_DOMAIN_BLOCKED] = "blocked",
            [SIM_DOMAIN_IDENTITY] = "identity",
            [SIM_DOMAIN_PAGING] = "paging",
            [SIM_DOMAIN_OPAQUE] = "tables of somebody else, not judged",
        };

        (void)printf("         %c = domain 0x%" PRIx64 ", %s\n", letter(i), look->letters.domain[i],
                     kinds[look->letters.kind[i]]);
    }
    (void)printf("\n%7s  stores   cmds  syncs     hw_us    cpu_us  blocked_us  p99_ns:  after\n",
                 "#");
    row = (struct row){0, 0};
    while (next_row(result, look, &row))
        print_cost_row(result, &row);
}

/* ---- Notes ---------------------------------------------------------------------------------- */

/* "operations 3, 5-7: TEXT" for every operation of which @text_of says the same as of @first. */
static void print_group(const struct chk_report *report, size_t first,
                        const char *(*text_of)(const struct chk_op *op))
{
    const char *text = text_of(&report->ops[first]);
    const char *before = " ";
    size_t n = 0;

    for (size_t i = first; i < report->n_ops; i++) {
        const char *other = text_of(&report->ops[i]);

        n += other && strcmp(other, text) == 0;
    }
    (void)printf("  operation%s", n == 1 ? "" : "s");
    for (size_t i = first; i < report->n_ops; i++) {
        const char *other = text_of(&report->ops[i]);
        size_t end = i;

        if (!other || strcmp(other, text) != 0)
            continue;
        while (end + 1 < report->n_ops && text_of(&report->ops[end + 1]) &&
               strcmp(text_of(&report->ops[end + 1]), text) == 0)
            end++;
        (void)printf("%s%zu", before, i + 1);
        if (end > i)
            (void)printf("-%zu", end + 1);
        before = ", ";
        i = end;
    }
    (void)printf(": %s\n", text);
}

static bool said_before(const struct chk_report *report, size_t index,
                        const char *(*text_of)(const struct chk_op *op))
{
    for (size_t i = 0; i < index; i++) {
        const char *text = text_of(&report->ops[i]);

        if (text && strcmp(text, text_of(&report->ops[index])) == 0)
            return true;
    }
    return false;
}

static void print_groups(const struct chk_report *report,
                         const char *(*text_of)(const struct chk_op *op))
{
    for (size_t i = 0; i < report->n_ops; i++) {
        if (text_of(&report->ops[i]) && !said_before(report, i, text_of))
            print_group(report, i, text_of);
    }
}

static const char *why_of(const struct chk_op *op)
{
    return op->inconclusive ? op->why : NULL;
}

static const char *note_of(const struct chk_op *op)
{
    return op->note;
}

static void print_events(const struct replay_result *result)
{
    const struct chk_report *report = result->costs;

    for (size_t i = 0; i < report->n_ops; i++) {
        const struct chk_counts *events = &report->ops[i].events;

        if (events->n == 0)
            continue;
        (void)printf("  operation %zu: events", i + 1);
        for (size_t k = 0; k < events->n; k++)
            (void)printf("%s %" PRIu64 " %s", k ? "," : "", events->of[k].n, events->of[k].name);
        (void)putchar('\n');
    }
}

static void print_scan_notes(const struct rpl_scan *scan)
{
    for (size_t i = 0; i < scan->n_devices; i++) {
        const struct sim_device *device = &scan->devices[i];

        if (strcmp(device->source, "pci-address") == 0 && device->n_requesters)
            (void)printf("  %s: StreamID 0x%" PRIx32 " assumed from its PCI address\n",
                         device->name, device->requester[0]);
    }
    if (!scan->barriers_recorded)
        (void)puts("  ordering assumed: the stream has no barriers; stores count as visible\n"
                   "  before the command or register write that follows them");
    if (scan->translation_on_at_start)
        (void)puts("  translation was on when the stream began: caches may have held anything");
}

static void print_notes(const struct replay_result *result)
{
    const struct chk_report *report = result->verdicts;
    const struct rpl_stats *stats = result->cost_stats;

    (void)puts("\nNotes:");
    print_events(result);
    print_groups(report, note_of);
    print_groups(report, why_of);
    print_scan_notes(result->scan);
    if (report->lost_events)
        (void)printf("  %" PRIu64 " events of the trace are lost\n", report->lost_events);
    if (report->unknown_reads)
        (void)printf("  hardware read memory that nobody wrote, %" PRIu64 " times\n",
                     report->unknown_reads);
    if (report->unimplemented)
        (void)printf("  something that is not modelled was asked for, %" PRIu64 " times\n",
                     report->unimplemented);
    if (report->bad_outside)
        (void)printf("  %" PRIu64 " answers outside every operation were not promised\n",
                     report->bad_outside);
    if (stats->n_wait_timeouts)
        (void)printf("  %" PRIu64 " waits never came to an end\n", stats->n_wait_timeouts);
    if (result->has_probes && stats->n_instants_left_out)
        (void)printf("  %" PRIu64 " more moments were not probed (probe.max_instants)\n",
                     stats->n_instants_left_out);
    if (result->has_probes && stats->n_map_ops_left_out)
        (void)printf("  %" PRIu64 " maps and unmaps were not probed (probe.max_map_ops)\n",
                     stats->n_map_ops_left_out);
    if (result->stats->n_probes_unanswered)
        (void)printf("  %" PRIu64 " probes had no answer in time (probe.limit_ns)\n",
                     result->stats->n_probes_unanswered);
    if (!result->has_probes)
        (void)puts("  no probes: verdicts are those of the traffic alone, and may miss short gaps");
    if (result->config->rpl.cpu_time == RPL_CPU_TRACE)
        (void)puts("  cpu_us is an upper bound: the trace's own times, with the cost of tracing");
    (void)puts("  this is one kind of hardware; iommusim explore tells what any kind may do");
}

void replay_print(const struct replay_result *result, bool shows_all_ops)
{
    const struct config *config = result->config;
    const enum config_section section =
        result->scan->units[0].arch == SIM_ARCH_VTD ? CONFIG_VTD : CONFIG_SMMU;
    struct look look;

    (void)printf("%s: %" PRIu64 " records, %zu IOMMU%s, %zu device%s, %zu operations\n",
                 result->input, result->scan->n_records, result->scan->n_units,
                 result->scan->n_units == 1 ? "" : "s", result->scan->n_devices,
                 result->scan->n_devices == 1 ? "" : "s", result->verdicts->n_ops);
    (void)printf("%s %s, memory %s, cpu time %s, seed %" PRIu64 ", %" PRIu64 " probes at %" PRIu64
                 " moments\n\n",
                 config_table(section)->section, config->preset[section],
                 config->preset[CONFIG_MEM], replay_cpu_source(config), config->rpl.seed,
                 result->stats->n_probes, result->has_probes ? result->cost_stats->n_instants : 0);
    if (result->verdicts->n_ops == 0)
        return;
    choose_look(result, shows_all_ops, &look);
    print_tables(result, &look);
    print_notes(result);
}

/* ---- The end -------------------------------------------------------------------------------- */

static const char *class_in_words(enum chk_class worst)
{
    static const char *const words[CHK_N_CLASSES] = {
        [CHK_HITLESS] = "every request saw all of the old or all of the new",
        [CHK_BREAKS] = "requests were refused that neither the old nor the new tables refuse",
        [CHK_STALE_REFUSAL] = "requests were still refused after the operation had returned",
        [CHK_TORN] = "requests reached memory that belongs neither to the old nor to the new",
        [CHK_STALE] = "requests were still served by the old after the operation had returned",
        [CHK_POISONS] = "translations were filed under a tag that another configuration trusts",
        [CHK_DANGLES] = "hardware used tables that had been freed",
    };

    return words[worst];
}

void replay_print_end(const struct replay_result *result)
{
    const struct chk_report *report = result->verdicts;
    size_t n_failed = 0;
    size_t n_inconclusive = 0;
    bool is_safe = true;
    const char *more = "";

    for (size_t i = 0; i < report->n_ops; i++) {
        n_failed += report->ops[i].worst != CHK_HITLESS;
        n_inconclusive += report->ops[i].worst == CHK_HITLESS && report->ops[i].inconclusive;
        is_safe &= report->ops[i].safe;
    }
    is_safe &= !report->bad_outside;
    if (report->n_ops == 0) {
        (void)puts("Verdict: none: there is no operation in this stream.");
        return;
    }
    if (n_inconclusive || report->inconclusive)
        more = "\nSome other operations could not be judged: see the notes.";
    if (report->bad_outside && !n_failed)
        (void)printf("\nVerdict: NOT SAFE: outside of the operations, %" PRIu64
                     " answers were not what was\npromised, or hardware used freed tables.%s\n",
                     report->bad_outside, more);
    else if (n_failed)
        (void)printf("\nVerdict: %s, not hitless: %zu of %zu operations fail%s, the worst is %s:\n"
                     "%s.%s\n",
                     is_safe ? "safe" : "NOT SAFE", n_failed, report->n_ops,
                     n_failed == 1 ? "s" : "", chk_class_name(report->worst),
                     class_in_words(report->worst), more);
    else if (report->inconclusive && !n_inconclusive)
        (void)printf("\nVerdict: inconclusive: %s.\n", report->why);
    else if (replay_is_inconclusive(result))
        (void)printf("\nVerdict: inconclusive: %zu of %zu operations could not be judged%s%s.\n",
                     n_inconclusive, report->n_ops, report->why ? ": " : "",
                     report->why ? report->why : "");
    else
        (void)printf("\nVerdict: hitless, all %zu operations: %s.\n", report->n_ops,
                     class_in_words(CHK_HITLESS));
    if (result->rules->n_violations && !n_failed && !report->bad_outside)
        (void)puts("Protocol rules are broken, though: see above.");
}
