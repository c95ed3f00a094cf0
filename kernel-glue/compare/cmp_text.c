/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_text.c - acts and their differences in words.
 * Knows: tables of fields. Must not know: what the differences mean. */
#include "kernel-glue/compare/cmp_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *fmt, ...)
{
    const size_t n = strlen(text);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text + n, CMP_TEXT_BYTES - n, fmt, args);
    va_end(args);
}

static void store_text(const struct cmp_item *item, char *text)
{
    const struct cmp_act *act = item->act;
    const uint64_t base = act->pa - UINT64_C(8) * act->index;
    uint64_t before[HW_MAX_WORDS];
    char fields[400] = "";

    memcpy(before, act->after, sizeof(before));
    before[act->index] = item->first->before[act->index];
    if (act->layout)
        hw_brief_change(act->layout, act->index, before, act->after, fields, sizeof(fields));
    append(text, "%s 0x%" PRIx64 " word %u = 0x%" PRIx64 "  %s%s",
           sim_structure_infos[act->structure].name, base, act->index, act->words[0],
           fields[0] ? fields : "(no change)", act->is_live ? "  (live)" : "");
}

static void command_text(const struct cmp_act *act, char *text)
{
    const uint64_t words[HW_MAX_WORDS] = {act->words[0], act->words[1]};
    char all[400] = "";
    const char *fields = all;

    if (!act->layout) {
        append(text, "command 0x%" PRIx64 " 0x%" PRIx64, words[0], words[1]);
        return;
    }
    hw_brief(act->layout, words, UINT32_MAX, all, sizeof(all));
    if (strncmp(fields, "op=", 3) == 0) /* the name says it */
        fields += strcspn(fields, " ") + (strchr(fields, ' ') ? 1 : 0);
    append(text, "%s%s%s", act->layout->name, fields[0] ? "  " : "", fields);
}

static void wait_text(const struct cmp_act *act, char *text)
{
    if (act->index == SIM_COND_REG)
        append(text, "wait until %s 0x%" PRIx64 " & 0x%" PRIx64 " = 0x%" PRIx64,
               act->title ? act->title : "register", act->offset, act->words[1], act->words[0]);
    else
        append(text, "wait for a %s", act->index == SIM_COND_MEM ? "word of memory" : "queue slot");
    if (act->ret)
        append(text, ", failed with %" PRId32, act->ret);
}

void cmp_item_text(const struct cmp_item *item, char *text)
{
    const struct cmp_act *act = item->act;

    text[0] = '\0';
    if (act->kind == CMP_ACT_STORE)
        store_text(item, text);
    else if (act->kind == CMP_ACT_COMMAND)
        command_text(act, text);
    else if (act->kind == CMP_ACT_WAIT)
        wait_text(act, text);
    else if (act->title)
        append(text, "write %s = 0x%" PRIx64, act->title, act->words[0]);
    else
        append(text, "write +0x%" PRIx64 " = 0x%" PRIx64, act->offset, act->words[0]);
}

static const struct cmp_name *ref_of(const struct cmp_act *act, const struct hw_field *field)
{
    for (unsigned i = 0; i < act->n_refs; i++) {
        if (act->ref_fields[i] == field)
            return &act->refs[i];
    }
    return NULL;
}

static void append_value(char *text, const struct hw_layout *layout, const struct hw_field *field,
                         const uint64_t *words)
{
    const uint64_t value = field->show == HW_SHOW_ADDR ? hw_get_addr(words, field->msb, field->lsb)
                                                       : hw_get(words, field->msb, field->lsb);
    const struct hw_encoding *encoding =
        hw_encoding_find(layout, field->name, hw_get(words, field->msb, field->lsb));

    if (encoding)
        append(text, "%s", encoding->name);
    else if (value < 10)
        append(text, "%" PRIu64, value);
    else
        append(text, "0x%" PRIx64, value);
}

static void append_name(char *text, const struct cmp_names *names, const struct cmp_name *a)
{
    const struct cmp_name *partner = a ? cmp_names_partner(names, CMP_A, a) : NULL;
    const bool is_page = a && (a->space == CMP_S_PAGE || a->space == CMP_S_DATA);

    if (partner)
        append(text, " (A's was B's 0x%" PRIx64 " before)",
               is_page ? partner->value << CMP_PAGE_LOG2 : partner->value);
    else if (a)
        append(text, " (B's had another partner in A before)");
}

/* The whole structure that an act's words are part of. */
static const uint64_t *whole(const struct cmp_act *act)
{
    return act->kind == CMP_ACT_STORE ? act->after : act->words;
}

void cmp_values_text(const struct cmp_names *names, const struct cmp_act *a,
                     const struct cmp_act *b, char *text)
{
    const struct hw_layout *layout = a->layout == b->layout ? a->layout : NULL;

    text[0] = '\0';
    for (size_t i = 0; layout && i < layout->n_fields; i++) {
        const struct hw_field *field = &layout->fields[i];
        const struct cmp_name *of_a = ref_of(a, field);
        const struct cmp_name *of_b = ref_of(b, field);

        if (a->kind == CMP_ACT_STORE && field->lsb / 64U != a->index)
            continue;
        if (a->kind == CMP_ACT_REGISTER && field->lsb >= 64U)
            continue;
        if (of_a && of_b ? cmp_names_fit(names, of_a, of_b)
                         : hw_get(whole(a), field->msb, field->lsb) ==
                               hw_get(whole(b), field->msb, field->lsb))
            continue;
        append(text, "%s%s is ", text[0] ? "; " : "", field->name);
        append_value(text, layout, field, whole(a));
        append(text, " in A, ");
        append_value(text, layout, field, whole(b));
        append(text, " in B");
        if (of_a && of_b)
            append_name(text, names, of_a);
    }
    if (text[0] == '\0')
        append(text, "0x%" PRIx64 " in A, 0x%" PRIx64 " in B", a->words[0], b->words[0]);
}
