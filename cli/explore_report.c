/* SPDX-License-Identifier: BSD-2-Clause
 * explore_report.c - what iommusim explore found, for people: a table, and a witness.
 * Knows: reports, names of layouts. Must not know: options, how outcomes were found. */
#include "cli/explore_report.h"

#include "cli/explore_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TARGET_BYTES 256u
#define NAME_BYTES 64u
#define TABLE_BYTES 512u
#define LINE_BYTES 4352u /* a path and some words */
#define MAX_KNOWN 3u     /* of those that are named */

const char *explore_device(const struct explore_result *result, uint32_t dev)
{
    for (size_t i = 0; i < result->n_devices; i++) {
        if (result->devices[i].dev == dev)
            return result->devices[i].name;
    }
    return "-";
}

const char *explore_verdict(const struct xpl_op *op, enum xpl_level level)
{
    if (op->inconclusive && op->worst[level] == CHK_HITLESS)
        return "INCONCLUSIVE";
    return chk_class_name(op->worst[level]);
}

static bool is_map(const struct xpl_op *op)
{
    return op->op == SIM_OP_MAP || op->op == SIM_OP_UNMAP;
}

/* A wrong place is worse than a refusal, a replace more telling than an attach. */
size_t explore_worst(const struct explore_result *result)
{
    const struct xpl_report *report = result->report;
    size_t worst = report->n_ops;

    for (size_t i = 0; i < report->n_ops; i++) {
        const struct xpl_op *op = &report->ops[i];

        if (op->worst[XPL_ARCHITECTURE] == CHK_HITLESS)
            continue;
        if (worst == report->n_ops ||
            op->worst[XPL_DEPLOYED] > report->ops[worst].worst[XPL_DEPLOYED] ||
            (op->worst[XPL_DEPLOYED] == report->ops[worst].worst[XPL_DEPLOYED] &&
             op->worst[XPL_ARCHITECTURE] > report->ops[worst].worst[XPL_ARCHITECTURE]))
            worst = i;
    }
    return worst;
}

/* ---- targets ---- */

void explore_target(const struct explore_result *result, const struct chk_target *target,
                    char *text, size_t n_bytes)
{
    size_t n = 0;

    switch ((enum chk_kind)target->kind) {
    case CHK_REFUSED:
        (void)snprintf(text, n_bytes, "refused: %s%s%s", result->arch->event(target->event),
                       target->rule ? ", rule " : "", target->rule ? target->rule : "");
        return;
    case CHK_BYPASS:
        (void)snprintf(text, n_bytes, "bypass: the address is the physical one");
        return;
    case CHK_OPAQUE:
        n = (size_t)snprintf(text, n_bytes, "a guest's tables, ");
        break;
    case CHK_TRANSLATED:
    default:
        break;
    }
    for (unsigned i = 0; i < target->n_tlbs; i++) {
        if (i)
            n += (size_t)snprintf(text + n, n_bytes - n, ", ");
        n += explore_tables(result->arch, target, i, text + n, n_bytes - n);
    }
}

/* ---- table ---- */

const char *explore_conflict(const struct xpl_params *params)
{
    return params->same_tag_conflict ? "strict" : "either";
}

uint32_t explore_atom(const struct explore_result *result)
{
    return result->arch->reads_16 ? 16 : result->params->atom_bytes;
}

/* Operations that nothing but a known finding makes bad. */
static void print_known(const struct xpl_report *report)
{
    const char *id = NULL;
    bool is_clean = true;
    uint64_t n = 0;

    for (size_t i = 0; i < report->n_ops; i++) {
        const char *known = explore_known(&report->ops[i]);

        if (!known)
            continue;
        if (!id)
            (void)printf("Known finding %s (docs/findings.md), and nothing else: operation", known);
        id = known;
        is_clean = is_clean && report->ops[i].worst[XPL_DEPLOYED] == CHK_HITLESS;
        if (n++ < MAX_KNOWN)
            (void)printf("%s %zu", n > 1 ? "," : "", i + 1);
    }
    if (n > MAX_KNOWN)
        (void)printf(", %" PRIu64 " more", n - MAX_KNOWN);
    if (id)
        (void)printf(".\n%s under deployed.\n", is_clean ? "They are clean" : "Not all are clean");
}

/* What is not said of operations, though nothing is missing. */
const char *explore_order(const struct xpl_params *params)
{
    return params->is_atc_in_order ? "queue" : "any";
}

/* A knob that counts for few streams. */
static void print_order(const struct explore_result *result)
{
    uint32_t notes = 0;

    for (size_t i = 0; i < result->report->n_ops; i++)
        notes |= result->report->ops[i].notes;
    if (notes & XPL_NOTE_ATC_ORDER)
        (void)printf("device_tlb_order %s.\n", explore_order(result->params));
}

static void print_notes(const struct xpl_report *report)
{
    for (unsigned note = 0; note < XPL_N_NOTES; note++) {
        uint64_t n = 0;

        for (size_t i = 0; i < report->n_ops; i++) {
            if (!(report->ops[i].notes >> note & 1))
                continue;
            if (n++ < MAX_KNOWN)
                (void)printf("%s %zu", n > 1 ? "," : "Note on", i + 1);
        }
        if (n > MAX_KNOWN)
            (void)printf(", %" PRIu64 " more", n - MAX_KNOWN);
        if (n)
            (void)printf(": %s.\n", xpl_note_text(note));
    }
}

static void print_row(const struct explore_result *result, size_t index)
{
    const struct xpl_op *op = &result->report->ops[index];
    const bool is_more = op->inconclusive && op->worst[XPL_ARCHITECTURE] != CHK_HITLESS;

    (void)printf("%5zu  %-13s %-13s %-13s%c %-13s %-13s %6" PRIu64 " %5" PRIu64 " %5" PRIu64 "\n",
                 index + 1, sim_enum_word(SIM_SHOW_OP, op->op), explore_device(result, op->dev),
                 explore_verdict(op, XPL_ARCHITECTURE), is_more ? '+' : ' ',
                 explore_verdict(op, XPL_DEPLOYED), chk_class_name(op->tlb_worst[XPL_ARCHITECTURE]),
                 op->n_views, op->n_outcomes, op->syncs);
}

void explore_print(const struct explore_result *result, bool all)
{
    const struct xpl_report *report = result->report;
    uint64_t folded = 0;
    char line[LINE_BYTES];

    (void)snprintf(
        line, sizeof(line),
        "%s: %" PRIu64 " records, %zu operations, %" PRIu64 " views, %" PRIu64 " outcomes.",
        result->input, report->n_records, report->n_ops, report->n_views, report->n_outcomes);
    cli_wrap(stdout, 0, 4, line);
    (void)printf("\n");
    (void)printf("    #  operation     device        architecture   deployed      tlb:"
                 "             views  outc  sync\n");
    for (size_t i = 0; i < report->n_ops; i++) {
        const struct xpl_op *op = &report->ops[i];

        if (!all && is_map(op) && op->worst[XPL_ARCHITECTURE] == CHK_HITLESS && !op->inconclusive)
            folded++;
        else
            print_row(result, i);
    }
    if (folded)
        (void)printf("       %" PRIu64 " maps and unmaps: HITLESS (--all-ops shows each)\n",
                     folded);
    (void)printf("\nRules: atoms of %" PRIu32 " bytes; negative entries and prefetch as the "
                 "architecture permits;\nmax_values %" PRIu32 ", max_views %" PRIu32
                 ", max_tables %" PRIu32 ", same_tag_conflict %s;\n%s.\n",
                 explore_atom(result), result->params->max_values, result->params->max_views,
                 result->params->max_tables, explore_conflict(result->params),
                 report->ordering_assumed ? "ordering assumed (the stream implies barriers)"
                                          : "order by the barriers in the stream");
    print_order(result);
    print_known(report);
    print_notes(report);
    if (report->inconclusive)
        (void)printf("Inconclusive: %s.\n", report->why ? report->why : "something is missing");
}

/* ---- witness ---- */

uint64_t explore_ip(const struct explore_result *result, uint64_t seq)
{
    return seq && seq <= result->n_ips ? result->ips[seq - 1] : 0;
}

static const struct xpl_words *same_structure(const struct xpl_op *op, uint32_t view,
                                              const struct xpl_words *words)
{
    if (view == XPL_NO_VIEW)
        return NULL;
    for (uint32_t i = 0; i < op->views[view].n_structures; i++) {
        const struct xpl_words *other = &op->views[view].structure[i];

        if (memcmp(&other->key, &words->key, sizeof(words->key)) == 0)
            return other;
    }
    return NULL;
}

static uint32_t view_of(const struct xpl_slot *slot, enum xpl_phase phase)
{
    for (uint32_t i = 0; i < slot->n_outcomes; i++) {
        const struct xpl_outcome *o = &slot->outcomes[i];

        if (o->phase == phase && o->view != XPL_NO_VIEW &&
            (phase == XPL_BEFORE ? o->is_old : o->is_new))
            return o->view;
    }
    return XPL_NO_VIEW;
}

static char whose(const struct xpl_words *old, const struct xpl_words *new,
                  const struct xpl_words *met, unsigned w)
{
    const bool is_old = old && old->word[w] == met->word[w];
    const bool is_new = new &&new->word[w] == met->word[w];

    if (is_old && is_new)
        return ' ';
    if (is_old)
        return 'o';
    return is_new ? 'n' : '!';
}

/* The fields in which what was met differs from old or from new. */
static void print_fields(const struct xpl_words *old, const struct xpl_words *new,
                         const struct xpl_words *met, unsigned w)
{
    const struct hw_layout *layout = explore_layout(met);

    for (size_t i = 0; layout && i < layout->n_fields; i++) {
        const struct hw_field *f = &layout->fields[i];
        const uint64_t value = hw_get(met->word, f->msb, f->lsb);

        if (f->lsb / 64u != w)
            continue;
        if ((!old || hw_get(old->word, f->msb, f->lsb) == value) &&
            (!new || hw_get(new->word, f->msb, f->lsb) == value))
            continue;
        if (old && new &&strcmp(f->name, "V") != 0 && strcmp(f->name, "P") != 0 &&
            hw_get(old->word, f->msb, f->lsb) == hw_get(new->word, f->msb, f->lsb))
            continue; /* of a word that is 0: V says it all */
        (void)printf("             %-14s 0x%" PRIx64, f->name, value);
        if (old)
            (void)printf("  old 0x%" PRIx64, hw_get(old->word, f->msb, f->lsb));
        if (new)
            (void)printf("  new 0x%" PRIx64, hw_get(new->word, f->msb, f->lsb));
        (void)printf("\n");
    }
}

/* Functions, the innermost first; lines of their own. */
static void print_place(const struct explore_result *result, uint64_t seq)
{
    const uint64_t ip = explore_ip(result, seq);
    const struct trc_place *place = ip ? trc_lines_find(result->lines, ip) : NULL;

    for (uint32_t i = 0; place && i < place->n; i++) {
        const char *folder = strrchr(place->frames[i].file, '/');

        (void)printf("           %s %s, %s:%" PRIu32 "\n", i ? "in" : "<-",
                     place->frames[i].function, folder ? folder + 1 : place->frames[i].file,
                     place->frames[i].line);
    }
}

static void print_store(const struct explore_result *result, uint64_t seq)
{
    if (seq)
        (void)printf("   stored by record %" PRIu64, seq);
    (void)printf("\n");
    print_place(result, seq);
}

static void print_structure(const struct explore_result *result, const struct xpl_words *old,
                            const struct xpl_words *new, const struct xpl_words *met)
{
    char name[NAME_BYTES];

    explore_place_name(result->arch, met, name, sizeof(name));
    (void)printf("    %s, fetched at 0x%" PRIx64 "\n", name, met->address);
    for (unsigned w = 0; w < met->n_words; w++) {
        const char mark = whose(old, new, met, w);

        if (met->n_words > 4 && w > 3 && mark == ' ' && !met->word[w])
            continue;
        (void)printf("     %c q%u 0x%016" PRIx64, mark, w, met->word[w]);
        print_store(result, met->word_seq[w]);
        if (mark != ' ')
            print_fields(old, new, met, w);
    }
}

static const struct xpl_outcome *worst_outcome(const struct xpl_slot *slot)
{
    const struct xpl_outcome *worst = NULL;

    for (uint32_t i = 0; i < slot->n_outcomes; i++) {
        const struct xpl_outcome *o = &slot->outcomes[i];

        if (o->verdict != CHK_HITLESS && (!worst || o->verdict > worst->verdict))
            worst = o;
    }
    return worst;
}

static void print_target(const struct explore_result *result, const char *which,
                         const struct chk_target *target, const char *note)
{
    char text[TARGET_BYTES], line[TARGET_BYTES + 64];

    explore_target(result, target, text, sizeof(text));
    (void)snprintf(line, sizeof(line), "%s%s", text, note);
    cli_wrap(stdout, printf("    %s ", which), 10, line);
}

static void print_outcome(const struct explore_result *result, const struct xpl_op *op,
                          const struct xpl_slot *slot, const struct xpl_outcome *outcome)
{
    static const char *const phases[] = {"before the switch", "during the switch",
                                         "after the switch"};
    const uint32_t old = view_of(slot, XPL_BEFORE);
    const uint32_t new = view_of(slot, XPL_AFTER);

    (void)printf("  %s 0x%" PRIx32, explore_requester_word(result->arch), slot->request.requester);
    if (slot->request.pasid != CHK_NO_PASID)
        (void)printf(", %s 0x%" PRIx32, explore_pasid_word(result->arch), slot->request.pasid);
    (void)printf(", %s, possible from record %" PRIu64 " on: %s\n", phases[outcome->phase],
                 outcome->seq, chk_class_name(outcome->verdict));
    print_target(result, "old  ", &slot->old_target, "");
    print_target(result, "met  ", &outcome->target,
                 outcome->source == XPL_TLB ? " (filed in a TLB under this tag)" : "");
    print_target(result, "new  ", &slot->new_target, "");
    if (explore_finding(op, slot, outcome))
        (void)printf("  Known finding %s (docs/findings.md)%s.\n",
                     explore_finding(op, slot, outcome),
                     op->worst[XPL_DEPLOYED] == CHK_HITLESS ? "; clean under deployed" : "");
    (void)printf("  What hardware held (o: of the old, n: of the new, !: of neither):\n");
    for (uint32_t i = 0; outcome->view != XPL_NO_VIEW && i < op->views[outcome->view].n_structures;
         i++) {
        const struct xpl_words *met = &op->views[outcome->view].structure[i];

        print_structure(result, same_structure(op, old, met), same_structure(op, new, met), met);
    }
}

static void print_table(const struct explore_result *result, const struct xpl_table *table)
{
    char owner[NAME_BYTES], range[96] = "", page[48] = "", text[TABLE_BYTES];

    explore_run_name(result->arch, &table->tag, owner, sizeof(owner));
    if (table->tag.stage)
        (void)snprintf(range, sizeof(range), ", 0x%" PRIx64 "-0x%" PRIx64, table->first,
                       table->last);
    if (table->page)
        (void)snprintf(page, sizeof(page), ", page 0x%" PRIx64, table->page);
    (void)snprintf(text, sizeof(text), "%s: %s%s%s%s, by record %" PRIu64,
                   chk_class_name(table->verdict), table->what, range, range[0] ? owner : "", page,
                   table->seq);
    cli_wrap(stdout, printf("  "), 6, text);
    print_place(result, table->seq);
}

void explore_witness(const struct explore_result *result, size_t index)
{
    const struct xpl_op *op = &result->report->ops[index];

    (void)printf("\nOperation %zu, %s of %s, records %" PRIu64 " to %" PRIu64 ": %s\n", index + 1,
                 sim_enum_word(SIM_SHOW_OP, op->op), explore_device(result, op->dev), op->begin_seq,
                 op->end_seq, explore_verdict(op, XPL_ARCHITECTURE));
    if (op->inconclusive)
        (void)printf("  Inconclusive: %s.\n", op->why);
    for (unsigned i = 0; i < XPL_N_NOTES; i++) {
        if (op->notes >> i & 1)
            (void)printf("  Note: %s.\n", xpl_note_text(i));
    }
    for (uint32_t i = 0; i < op->n_slots; i++) {
        const struct xpl_outcome *outcome = worst_outcome(&op->slots[i]);

        if (outcome && op->slots[i].worst == op->worst[XPL_ARCHITECTURE]) {
            print_outcome(result, op, &op->slots[i], outcome);
            break;
        }
    }
    for (uint32_t i = 0; i < op->n_tables && i < 8; i++)
        print_table(result, &op->tables[i]);
    explore_advice(result, op);
}
