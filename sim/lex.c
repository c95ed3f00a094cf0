/* SPDX-License-Identifier: BSD-2-Clause
 * lex.c - cuts a line into tokens. */
#include "sim/lex.h"

#include <string.h>

/* Where we are in the line. */
struct cursor {
    struct sim_lexer *lexer;
    const char *text;
    size_t n_bytes;
    size_t at;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char peek(const struct cursor *cur, size_t ahead)
{
    return cur->at + ahead < cur->n_bytes ? cur->text[cur->at + ahead] : '\0';
}

static int fail(const struct cursor *cur, size_t at, const char *what)
{
    return sim_diag_text(cur->lexer->diag, SIM_EFORMAT, cur->lexer->line, (uint32_t)at + 1, "%s",
                         what);
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Digits of one base, with single underscores between them. */
static int lex_digits(struct cursor *cur, size_t start, unsigned base, uint64_t *number)
{
    bool after_digit = false;

    *number = 0;
    for (;; cur->at++) {
        const char c = peek(cur, 0);
        const int digit = hex_value(c);

        if (c == '_' && after_digit) {
            after_digit = false;
            continue;
        }
        if (digit < 0 || (unsigned)digit >= base)
            break;
        if (*number > (UINT64_MAX - (unsigned)digit) / base)
            return fail(cur, start, "number does not fit in 64 bits");
        *number = *number * base + (unsigned)digit;
        after_digit = true;
    }
    return after_digit ? 0 : fail(cur, cur->at, "a digit is missing");
}

static int lex_suffix(struct cursor *cur, size_t start, uint64_t *number)
{
    static const char suffixes[] = "KMGT";
    const char *found = peek(cur, 0) ? strchr(suffixes, peek(cur, 0)) : NULL;

    if (found) {
        const unsigned shift = 10U * (unsigned)(found - suffixes + 1);

        if (*number > UINT64_MAX >> shift)
            return fail(cur, start, "number does not fit in 64 bits");
        *number <<= shift;
        cur->at++;
    }
    return 0;
}

static int lex_number(struct cursor *cur, struct sim_token *token)
{
    const size_t start = cur->at;
    int err;

    token->kind = SIM_TOKEN_NUMBER;
    if (peek(cur, 0) == '-') {
        token->is_negative = true;
        cur->at++;
    }
    if (peek(cur, 0) == '0' && peek(cur, 1) == 'x') {
        cur->at += 2;
        err = lex_digits(cur, start, 16, &token->number);
    } else {
        err = lex_digits(cur, start, 10, &token->number);
        if (!err)
            err = lex_suffix(cur, start, &token->number);
    }
    if (err)
        return err;
    if (is_letter(peek(cur, 0)) || is_digit(peek(cur, 0)) || peek(cur, 0) == ':' ||
        peek(cur, 0) == '.')
        return fail(cur, start, "malformed number (a name that starts with a digit is quoted)");
    if (token->is_negative) {
        if (token->number > UINT64_C(1) << 63)
            return fail(cur, start, "number does not fit in 64 bits");
        token->number = 0 - token->number;
    }
    return 0;
}

static bool goes_on_word(const struct cursor *cur)
{
    const char c = peek(cur, 0);

    if (is_letter(c) || is_digit(c) || c == '.' || c == ':')
        return true;
    return c == '-' && peek(cur, 1) != '_' && (is_letter(peek(cur, 1)) || is_digit(peek(cur, 1)));
}

static int lex_word(struct cursor *cur, struct sim_token *token)
{
    const size_t start = cur->at;

    token->kind = SIM_TOKEN_WORD;
    token->bytes = cur->text + start;
    cur->at++;
    while (goes_on_word(cur))
        cur->at++;
    token->n_bytes = (uint32_t)(cur->at - start);
    if (token->n_bytes > SIM_LEX_MAX_NAME_BYTES)
        return fail(cur, start, "word longer than 63 characters");
    return 0;
}

static const struct sim_symbol *symbol_find(const struct sim_lexer *lexer, const char *name,
                                            size_t n_bytes)
{
    for (uint32_t i = 0; i < lexer->n_symbols; i++) {
        const struct sim_symbol *symbol = &lexer->symbols[i];

        if (strlen(symbol->name) == n_bytes && memcmp(symbol->name, name, n_bytes) == 0)
            return symbol;
    }
    return NULL;
}

/* $name, or $name+offset without blanks. */
static int lex_symbol(struct cursor *cur, struct sim_token *token)
{
    const size_t start = cur->at++;
    const struct sim_symbol *symbol;
    struct sim_token name = {0};
    struct sim_token offset = {0};
    int err;

    if (!is_letter(peek(cur, 0)))
        return fail(cur, start, "a symbol's name is missing after '$'");
    err = lex_word(cur, &name);
    if (err)
        return err;
    symbol = symbol_find(cur->lexer, name.bytes, name.n_bytes);
    if (!symbol)
        return fail(cur, start, "symbol is not defined (let NAME = NUMBER comes first)");
    token->kind = SIM_TOKEN_NUMBER;
    token->number = symbol->value;
    token->is_negative = symbol->is_negative;
    if (peek(cur, 0) == '+' && is_digit(peek(cur, 1))) {
        cur->at++;
        err = lex_number(cur, &offset);
        if (err)
            return err;
        if (!token->is_negative && token->number + offset.number < token->number)
            return fail(cur, start, "number does not fit in 64 bits");
        token->is_negative = token->is_negative && offset.number < 0 - token->number;
        token->number += offset.number;
    }
    return 0;
}

static int lex_escape(struct cursor *cur, char *out)
{
    static const char names[] = "nt\"\\";
    static const char values[] = "\n\t\"\\";
    const char c = peek(cur, 1);
    const char *found = c ? strchr(names, c) : NULL;

    if (found) {
        *out = values[found - names];
        cur->at += 2;
        return 0;
    }
    if (c == 'x' && hex_value(peek(cur, 2)) >= 0 && hex_value(peek(cur, 3)) >= 0) {
        *out = (char)(hex_value(peek(cur, 2)) * 16 + hex_value(peek(cur, 3)));
        cur->at += 4;
        return 0;
    }
    return fail(cur, cur->at, "unknown escape (\\\\, \\\", \\n, \\t and \\xHH exist)");
}

static int lex_string(struct cursor *cur, struct sim_token *token)
{
    const size_t start = cur->at++;
    struct sim_lexer *lexer = cur->lexer;

    token->kind = SIM_TOKEN_STRING;
    token->bytes = lexer->strings + lexer->n_string_bytes;
    while (peek(cur, 0) != '"') {
        char c = peek(cur, 0);

        if (cur->at >= cur->n_bytes)
            return fail(cur, start, "string is not closed");
        if ((unsigned char)c < 0x20 || (unsigned char)c > 0x7e)
            return fail(cur, cur->at, "byte outside ASCII in a string is written \\xHH");
        if (c == '\\') {
            const int err = lex_escape(cur, &c);

            if (err)
                return err;
        } else {
            cur->at++;
        }
        lexer->strings[lexer->n_string_bytes++] = c;
        token->n_bytes++;
    }
    cur->at++;
    return 0;
}

static int lex_punct(struct cursor *cur, struct sim_token *token)
{
    static const char puncts[] = "=,*@/+|";
    const char c = peek(cur, 0);

    token->kind = SIM_TOKEN_PUNCT;
    if (c == '-' && peek(cur, 1) == '>') {
        token->punct = '>';
        cur->at += 2;
        return 0;
    }
    if (!c || !strchr(puncts, c))
        return fail(cur, cur->at, "unexpected character");
    token->punct = c;
    cur->at++;
    return 0;
}

/* A dash between blanks (or behind '='): a value that is none. */
static bool is_dash(const struct cursor *cur)
{
    const char before = cur->at ? cur->text[cur->at - 1] : '\0';
    const char after = peek(cur, 1);

    return peek(cur, 0) == '-' && (before == ' ' || before == '\t' || before == '=') &&
           (after == ' ' || after == '\t' || after == '\0');
}

static int lex_token(struct cursor *cur, struct sim_token *token)
{
    const char c = peek(cur, 0);

    memset(token, 0, sizeof(*token));
    token->column = (uint32_t)cur->at + 1;
    if (is_digit(c) || (c == '-' && is_digit(peek(cur, 1))))
        return lex_number(cur, token);
    if (is_letter(c) || (c == '-' && is_letter(peek(cur, 1)) && peek(cur, 1) != '_'))
        return lex_word(cur, token);
    if (is_dash(cur))
        return lex_word(cur, token);
    if (c == '$')
        return lex_symbol(cur, token);
    if (c == '"')
        return lex_string(cur, token);
    return lex_punct(cur, token);
}

void sim_lexer_init(struct sim_lexer *lexer, struct sim_diag *diag)
{
    lexer->diag = diag;
    lexer->line = 0;
    lexer->n_tokens = 0;
    lexer->n_string_bytes = 0;
    lexer->n_symbols = 0;
}

int sim_lex_line(struct sim_lexer *lexer, const char *text, size_t n_bytes, uint32_t line)
{
    struct cursor cur = {lexer, text, n_bytes, 0};
    int err = 0;

    lexer->line = line;
    lexer->n_tokens = 0;
    lexer->n_string_bytes = 0;
    if (n_bytes > SIM_LEX_MAX_LINE_BYTES)
        return fail(&cur, 0, "line longer than 16384 bytes");
    for (;;) {
        while (peek(&cur, 0) == ' ' || peek(&cur, 0) == '\t')
            cur.at++;
        if (cur.at >= n_bytes || peek(&cur, 0) == '#')
            break;
        if (lexer->n_tokens == SIM_LEX_MAX_TOKENS)
            return fail(&cur, cur.at, "more than 256 words in a line");
        err = lex_token(&cur, &lexer->tokens[lexer->n_tokens]);
        if (err)
            return err;
        lexer->n_tokens++;
    }
    memset(&lexer->tokens[lexer->n_tokens], 0, sizeof(lexer->tokens[0]));
    lexer->tokens[lexer->n_tokens].column = (uint32_t)cur.at + 1;
    return 0;
}

int sim_lex_define(struct sim_lexer *lexer, const struct sim_token *name,
                   const struct sim_token *value)
{
    struct sim_symbol *symbol;

    if (symbol_find(lexer, name->bytes, name->n_bytes))
        return sim_diag_text(lexer->diag, SIM_EFORMAT, lexer->line, name->column,
                             "symbol is defined already");
    if (lexer->n_symbols == SIM_LEX_MAX_SYMBOLS)
        return sim_diag_text(lexer->diag, SIM_EFORMAT, lexer->line, name->column,
                             "more than 1024 symbols");
    symbol = &lexer->symbols[lexer->n_symbols++];
    memcpy(symbol->name, name->bytes, name->n_bytes);
    symbol->name[name->n_bytes] = '\0';
    symbol->value = value->number;
    symbol->is_negative = value->is_negative;
    return 0;
}
