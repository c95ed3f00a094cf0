/* SPDX-License-Identifier: BSD-2-Clause
 * text.c - reads statements line by line. */
#include "sim/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct sim_text {
    FILE *file;
    struct sim_diag *diag;
    uint32_t line;
    uint64_t time_ns;
    size_t n_bytes; /* of the current line */
    char bytes[SIM_LEX_MAX_LINE_BYTES + 2];
    struct sim_lexer lexer;
};

static const char *const kind_words[SIM_N_TEXT_KINDS] = {"records", "litmus", "scenario"};

struct sim_text *sim_text_open(FILE *file, struct sim_diag *diag)
{
    struct sim_text *text = calloc(1, sizeof(*text));

    if (!text)
        return NULL;
    text->file = file;
    text->diag = diag;
    sim_lexer_init(&text->lexer, diag);
    return text;
}

void sim_text_close(struct sim_text *text)
{
    free(text);
}

int sim_text_fail(const struct sim_text *text, const struct sim_token *at, const char *fmt, ...)
{
    char what[SIM_DIAG_TEXT_BYTES];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return sim_diag_text(text->diag, SIM_EFORMAT, text->line, at ? at->column : 1, "%s", what);
}

/* One line into bytes, without its end. Return: 1, 0 at the end of the file, or an error. */
static int read_line(struct sim_text *text)
{
    int c;

    if (text->line == UINT32_MAX)
        return sim_diag_text(text->diag, SIM_EFORMAT, text->line, 1, "too many lines");
    text->line++;
    text->n_bytes = 0;
    while ((c = getc_unlocked(text->file)) != EOF && c != '\n') {
        if (text->n_bytes > SIM_LEX_MAX_LINE_BYTES)
            return sim_diag_text(text->diag, SIM_EFORMAT, text->line, 1,
                                 "line longer than 16384 bytes");
        text->bytes[text->n_bytes++] = (char)c;
    }
    if (c == EOF && ferror(text->file))
        return sim_diag_text(text->diag, SIM_EIO, text->line, 1, "cannot read: %s",
                             strerror(errno));
    if (c == EOF && text->n_bytes == 0)
        return 0;
    if (text->n_bytes > SIM_LEX_MAX_LINE_BYTES && text->bytes[text->n_bytes - 1] != '\r')
        return sim_diag_text(text->diag, SIM_EFORMAT, text->line, 1,
                             "line longer than 16384 bytes");
    if (c == EOF) /* a value may be cut in two: half a number would pass as a whole one */
        return sim_diag_text(text->diag, SIM_EFORMAT, text->line, (uint32_t)text->n_bytes + 1,
                             "the file ends inside a line (a line ends with a newline)");
    if (text->n_bytes && text->bytes[text->n_bytes - 1] == '\r')
        text->n_bytes--;
    return 1;
}

int sim_text_header(struct sim_text *text, enum sim_text_kind *kind)
{
    static const size_t n_version = sizeof(SIM_TEXT_VERSION) - 1;
    const char *word = text->bytes + n_version + 1;
    const int err = read_line(text);

    if (err < 0)
        return err;
    if (err == 0 || text->n_bytes < n_version + 1 ||
        memcmp(text->bytes, SIM_TEXT_VERSION, n_version) != 0 || text->bytes[n_version] != ' ')
        return sim_text_fail(text, NULL,
                             "first line must be \"" SIM_TEXT_VERSION
                             " records\" (or litmus, or scenario)");
    for (unsigned i = 0; i < SIM_N_TEXT_KINDS; i++) {
        if (strlen(kind_words[i]) == text->n_bytes - n_version - 1 &&
            memcmp(word, kind_words[i], strlen(kind_words[i])) == 0) {
            *kind = (enum sim_text_kind)i;
            return 0;
        }
    }
    return sim_text_fail(text, NULL, "unknown kind of file (records, litmus and scenario exist)");
}

bool sim_token_is(const struct sim_token *token, const char *word)
{
    return token->kind == SIM_TOKEN_WORD && strlen(word) == token->n_bytes &&
           memcmp(token->bytes, word, token->n_bytes) == 0;
}

static bool is_punct(const struct sim_token *token, char punct)
{
    return token->kind == SIM_TOKEN_PUNCT && token->punct == punct;
}

static bool is_value(const struct sim_token *token)
{
    return token->kind == SIM_TOKEN_WORD || token->kind == SIM_TOKEN_NUMBER ||
           token->kind == SIM_TOKEN_STRING;
}

/* let NAME = NUMBER */
static int parse_let(struct sim_text *text)
{
    struct sim_lexer *lexer = &text->lexer;
    const struct sim_token *t = lexer->tokens;

    if (t[1].kind != SIM_TOKEN_WORD)
        return sim_text_fail(text, &t[1], "let needs a name");
    if (!is_punct(&t[2], '='))
        return sim_text_fail(text, &t[2], "let needs '=' after the name");
    if (t[3].kind != SIM_TOKEN_NUMBER)
        return sim_text_fail(text, &t[3], "let needs a number after '='");
    if (lexer->n_tokens > 4)
        return sim_text_fail(text, &t[4], "unexpected word after the number");
    return sim_lex_define(lexer, &t[1], &t[3]);
}

/* @time, @+delta, each with an optional /cpu. */
static int parse_time(struct sim_text *text, const struct sim_token **at, struct sim_stmt *stmt)
{
    const struct sim_token *t = *at + 1;
    bool is_relative = false;

    if (is_punct(t, '+')) {
        is_relative = true;
        t++;
    }
    if (t->kind != SIM_TOKEN_NUMBER || t->is_negative)
        return sim_text_fail(text, t, "a time in ns is missing after '@'");
    if (is_relative && text->time_ns + t->number < text->time_ns)
        return sim_text_fail(text, t, "time does not fit in 64 bits");
    text->time_ns = is_relative ? text->time_ns + t->number : t->number;
    stmt->has_time = true;
    t++;
    if (is_punct(t, '/')) {
        t++;
        if (t->kind != SIM_TOKEN_NUMBER || t->number > UINT16_MAX)
            return sim_text_fail(text, t, "a CPU number (0 to 65535) is missing after '/'");
        stmt->cpu = (uint16_t)t->number;
        t++;
    }
    *at = t;
    return 0;
}

/* value, or value,value,... or word*count */
static int parse_values(struct sim_text *text, const struct sim_token **at, struct sim_arg *arg)
{
    const struct sim_token *t = *at;

    if (!is_value(t))
        return sim_text_fail(text, t, "a value is missing");
    arg->value = t++;
    arg->n_values = 1;
    arg->count = 1;
    if (is_punct(t, '*')) {
        t++;
        if (t->kind != SIM_TOKEN_NUMBER || t->is_negative)
            return sim_text_fail(text, t, "a count is missing after '*'");
        arg->count = t->number;
        *at = t + 1;
        return 0;
    }
    while (is_punct(t, ',')) {
        if (!is_value(&t[1]))
            return sim_text_fail(text, &t[1], "a value is missing after ','");
        t += 2;
        arg->n_values++;
    }
    *at = t;
    return 0;
}

static int parse_arg(struct sim_text *text, const struct sim_token **at, struct sim_arg *arg)
{
    const struct sim_token *t = *at;

    arg->key = NULL;
    if (t->kind == SIM_TOKEN_WORD && is_punct(&t[1], '=')) {
        arg->key = t;
        *at = t + 2;
    }
    return parse_values(text, at, arg);
}

static int parse_results(struct sim_text *text, const struct sim_token *t, struct sim_stmt *stmt)
{
    bool is_alternative = false;

    stmt->has_result = true;
    do {
        int err;

        if (stmt->n_results == SIM_TEXT_MAX_RESULTS)
            return sim_text_fail(text, t, "more than 32 words after '->'");
        stmt->results[stmt->n_results].is_alternative = is_alternative;
        err = parse_arg(text, &t, &stmt->results[stmt->n_results++]);
        if (err)
            return err;
        is_alternative = is_punct(t, '|');
        if (is_alternative)
            t++;
    } while (t->kind != SIM_TOKEN_END || is_alternative);
    return 0;
}

static int parse_stmt(struct sim_text *text, struct sim_stmt *stmt)
{
    const struct sim_token *t = text->lexer.tokens;
    int err = 0;

    stmt->line = text->line;
    stmt->has_time = false;
    stmt->cpu = 0;
    stmt->n_args = 0;
    stmt->has_result = false;
    stmt->n_results = 0;
    if (is_punct(t, '@'))
        err = parse_time(text, &t, stmt);
    if (err)
        return err;
    stmt->time_ns = text->time_ns;
    if (t->kind != SIM_TOKEN_WORD)
        return sim_text_fail(text, t, "a verb is missing");
    stmt->verb = t++;
    while (t->kind != SIM_TOKEN_END) {
        if (is_punct(t, '>'))
            return parse_results(text, t + 1, stmt);
        if (stmt->n_args == SIM_TEXT_MAX_ARGS)
            return sim_text_fail(text, t, "more than 64 arguments");
        err = parse_arg(text, &t, &stmt->args[stmt->n_args++]);
        if (err)
            return err;
    }
    return 0;
}

int sim_text_next(struct sim_text *text, struct sim_stmt *stmt)
{
    for (;;) {
        int err = read_line(text);

        if (err <= 0)
            return err;
        err = sim_lex_line(&text->lexer, text->bytes, text->n_bytes, text->line);
        if (err)
            return err;
        if (text->lexer.n_tokens == 0)
            continue;
        if (sim_token_is(&text->lexer.tokens[0], "let")) {
            err = parse_let(text);
            if (err)
                return err;
            continue;
        }
        err = parse_stmt(text, stmt);
        return err ? err : 1;
    }
}
