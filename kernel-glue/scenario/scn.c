/* SPDX-License-Identifier: BSD-2-Clause
 * scn.c - see scn.h. */
#include "kernel-glue/scenario/scn.h"

#include "sim/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static void copy_text(char *to, const struct sim_token *token)
{
    const size_t n = token->n_bytes < SCN_NAME_BYTES ? token->n_bytes : SCN_NAME_BYTES - 1;

    memcpy(to, token->bytes, n);
    to[n] = 0;
}

static void copy_word(struct scn_word *word, const struct sim_arg *arg)
{
    memset(word, 0, sizeof(*word));
    if (arg->key)
        copy_text(word->key, arg->key);
    word->is_number = arg->value->kind == SIM_TOKEN_NUMBER;
    if (word->is_number)
        word->number = arg->value->number;
    else
        copy_text(word->text, arg->value);
    for (uint32_t i = 0; i < arg->n_values && i < SCN_MAX_VALUES; i++)
        word->values[i] = arg->value[(size_t)2 * i].number;
    word->n_values = arg->n_values < SCN_MAX_VALUES ? arg->n_values : SCN_MAX_VALUES;
    word->count = arg->count;
}

static int copy_step(struct scn_step *step, const struct sim_stmt *stmt)
{
    if (stmt->n_args > SCN_MAX_WORDS || stmt->n_results > SCN_MAX_RESULTS)
        return SIM_ERANGE;
    memset(step, 0, sizeof(*step));
    step->line = stmt->line;
    copy_text(step->verb, stmt->verb);
    step->n_words = stmt->n_args;
    for (unsigned i = 0; i < stmt->n_args; i++)
        copy_word(&step->words[i], &stmt->args[i]);
    step->n_results = stmt->n_results;
    for (unsigned i = 0; i < stmt->n_results; i++)
        copy_word(&step->results[i], &stmt->results[i]);
    return 0;
}

static int add_step(struct scn *scn, const struct sim_stmt *stmt)
{
    if (scn->n_steps == scn->room) {
        const size_t room = scn->room ? scn->room * 2 : 64;
        struct scn_step *steps = realloc(scn->steps, room * sizeof(*steps));

        if (!steps)
            return SIM_ENOMEM;
        scn->steps = steps;
        scn->room = room;
    }
    return copy_step(&scn->steps[scn->n_steps++], stmt);
}

static int read_steps(struct scn *scn, struct sim_text *text)
{
    struct sim_stmt stmt;
    enum sim_text_kind kind;
    int err = sim_text_header(text, &kind);

    while (!err && (err = sim_text_next(text, &stmt)) > 0) {
        err = sim_text_check(text, kind, &stmt);
        if (!err && kind != SIM_TEXT_SCENARIO)
            err = sim_text_fail(text, stmt.verb, "this is no scenario");
        if (!err && add_step(scn, &stmt))
            err = sim_text_fail(text, stmt.verb, "too much for one scenario");
    }
    return err;
}

static int read_from(struct scn *scn, FILE *file, struct sim_diag *diag)
{
    struct sim_text *text;
    int err;

    memset(scn, 0, sizeof(*scn));
    if (!file)
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot be read");
    text = sim_text_open(file, diag);
    err = text ? read_steps(scn, text) : SIM_ENOMEM;
    sim_text_close(text);
    (void)fclose(file);
    return err;
}

int scn_read(struct scn *scn, const char *path, struct sim_diag *diag)
{
    return read_from(scn, fopen(path, "r"), diag);
}

int scn_read_text(struct scn *scn, char *text, struct sim_diag *diag)
{
    return read_from(scn, fmemopen(text, strlen(text), "r"), diag);
}

void scn_free(struct scn *scn)
{
    free(scn->steps);
    memset(scn, 0, sizeof(*scn));
}

/* ---- words ---- */

bool scn_is(const struct scn_step *step, const char *verb)
{
    return strcmp(step->verb, verb) == 0;
}

const struct scn_word *scn_key(const struct scn_step *step, const char *key)
{
    for (unsigned i = 0; i < step->n_words; i++) {
        if (strcmp(step->words[i].key, key) == 0)
            return &step->words[i];
    }
    return NULL;
}

uint64_t scn_number(const struct scn_step *step, const char *key, uint64_t otherwise)
{
    const struct scn_word *word = scn_key(step, key);

    return word ? word->number : otherwise;
}

bool scn_has(const struct scn_step *step, const char *text)
{
    for (unsigned i = 0; i < step->n_words; i++) {
        if (!step->words[i].key[0] && strcmp(step->words[i].text, text) == 0)
            return true;
    }
    return false;
}

/* ---- blocks ---- */

bool scn_is_block(const struct scn_step *step)
{
    return scn_is(step, "repeat") || scn_is(step, "meanwhile") || scn_is(step, "aim");
}

size_t scn_end(const struct scn *scn, size_t head)
{
    size_t end = head + 1;

    while (end < scn->n_steps && !scn_is(&scn->steps[end], "done"))
        end++;
    return end;
}

/* ---- results ---- */

bool scn_judge(const struct scn_step *step, int err, char got[SCN_NAME_BYTES], const char **wanted)
{
    *wanted = "0";
    if (!scn_is(step, "expect") && step->n_results == 1 && !step->results[0].is_number)
        *wanted = step->results[0].text;
    (void)snprintf(got, SCN_NAME_BYTES, "%s%s", err ? "-" : "", err ? strerrorname_np(-err) : "0");
    return strcmp(*wanted, got) == 0 || strcmp(*wanted, "any") == 0;
}
