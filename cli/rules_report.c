/* SPDX-License-Identifier: BSD-2-Clause
 * rules_report.c - what rules were broken, as text and as JSON. */
#include "cli/rules.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN_HITS 3u /* of each rule; --json has more */

/* ---- Allowed rules --------------------------------------------------------------------------- */

int rules_allow_word(struct rules_allow *allow, const char *word, struct sim_diag *diag)
{
    const char *equals = strchr(word, '=');
    char id[64], why[RULES_WHY_BYTES];

    if (!equals || (size_t)(equals - word) >= sizeof(id))
        return sim_diag_text(diag, SIM_EINVAL, 0, 0, "'%s' is not ID=REASON", word);
    (void)snprintf(id, sizeof(id), "%.*s", (int)(equals - word), word);
    if (rules_allow_one(allow, id, equals + 1, why))
        return sim_diag_text(diag, SIM_EINVAL, 0, 0, "%s", why);
    return 0;
}

struct chk_order *rules_new(const struct rules_allow *allow)
{
    struct chk_order *order = chk_order_new();

    for (unsigned i = 0; order && i < CHK_N_RULES; i++) {
        if (allow->reason[i][0])
            chk_order_allow(order, (enum chk_rule_id)i, allow->reason[i]);
    }
    return order;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void print_hit(const struct chk_hit *hit, FILE *out)
{
    (void)fprintf(out, "      record %" PRIu64, hit->seq);
    if (hit->since_seq != hit->seq)
        (void)fprintf(out, " (since %" PRIu64 ")", hit->since_seq);
    if (hit->has_op)
        (void)fprintf(out, ", %s", sim_enum_word(SIM_SHOW_OP, hit->op));
    if (hit->dev != SIM_NO_DEV)
        (void)fprintf(out, " of device %" PRIu32, hit->dev);
    if (hit->has_ip)
        (void)fprintf(out, ", at 0x%" PRIx64, hit->ip);
    (void)fputs(":\n", out);
    cli_wrap(out, fprintf(out, "%8s", ""), 8, hit->text);
}

static void print_rule(const struct chk_order_report *report, unsigned i, FILE *out)
{
    const struct chk_rule *rule = &chk_rules[i];
    unsigned n_shown = 0;

    (void)fprintf(out, "  %s (%s, %s), %" PRIu64 " time%s:\n", rule->id,
                  chk_rule_kind_name(rule->kind), rule->section, report->count[i],
                  report->count[i] == 1 ? "" : "s");
    cli_wrap(out, fprintf(out, "%6s", ""), 6, rule->title);
    if (report->reason[i])
        (void)fprintf(out, "      allowed: %s\n", report->reason[i]);
    for (size_t k = 0; k < report->n_hits && n_shown < SHOWN_HITS; k++) {
        if (report->hits[k].rule != i)
            continue;
        print_hit(&report->hits[k], out);
        n_shown++;
    }
    if (n_shown < report->count[i])
        (void)fprintf(out, "      and %" PRIu64 " more\n", report->count[i] - n_shown);
}

void rules_print(const struct chk_order_report *report, FILE *out)
{
    size_t n_broken = 0;

    for (unsigned i = 0; i < CHK_N_RULES; i++)
        n_broken += report->count[i] != 0;
    if (n_broken == 0) {
        (void)fprintf(out, "\nProtocol rules: none of %u broken.\n", (unsigned)CHK_N_RULES);
    } else {
        (void)fprintf(out,
                      "\nProtocol rules: %zu of %u broken (iommusim rules ID tells more of one):\n",
                      n_broken, (unsigned)CHK_N_RULES);
        for (unsigned i = 0; i < CHK_N_RULES; i++) {
            if (report->count[i])
                print_rule(report, i, out);
        }
    }
    if (report->blind_seq)
        (void)fprintf(out, "  after record %" PRIu64 " nothing was judged: records are missing\n",
                      report->blind_seq);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *hit_json(const struct chk_hit *hit)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:i, s:i, s:s}", "rule", chk_rules[hit->rule].id, "kind",
        chk_rule_kind_name(chk_rules[hit->rule].kind), "record", (json_int_t)hit->seq, "since",
        (json_int_t)hit->since_seq, "time_ns", (json_int_t)hit->time_ns, "cpu", (int)hit->cpu,
        "iommu", (int)hit->iommu, "text", hit->text);

    (void)json_object_set_new(
        json, "op", hit->has_op ? json_string(sim_enum_word(SIM_SHOW_OP, hit->op)) : json_null());
    (void)json_object_set_new(
        json, "dev", hit->dev != SIM_NO_DEV ? json_integer((json_int_t)hit->dev) : json_null());
    (void)json_object_set_new(json, "ip", hit->has_ip ? cli_json_hex(hit->ip) : json_null());
    return json;
}

json_t *rules_json(const struct chk_order_report *report)
{
    json_t *counts = json_object(), *allowed = json_object(), *hits = json_array();

    for (unsigned i = 0; i < CHK_N_RULES; i++) {
        if (report->count[i])
            (void)json_object_set_new(counts, chk_rules[i].id,
                                      json_integer((json_int_t)report->count[i]));
        if (report->reason[i])
            (void)json_object_set_new(allowed, chk_rules[i].id, json_string(report->reason[i]));
    }
    for (size_t i = 0; i < report->n_hits; i++)
        (void)json_array_append_new(hits, hit_json(&report->hits[i]));
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "violations", (json_int_t)report->n_violations,
                     "blind_after",
                     report->blind_seq ? json_integer((json_int_t)report->blind_seq) : json_null(),
                     "counts", counts, "allowed", allowed, "hits", hits);
}
