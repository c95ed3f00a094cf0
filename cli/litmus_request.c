/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_request.c - requests and their permitted answers in a litmus file.
 * Knows: the language. Must not know: runs, registers, structures. */
#include "cli/litmus.h"
#include "sim/diag.h"

#include <string.h>

#define MAX_REQUEST_BYTES 4096u

/* ---- permitted answers ----------------------------------------------------------------------- */

/* How many values an outcome takes beside its word; -1 if it is none. */
static int outcome_values(const struct sim_token *word, struct litmus_outcome *outcome)
{
    static const struct {
        const char *word;
        enum litmus_outcome_kind kind;
        int n_values;
    } kinds[] = {
        {"pa", LITMUS_PA, 1},           {"abort", LITMUS_ABORT, 0}, {"event", LITMUS_EVENT, 1},
        {"refused", LITMUS_REFUSED, 0}, {"raz", LITMUS_RAZ, 0},     {"ur", LITMUS_UR, 0},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (sim_token_is(word, kinds[i].word)) {
            outcome->kind = (uint8_t)kinds[i].kind;
            return kinds[i].n_values;
        }
    }
    return -1;
}

/* @words[0] and, if there is one, its value: one answer. */
static int parse_outcome(const struct litmus *litmus, const struct sim_text *text,
                         const struct sim_token *const words[2], uint32_t n_words,
                         struct litmus_outcome *outcome)
{
    const int n_values = words[0] ? outcome_values(words[0], outcome) : -1;
    char name[LITMUS_NAME_BYTES];

    if (n_values < 0)
        return sim_text_fail(text, words[0],
                             "no answer of a request (pa, abort, event, refused, raz, ur)");
    if (n_words != (uint32_t)n_values + 1)
        return sim_text_fail(text, words[0], "this answer takes %d words behind it", n_values);
    if (n_values == 0)
        return 0;
    if (!words[1] || (outcome->kind == LITMUS_PA && words[1]->kind != SIM_TOKEN_NUMBER))
        return sim_text_fail(text, words[0], "pa needs an address");
    if (outcome->kind == LITMUS_PA)
        outcome->pa = words[1]->number;
    if (outcome->kind == LITMUS_EVENT) {
        litmus_word(words[1], name, sizeof(name));
        if (words[1]->kind != SIM_TOKEN_WORD || !litmus->arch->event_code(name, &outcome->event))
            return sim_text_fail(text, words[1], "no event of this architecture");
    }
    return 0;
}

static int parse_outcomes(const struct litmus *litmus, const struct sim_text *text,
                          const struct sim_stmt *stmt, struct litmus_request *request)
{
    for (uint32_t i = 0; i < stmt->n_results;) {
        const struct sim_token *words[2] = {NULL, NULL};
        uint32_t n = 0;
        int err;

        do {
            if (n < 2)
                words[n] = stmt->results[i].value;
            n++;
            i++;
        } while (i < stmt->n_results && !stmt->results[i].is_alternative);
        if (request->n_outcomes == LITMUS_MAX_OUTCOMES)
            return sim_text_fail(text, words[0], "more than %u answers", LITMUS_MAX_OUTCOMES);
        err = parse_outcome(litmus, text, words, n, &request->outcome[request->n_outcomes++]);
        if (err)
            return err;
    }
    return 0;
}

static int parse_access(const struct sim_text *text, const struct sim_token *word, uint8_t *access)
{
    static const struct {
        const char *word;
        unsigned access;
    } words[] = {
        {"r", SIM_DMA_READ},
        {"w", SIM_DMA_WRITE},
        {"x", SIM_DMA_READ | SIM_DMA_EXECUTE},
        {"rp", SIM_DMA_READ | SIM_DMA_PRIVILEGED},
        {"wp", SIM_DMA_WRITE | SIM_DMA_PRIVILEGED},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (sim_token_is(word, words[i].word)) {
            *access = (uint8_t)words[i].access;
            return 0;
        }
    }
    return sim_text_fail(text, word, "no access (r, w, x; rp, wp: privileged)");
}

/* ssid=- or ssid=5. */
static int parse_pasid(const struct sim_text *text, const struct sim_stmt *stmt,
                       struct litmus_request *request)
{
    const struct sim_arg *arg = litmus_key(stmt, "ssid");

    if (!arg || sim_token_is(arg->value, "-"))
        return 0;
    if (arg->value->kind != SIM_TOKEN_NUMBER || arg->value->number > UINT32_MAX)
        return sim_text_fail(text, arg->value, "ssid must be a number, or -");
    request->has_pasid = true;
    request->pasid = (uint32_t)arg->value->number;
    return 0;
}

static int parse_request(struct litmus *litmus, const struct sim_text *text,
                         const struct sim_stmt *stmt, struct litmus_request *request)
{
    int err = 0;

    request->requester = (uint32_t)litmus_number(stmt, "sid", 0);
    request->iova = litmus_number(stmt, "iova", 0);
    request->n_bytes = (uint32_t)litmus_number(stmt, "len", 4);
    if (!request->n_bytes || request->n_bytes > MAX_REQUEST_BYTES ||
        request->iova > UINT64_MAX - MAX_REQUEST_BYTES)
        return sim_text_fail(text, stmt->verb, "a request has 1 to %u bytes, and does not wrap",
                             MAX_REQUEST_BYTES);
    for (uint32_t i = 0; i < stmt->n_args && !err; i++) {
        if (!stmt->args[i].key && !sim_token_is(stmt->args[i].value, "async"))
            err = parse_access(text, stmt->args[i].value, &request->access);
    }
    if (!err)
        err = parse_pasid(text, stmt, request);
    return err ? err : parse_outcomes(litmus, text, stmt, request);
}

static int add_request(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt, enum litmus_act_kind kind)
{
    struct litmus_act *act = litmus_add(litmus, kind);

    return act ? parse_request(litmus, text, stmt, &act->dma) : SIM_ENOMEM;
}

/* phase=during or after the operation; else both. */
static int add_question(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt, enum litmus_act_kind kind)
{
    const struct sim_arg *phase = litmus_key(stmt, "phase");
    struct litmus_act *act;

    if (!litmus->has_op)
        return sim_text_fail(text, stmt->verb, "no operation has ended before this line");
    if (phase && !sim_token_is(phase->value, "during") && !sim_token_is(phase->value, "after"))
        return sim_text_fail(text, phase->value, "phases are during and after");
    act = litmus_add(litmus, kind);
    if (!act)
        return SIM_ENOMEM;
    act->question.op = litmus->n_ops - 1;
    act->question.wants_during = !phase || sim_token_is(phase->value, "during");
    act->question.wants_after = !phase || sim_token_is(phase->value, "after");
    return parse_request(litmus, text, stmt, &act->question.request);
}

int litmus_read_dma(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    return add_request(litmus, text, stmt,
                       litmus_has_word(stmt, "async") ? LITMUS_ACT_ASYNC : LITMUS_ACT_DMA);
}

int litmus_read_watch(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt)
{
    return add_request(litmus, text, stmt, LITMUS_ACT_WATCH);
}

int litmus_read_unwatch(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt)
{
    (void)text;
    (void)stmt;
    return litmus_add(litmus, LITMUS_ACT_UNWATCH) ? 0 : SIM_ENOMEM;
}

int litmus_read_exists(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    return add_question(litmus, text, stmt, LITMUS_ACT_EXISTS);
}

int litmus_read_forall(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    return add_question(litmus, text, stmt, LITMUS_ACT_FORALL);
}

static bool is_request(const struct litmus_act *act)
{
    return act->kind == LITMUS_ACT_DMA || act->kind == LITMUS_ACT_ASYNC ||
           act->kind == LITMUS_ACT_WATCH;
}

/* seen pa 0x1000, seen event C_BAD_CD: of the request before it */
int litmus_read_seen(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const struct sim_token *words[2] = {NULL, NULL};
    struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_SEEN);

    if (!act)
        return SIM_ENOMEM;
    for (uint32_t i = 0; i < stmt->n_args && i < 2; i++)
        words[i] = stmt->args[i].value;
    act->seen.of = litmus->n_acts - 1;
    while (act->seen.of > 0 && !is_request(&litmus->acts[act->seen.of]))
        act->seen.of--;
    if (!is_request(&litmus->acts[act->seen.of]))
        return sim_text_fail(text, stmt->verb, "seen stands behind a request");
    return parse_outcome(litmus, text, words, stmt->n_args, &act->seen.outcome);
}
