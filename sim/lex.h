/* SPDX-License-Identifier: BSD-2-Clause
 * lex.h - words, numbers, strings and symbols of iommusim-text/1, one line at a time.
 * Knows: characters. Must not know: statements. Grammar: docs/text-language.md. */
#ifndef SIM_LEX_H
#define SIM_LEX_H

#include "sim/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_LEX_MAX_LINE_BYTES 16384u
#define SIM_LEX_MAX_TOKENS 256u
#define SIM_LEX_MAX_SYMBOLS 1024u
#define SIM_LEX_MAX_NAME_BYTES 63u

enum sim_token_kind {
    SIM_TOKEN_END,
    SIM_TOKEN_WORD,   /* bytes */
    SIM_TOKEN_NUMBER, /* number, is_negative */
    SIM_TOKEN_STRING, /* bytes, escapes already undone */
    SIM_TOKEN_PUNCT,  /* punct: one of = , * @ / + | or '>' for the arrow -> */
};

/** struct sim_token - @number holds the two's complement if is_negative. */
struct sim_token {
    uint8_t kind;
    char punct;
    bool is_negative;
    uint32_t column;
    uint32_t n_bytes;
    const char *bytes;
    uint64_t number;
};

struct sim_symbol {
    char name[SIM_LEX_MAX_NAME_BYTES + 1];
    uint64_t value;
    bool is_negative;
};

/** struct sim_lexer - the tokens of the current line; they are good until the next line. */
struct sim_lexer {
    struct sim_diag *diag;
    uint32_t line;
    uint32_t n_tokens; /* without the final SIM_TOKEN_END */
    struct sim_token tokens[SIM_LEX_MAX_TOKENS + 1];
    char strings[SIM_LEX_MAX_LINE_BYTES];
    size_t n_string_bytes;
    uint32_t n_symbols;
    struct sim_symbol symbols[SIM_LEX_MAX_SYMBOLS];
};

/** sim_lexer_init - no symbols; errors go to @diag (borrowed). */
void sim_lexer_init(struct sim_lexer *lexer, struct sim_diag *diag);

/**
 * sim_lex_line - cut one line into tokens.
 * @text: @n_bytes bytes without the line end; borrowed until the next call.
 * @line: its number, for errors.
 * A comment or blank line has no tokens. Return: 0 or SIM_EFORMAT.
 */
int sim_lex_line(struct sim_lexer *lexer, const char *text, size_t n_bytes, uint32_t line);

/** sim_lex_define - the word @name stands for the number @value from now on. Return: 0, or
 * SIM_EFORMAT (defined already, too many). */
int sim_lex_define(struct sim_lexer *lexer, const struct sim_token *name,
                   const struct sim_token *value);

#ifdef __cplusplus
}
#endif
#endif
