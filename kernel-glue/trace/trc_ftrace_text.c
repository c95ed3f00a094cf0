/* SPDX-License-Identifier: BSD-2-Clause
 * trc_ftrace_text.c - parses ftrace's text line by line.
 *
 * A line is   TASK-PID [CPU] FLAGS SECONDS.FRACTION: EVENT: key=value ...
 * trace-cmd report prints nearly the same, without FLAGS or with more blanks. */
#include "kernel-glue/trace/trc_ftrace_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (256u << 10)
#define NS_PER_S UINT64_C(1000000000)
#define NAME_SLOTS 64u

struct parser {
    FILE *file;
    const struct trc_event_sink *sink;
    struct sim_diag *diag;
    uint32_t line;
    bool has_sent_meta;
    uint32_t n_cpus;
    uint64_t n_overwritten;
    uint8_t kinds[NAME_SLOTS]; /* event kind last seen for a name's shape; a guess */
    size_t at, n_bytes;        /* unused part of buffer */
    bool is_at_end;
    char buffer[BUFFER_BYTES];
};

/* Part of a line that has not been parsed yet. */
struct span {
    const char *at;
    const char *end;
};

static int fail(struct parser *p, const char *what)
{
    return sim_diag_text(p->diag, SIM_EFORMAT, p->line, 0, "%s", what);
}

/* The next line, without its end. Return: 1, 0 at the end, SIM_ETRUNC if the last line has no
 * line end, or an error. */
static int next_line(struct parser *p, struct span *line)
{
    const char *start = p->buffer + p->at;
    const char *end = memchr(start, '\n', p->n_bytes - p->at);

    while (!end && !p->is_at_end && (p->at > 0 || p->n_bytes < BUFFER_BYTES)) {
        size_t got;

        memmove(p->buffer, p->buffer + p->at, p->n_bytes - p->at);
        p->n_bytes -= p->at;
        p->at = 0;
        got = fread(p->buffer + p->n_bytes, 1, BUFFER_BYTES - p->n_bytes, p->file);
        if (got == 0 && ferror(p->file))
            return sim_diag_text(p->diag, SIM_EIO, p->line, 0, "cannot read: %s", strerror(errno));
        p->is_at_end = got == 0;
        start = p->buffer;
        end = memchr(start + p->n_bytes, '\n', got);
        p->n_bytes += got;
    }
    p->line++;
    if (end) {
        line->at = start;
        line->end = end;
        p->at = (size_t)(end + 1 - p->buffer);
        return 1;
    }
    if (!p->is_at_end)
        return fail(p, "line longer than 262144 bytes: not a trace");
    if (p->at == p->n_bytes)
        return 0;
    return sim_diag_text(p->diag, SIM_ETRUNC, p->line, 0,
                         "the file ends inside a line, which is left out");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(struct span *s)
{
    while (s->at < s->end && *s->at == ' ')
        s->at++;
}

static bool starts_with(const struct span *s, const char *word)
{
    const size_t n = strlen(word);

    return (size_t)(s->end - s->at) >= n && memcmp(s->at, word, n) == 0;
}

static bool get_dec(struct span *s, uint64_t *value)
{
    const char *start = s->at;

    *value = 0;
    for (; s->at < s->end && is_digit(*s->at); s->at++) {
        const unsigned digit = (unsigned)(*s->at - '0');

        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return s->at > start;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool get_hex(struct span *s, uint64_t *value)
{
    const char *start = s->at;
    int digit;

    *value = 0;
    for (; s->at < s->end && (digit = hex_digit(*s->at)) >= 0; s->at++) {
        if (*value >> 60)
            return false;
        *value = *value << 4 | (unsigned)digit;
    }
    return s->at > start;
}

/* 0x..., or decimal with an optional sign; must end at a blank, a comma or the end. */
static bool get_number(struct span *s, uint64_t *value)
{
    bool is_negative = false;
    bool ok;

    if (s->end - s->at > 2 && s->at[0] == '0' && s->at[1] == 'x') {
        s->at += 2;
        ok = get_hex(s, value);
    } else {
        if (s->at < s->end && *s->at == '-') {
            is_negative = true;
            s->at++;
        }
        ok = get_dec(s, value);
    }
    if (is_negative)
        *value = 0 - *value;
    return ok && (s->at == s->end || *s->at == ' ' || *s->at == ',');
}

static int send(struct parser *p, const struct trc_event *event)
{
    if (!p->has_sent_meta) {
        struct trc_event first = {.kind = TRC_E_META, .has = 3};
        int err;

        p->has_sent_meta = true;
        first.values[0] = p->n_cpus;
        first.values[1] = 1000;
        err = p->sink->put(p->sink->ctx, &first);
        if (!err && p->n_overwritten) {
            const struct trc_event lost = {
                .kind = TRC_E_LOST, .has = 1, .values = {p->n_overwritten}};

            err = p->sink->put(p->sink->ctx, &lost);
        }
        if (err)
            return err;
    }
    return p->sink->put(p->sink->ctx, event);
}

/* "# entries-in-buffer/entries-written: 1109/1109   #P:1" */
static void read_comment(struct parser *p, struct span s)
{
    static const char written[] = "entries-written: ";
    const char *at = memmem(s.at, (size_t)(s.end - s.at), written, sizeof(written) - 1);
    const char *cpus = memmem(s.at, (size_t)(s.end - s.at), "#P:", 3);
    uint64_t n_kept;
    uint64_t n_written;
    uint64_t n_cpus;

    if (cpus) {
        s.at = cpus + 3;
        if (get_dec(&s, &n_cpus) && n_cpus <= UINT16_MAX)
            p->n_cpus = (uint32_t)n_cpus;
    }
    if (at) {
        s.at = at + sizeof(written) - 1;
        if (get_dec(&s, &n_kept) && s.at < s.end && *s.at == '/') {
            s.at++;
            if (get_dec(&s, &n_written) && n_written > n_kept)
                p->n_overwritten = n_written - n_kept;
        }
    }
}

/* "CPU:1 [LOST 12 EVENTS]" or "CPU:1 [EVENTS DROPPED]" */
static int read_lost(struct parser *p, struct span s)
{
    struct trc_event event = {.kind = TRC_E_LOST, .has = 1};
    uint64_t cpu;

    s.at += 4;
    if (!get_dec(&s, &cpu) || cpu > UINT16_MAX)
        return fail(p, "malformed line about lost events");
    event.cpu = (uint16_t)cpu;
    skip_blanks(&s);
    if (starts_with(&s, "[LOST ")) {
        s.at += 6;
        (void)get_dec(&s, &event.values[0]);
    }
    return send(p, &event);
}

/* TASK-PID [CPU]: leaves @s behind the bracket. */
static bool read_task(struct span *s, struct trc_event *event)
{
    const char *bracket = s->at;
    const char *dash;
    struct span part;
    uint64_t number;

    for (;;) {
        bracket = memchr(bracket, '[', (size_t)(s->end - bracket));
        if (!bracket || bracket == s->at)
            return false;
        part.at = bracket + 1;
        part.end = s->end;
        if (bracket[-1] == ' ' && get_dec(&part, &number) && number <= UINT16_MAX &&
            part.at < part.end && *part.at == ']')
            break;
        bracket++;
    }
    event->cpu = (uint16_t)number;
    dash = bracket - 1;
    while (dash > s->at && *dash == ' ')
        dash--;
    while (dash > s->at && is_digit(*dash))
        dash--;
    if (*dash != '-')
        return false;
    s->at = part.at + 1;
    part.at = dash + 1;
    if (!get_dec(&part, &number) || number > INT32_MAX)
        return false;
    event->pid = (uint32_t)number;
    return true;
}

static bool get_time(struct span *s, uint64_t *time_ns)
{
    uint64_t seconds;
    uint64_t scale = NS_PER_S / 10;

    if (!get_dec(s, &seconds) || seconds > UINT64_MAX / NS_PER_S - 1 || s->at == s->end ||
        *s->at != '.')
        return false;
    *time_ns = seconds * NS_PER_S;
    for (s->at++; s->at < s->end && is_digit(*s->at) && scale; s->at++, scale /= 10)
        *time_ns += scale * (uint64_t)(*s->at - '0');
    if (s->at == s->end || *s->at != ':')
        return false;
    s->at++;
    return true;
}

/* FLAGS SECONDS.FRACTION: */
static bool read_time(struct span *s, struct trc_event *event)
{
    struct span try;

    skip_blanks(s);
    try = *s;
    if (get_time(&try, &event->time_ns)) {
        *s = try;
        return true;
    }
    while (s->at < s->end && *s->at != ' ')
        s->at++;
    skip_blanks(s);
    return get_time(s, &event->time_ns);
}

/* EVENT: leaves @s at the payload. */
static bool read_name(struct span *s, struct sim_str *name)
{
    const char *colon;

    skip_blanks(s);
    colon = memchr(s->at, ':', (size_t)(s->end - s->at));
    if (!colon || colon == s->at || colon - s->at > 128)
        return false;
    name->bytes = s->at;
    name->n_bytes = (uint32_t)(colon - s->at);
    s->at = colon + 1;
    return true;
}

static bool get_words(struct span *s, char separator, uint64_t *values)
{
    for (unsigned i = 0; i < 4; i++) {
        if (!get_number(s, &values[i]))
            return false;
        if (i < 3 && (s->at == s->end || *s->at++ != separator))
            return false;
    }
    return true;
}

static bool get_value(const struct trc_value_info *info, struct span token, struct trc_event *event)
{
    const size_t n = (size_t)(token.end - token.at);
    uint64_t *value = &event->values[info->slot];

    event->has |= (uint8_t)(1U << info->slot);
    switch ((enum trc_value_type)info->type) {
    case TRC_STRUCTURE:
    case TRC_OP:
    case TRC_BARRIER:
        *value = trc_word_value((enum trc_value_type)info->type, token.at, n);
        return true;
    case TRC_DEVICE:
        event->text.bytes = token.at;
        event->text.n_bytes = (uint32_t)n;
        return true;
    case TRC_WORDS:
        return get_words(&token, ',', value);
    case TRC_NUMBER:
    default:
        return get_number(&token, value) && token.at == token.end;
    }
}

/* One key=value token. Keys come nearly always in the table's order: start where we stand. */
static bool read_token(const struct trc_event_info *info, struct span token, unsigned *next,
                       struct trc_event *event)
{
    const char *equals = memchr(token.at, '=', (size_t)(token.end - token.at));
    size_t n_key;

    if (!equals)
        return true;
    n_key = (size_t)(equals - token.at);
    for (unsigned i = 0; i < info->n_values; i++) {
        const struct trc_value_info *value = &info->values[(*next + i) % info->n_values];

        if (strlen(value->key) != n_key || memcmp(value->key, token.at, n_key) != 0)
            continue;
        *next = (*next + i + 1) % info->n_values;
        token.at = equals + 1;
        return get_value(value, token, event);
    }
    return true; /* of a newer patch: not for us */
}

static bool read_tokens(const struct trc_event_info *info, struct span s, struct trc_event *event)
{
    unsigned next = 0;

    while (s.at < s.end && info->n_values) {
        struct span token;

        skip_blanks(&s);
        token.at = s.at;
        token.end = memchr(s.at, ' ', (size_t)(s.end - s.at));
        if (!token.end)
            token.end = s.end;
        if (!read_token(info, token, &next, event))
            return false;
        s.at = token.end;
    }
    for (unsigned i = 0; i < info->n_values; i++) {
        if (info->values[i].is_required && !(event->has >> info->values[i].slot & 1))
            return false;
    }
    return true;
}

/* "cc_inv dmar0: 0x11 0x0 0x0 0x0" */
static bool read_qi_submit(struct span s, struct trc_event *event)
{
    const char *colon = memmem(s.at, (size_t)(s.end - s.at), ": ", 2);

    if (!colon)
        return false;
    s.at = colon + 2;
    event->has = 1;
    return get_words(&s, ' ', event->values);
}

/* "IOMMU:0000:00:04.0 driver iova=0x... flags=0x..." */
static bool read_io_page_fault(struct span *s, struct trc_event *event)
{
    const char *blank;

    if (!starts_with(s, "IOMMU:"))
        return false;
    s->at += 6;
    blank = memchr(s->at, ' ', (size_t)(s->end - s->at));
    if (!blank)
        return false;
    event->text.bytes = s->at;
    event->text.n_bytes = (uint32_t)(blank - s->at);
    event->has |= 1 << 2;
    s->at = blank;
    return true;
}

static bool read_payload(struct span s, struct trc_event *event)
{
    const struct trc_event_info *info = &trc_event_infos[event->kind];

    if (s.at < s.end && *s.at == ' ' && event->kind == TRC_E_MARKER)
        s.at++;
    else
        skip_blanks(&s);
    if (event->kind == TRC_E_MARKER) {
        event->text.bytes = s.at;
        event->text.n_bytes = (uint32_t)(s.end - s.at);
        return true;
    }
    if (event->kind == TRC_E_QI_SUBMIT)
        return read_qi_submit(s, event);
    if (event->kind == TRC_E_IO_PAGE_FAULT && !read_io_page_fault(&s, event))
        return false;
    return read_tokens(info, s, event);
}

/* Kind of an event by name. Searching the table for each line would take most of the time. */
static uint8_t find_kind(struct parser *p, const struct sim_str *name)
{
    uint8_t *guess = &p->kinds[((unsigned char)name->bytes[name->n_bytes / 2] + name->n_bytes +
                                (unsigned char)name->bytes[0] * 4U) %
                               NAME_SLOTS];
    const char *guessed = trc_event_infos[*guess].name;
    enum trc_event_kind kind;

    if (strlen(guessed) == name->n_bytes && memcmp(guessed, name->bytes, name->n_bytes) == 0)
        return *guess;
    kind = trc_event_find(NULL, name->bytes, name->n_bytes);
    if (kind != TRC_E_OTHER)
        *guess = (uint8_t)kind;
    return (uint8_t)kind;
}

static int read_event(struct parser *p, struct span s)
{
    struct trc_event event = {0};
    struct sim_str name;

    if (!read_task(&s, &event) || !read_time(&s, &event))
        return fail(p, "not a line of a trace (TASK-PID [CPU] FLAGS SECONDS: EVENT: ...)");
    if (!read_name(&s, &name))
        return fail(p, "an event's name and its colon are missing");
    event.kind = find_kind(p, &name);
    if (event.kind == TRC_E_OTHER)
        event.text = name;
    else if (!read_payload(s, &event))
        return sim_diag_text(p->diag, SIM_EFORMAT, p->line, 0,
                             "%s: a value is missing or malformed",
                             trc_event_infos[event.kind].name);
    return send(p, &event);
}

/* What trace-cmd report puts before the events. */
static bool is_report_header(struct parser *p, struct span s)
{
    uint64_t n_cpus;

    if (starts_with(&s, "cpus=")) {
        s.at += 5;
        if (get_dec(&s, &n_cpus) && n_cpus <= UINT16_MAX)
            p->n_cpus = (uint32_t)n_cpus;
        return true;
    }
    return starts_with(&s, "version = ") || starts_with(&s, "CPU ");
}

int trc_ftrace_text(void *ctx, const struct trc_event_sink *sink, struct sim_diag *diag)
{
    struct parser *p = calloc(1, sizeof(*p));
    struct span line = {NULL, NULL};
    int err;

    if (!p)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read");
    p->file = ctx;
    p->sink = sink;
    p->diag = diag;
    while ((err = next_line(p, &line)) == 1) {
        struct span s = line;

        if (s.at < s.end && s.end[-1] == '\r')
            s.end--;
        skip_blanks(&s);
        if (s.at == s.end)
            continue;
        if (*s.at == '#')
            read_comment(p, s);
        else if (starts_with(&s, "CPU:"))
            err = read_lost(p, s);
        else if (!is_report_header(p, s))
            err = read_event(p, s);
        if (err < 0)
            break;
    }
    free(p);
    return err;
}
