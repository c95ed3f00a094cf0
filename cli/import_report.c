/* SPDX-License-Identifier: BSD-2-Clause
 * import_report.c - tables and JSON of iommusim import. */
#include "cli/import_report.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>

static const char *fate_word(uint8_t kind)
{
    static const char *const words[] = {"became", "folded into", "ignored:"};

    return words[kind];
}

static uint64_t count_kind(const struct trc_stats *stats, unsigned event, uint8_t kind)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < stats->n_fates[event]; i++)
        n += stats->fates[event][i].kind == kind ? stats->fates[event][i].n_events : 0;
    return n;
}

static void print_event(const struct trc_stats *stats, unsigned event)
{
    (void)printf(
        "%-26s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %8" PRIu64 "\n",
        trc_event_infos[event].name, stats->seen[event], count_kind(stats, event, TRC_FATE_RECORD),
        count_kind(stats, event, TRC_FATE_FOLDED), count_kind(stats, event, TRC_FATE_IGNORED),
        trc_stats_unexplained(stats, (enum trc_event_kind)event));
}

static void print_fates(const struct trc_stats *stats, unsigned event)
{
    for (unsigned i = 0; i < stats->n_fates[event]; i++) {
        const struct trc_fate *fate = &stats->fates[event][i];

        (void)printf("  %-24s %10" PRIu64 " %s %s\n", i == 0 ? trc_event_infos[event].name : "",
                     fate->n_events, fate_word(fate->kind), fate->what);
    }
}

static uint64_t total_unexplained(const struct trc_stats *stats)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < TRC_N_EVENTS; i++)
        n += trc_stats_unexplained(stats, (enum trc_event_kind)i);
    return n;
}

static void print_others(const struct trc_stats *stats)
{
    for (uint32_t i = 0; i < stats->n_others; i++)
        (void)printf("%-26s %10" PRIu64 " %10d %10d %10" PRIu64 " %8d\n", stats->others[i].name,
                     stats->others[i].n_events, 0, 0, stats->others[i].n_events, 0);
    if (stats->n_others_unnamed)
        (void)printf("%-26s %10" PRIu64 " %10d %10d %10" PRIu64 " %8d\n", "(more names)",
                     stats->n_others_unnamed, 0, 0, stats->n_others_unnamed, 0);
}

void import_report_stats(const struct trc_file_info *info)
{
    const struct trc_stats *stats = &info->stats;

    if (info->kind != TRC_FILE_TRACE_DAT && info->kind != TRC_FILE_FTRACE_TEXT) {
        (void)printf("%s input: %" PRIu64 " records\n", trc_file_kind_name(info->kind),
                     info->n_records);
        return;
    }
    (void)printf("%-26s %10s %10s %10s %10s %8s\n", "event", "seen", "records", "folded", "ignored",
                 "unexpl.");
    for (unsigned i = 0; i < TRC_N_EVENTS; i++) {
        if (stats->seen[i])
            print_event(stats, i);
    }
    print_others(stats);
    (void)printf("%-26s %10" PRIu64 "   ->  %" PRIu64 " records, %" PRIu64 " unexplained\n", "all",
                 stats->n_events, stats->n_records, total_unexplained(stats));
    if (stats->n_lost_marks)
        (void)printf("lost: %" PRIu64 " events, in %" PRIu64 " places\n", stats->n_lost,
                     stats->n_lost_marks);
    if (stats->n_cut_texts)
        (void)printf("texts cut at %u bytes: %" PRIu64 "\n", SIM_STR_MAX_BYTES, stats->n_cut_texts);
    (void)printf("\nWhat became of them:\n");
    for (unsigned i = 0; i < TRC_N_EVENTS; i++)
        print_fates(stats, i);
    for (uint32_t i = 0; i < stats->n_others; i++)
        (void)printf("  %-24s %10" PRIu64 " ignored: not an event of an IOMMU\n",
                     stats->others[i].name, stats->others[i].n_events);
}

static uint64_t n_listed(const struct trc_verify_mark *mark)
{
    return mark->n_different < TRC_VERIFY_MAX_LISTED ? mark->n_different : TRC_VERIFY_MAX_LISTED;
}

static void print_mark(const struct trc_verify_mark *mark)
{
    if (!mark->is_found) {
        (void)printf("%-24s no such mark in the trace\n", mark->name);
        return;
    }
    (void)printf("%-24s %" PRIu64 " differing words in %" PRIu64 " tables, %" PRIu64
                 " bytes compared",
                 mark->name, mark->n_different, mark->n_areas, mark->n_bytes);
    if (mark->n_skipped_bytes)
        (void)printf(", %" PRIu64 " bytes of queues that hardware writes not compared",
                     mark->n_skipped_bytes);
    if (mark->n_missing_bytes)
        (void)printf(", %" PRIu64 " bytes are not in the dump", mark->n_missing_bytes);
    (void)putchar('\n');
    for (uint64_t i = 0; i < n_listed(mark); i++)
        (void)printf("  0x%012" PRIx64 " %-9s trace 0x%016" PRIx64 "  dump 0x%016" PRIx64 "\n",
                     mark->differences[i].pa,
                     sim_structure_infos[mark->differences[i].structure].name,
                     mark->differences[i].in_trace, mark->differences[i].in_dump);
    if (mark->n_different > n_listed(mark))
        (void)printf("  ... and %" PRIu64 " more\n", mark->n_different - n_listed(mark));
}

void import_report_verify(const struct trc_verify *verify)
{
    const struct trc_verify_totals *totals = trc_verify_get_totals(verify);

    for (size_t i = 0; i < trc_verify_n_marks(verify); i++)
        print_mark(trc_verify_get(verify, i));
    (void)printf("stores %" PRIu64 ", old value differs from the rebuilt one %" PRIu64
                 ", outside known memory %" PRIu64 "\n",
                 totals->n_stores, totals->n_old_different, totals->n_outside);
}

bool import_verify_is_good(const struct trc_verify *verify)
{
    for (size_t i = 0; i < trc_verify_n_marks(verify); i++) {
        const struct trc_verify_mark *mark = trc_verify_get(verify, i);

        if (!mark->is_found || mark->n_different || mark->n_missing_bytes)
            return false;
    }
    return true;
}

static json_t *json_fates(const struct trc_stats *stats, unsigned event)
{
    static const char *const words[] = {"record", "folded", "ignored"};
    json_t *list = json_array();

    for (unsigned i = 0; i < stats->n_fates[event]; i++) {
        const struct trc_fate *fate = &stats->fates[event][i];

        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:s, s:I}", "fate", words[fate->kind], "what",
                                              fate->what, "events", (json_int_t)fate->n_events));
    }
    return list;
}

static json_t *json_event(const struct trc_stats *stats, unsigned event)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "event", trc_event_infos[event].name,
                     "seen", (json_int_t)stats->seen[event], "records",
                     (json_int_t)count_kind(stats, event, TRC_FATE_RECORD), "folded",
                     (json_int_t)count_kind(stats, event, TRC_FATE_FOLDED), "ignored",
                     (json_int_t)count_kind(stats, event, TRC_FATE_IGNORED), "unexplained",
                     (json_int_t)trc_stats_unexplained(stats, (enum trc_event_kind)event), "fates",
                     json_fates(stats, event));
}

/* An event that is not of an IOMMU. */
static json_t *json_other(const char *name, uint64_t n_events)
{
    return json_pack("{s:s, s:I, s:i, s:i, s:I, s:i, s:[]}", "event", name, "seen",
                     (json_int_t)n_events, "records", 0, "folded", 0, "ignored",
                     (json_int_t)n_events, "unexplained", 0, "fates");
}

static json_t *json_events(const struct trc_stats *stats)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < TRC_N_EVENTS; i++) {
        if (stats->seen[i])
            (void)json_array_append_new(list, json_event(stats, i));
    }
    for (uint32_t i = 0; i < stats->n_others; i++)
        (void)json_array_append_new(list,
                                    json_other(stats->others[i].name, stats->others[i].n_events));
    if (stats->n_others_unnamed)
        (void)json_array_append_new(list, json_other("(more names)", stats->n_others_unnamed));
    return list;
}

static json_t *json_mark(const struct trc_verify_mark *mark)
{
    json_t *differences = json_array();

    for (uint64_t i = 0; mark->is_found && i < n_listed(mark); i++) {
        const struct trc_difference *d = &mark->differences[i];

        (void)json_array_append_new(
            differences, json_pack("{s:o, s:s, s:o, s:o}", "pa", cli_json_hex(d->pa), "structure",
                                   sim_structure_infos[d->structure].json_name, "trace",
                                   cli_json_hex(d->in_trace), "dump", cli_json_hex(d->in_dump)));
    }
    return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o}", "mark", mark->name, "dump",
                     mark->dump, "found", mark->is_found, "differing_words",
                     (json_int_t)mark->n_different, "tables", (json_int_t)mark->n_areas,
                     "compared_bytes", (json_int_t)mark->n_bytes, "skipped_bytes",
                     (json_int_t)mark->n_skipped_bytes, "missing_bytes",
                     (json_int_t)mark->n_missing_bytes, "differences", differences);
}

static json_t *json_verify(const struct trc_verify *verify)
{
    const struct trc_verify_totals *totals = trc_verify_get_totals(verify);
    json_t *marks = json_array();

    for (size_t i = 0; i < trc_verify_n_marks(verify); i++)
        (void)json_array_append_new(marks, json_mark(trc_verify_get(verify, i)));
    return json_pack("{s:o, s:I, s:I, s:I}", "marks", marks, "stores", (json_int_t)totals->n_stores,
                     "old_values_differing", (json_int_t)totals->n_old_different,
                     "stores_outside_tables", (json_int_t)totals->n_outside);
}

int import_report_json(const char *input, const struct trc_file_info *info,
                       const struct trc_verify *verify, const struct sim_diag *damage)
{
    json_t *report = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "schema", "iommusim.import/1", "input", input,
        "kind", trc_file_kind_name(info->kind), "records", (json_int_t)info->n_records, "events",
        (json_int_t)info->stats.n_events, "lost_events", (json_int_t)info->stats.n_lost,
        "lost_places", (json_int_t)info->stats.n_lost_marks, "by_event", json_events(&info->stats));

    if (verify)
        (void)json_object_set_new(report, "memory", json_verify(verify));
    if (damage) {
        char text[1024];

        sim_diag_format(damage, text, sizeof(text));
        (void)json_object_set_new(report, "damage", json_string(text));
    }
    return cli_json(report);
}
