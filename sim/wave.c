/* SPDX-License-Identifier: BSD-2-Clause
 * wave.c - signals over time: what all formats share. */
#include "sim/wave_private.h"

#include "sim/diag.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64u

struct wave *wave_new(enum wave_format format, FILE *out)
{
    struct wave *wave = calloc(1, sizeof(*wave));

    if (!wave)
        return NULL;
    wave->ops = format == WAVE_FST ? &wave_fst : &wave_vcd;
    wave->out = out;
    wave->state = wave->ops->open(wave);
    if (wave->state)
        return wave;
    free(wave);
    return NULL;
}

void wave_free(struct wave *wave)
{
    if (!wave)
        return;
    wave->ops->close(wave->state);
    free(wave->all);
    free(wave);
}

/* Viewers take '.' for the end of a scope and a blank for the end of a name. */
static void clean(char *to, const char *from)
{
    size_t n = 0;

    for (; n < WAVE_NAME_BYTES - 1 && from[n]; n++)
        to[n] = (char)(isalnum((unsigned char)from[n]) ? from[n] : '_');
    to[n] = '\0';
}

void wave_scope(struct wave *wave, const char *name)
{
    char cleaned[WAVE_NAME_BYTES];

    SIM_BUG_ON(wave->has_begun);
    clean(cleaned, name);
    wave->depth++;
    wave->ops->scope(wave, cleaned);
}

void wave_up(struct wave *wave)
{
    SIM_BUG_ON(wave->has_begun || !wave->depth);
    wave->depth--;
    wave->ops->scope(wave, NULL);
}

static uint32_t declare(struct wave *wave, const char *name, unsigned n_bits)
{
    char cleaned[WAVE_NAME_BYTES];

    SIM_BUG_ON(wave->has_begun || n_bits > 64);
    if (wave->n == wave->n_room) {
        const uint32_t n_room = wave->n_room ? wave->n_room * 2 : FIRST_ROOM;
        struct wave_one *all = realloc(wave->all, n_room * sizeof(*all));

        if (!all) {
            wave->error = SIM_ENOMEM;
            return UINT32_MAX;
        }
        wave->all = all;
        wave->n_room = n_room;
    }
    wave->all[wave->n] = (struct wave_one){.n_bits = n_bits, .text = "-"};
    clean(cleaned, name);
    wave->ops->declare(wave, wave->n, cleaned);
    return wave->n++;
}

uint32_t wave_signal(struct wave *wave, const char *name, unsigned n_bits)
{
    SIM_BUG_ON(!n_bits);
    return declare(wave, name, n_bits);
}

uint32_t wave_text(struct wave *wave, const char *name)
{
    return declare(wave, name, 0);
}

void wave_begin(struct wave *wave)
{
    SIM_BUG_ON(wave->has_begun || wave->depth || !wave->n);
    wave->has_begun = true;
    if (!wave->error)
        wave->ops->begin(wave);
}

void wave_time(struct wave *wave, uint64_t time_ps)
{
    SIM_BUG_ON(!wave->has_begun);
    if (time_ps <= wave->time_ps || wave->error)
        return;
    wave->time_ps = time_ps;
    wave->ops->time(wave);
}

void wave_set(struct wave *wave, uint32_t signal, uint64_t value)
{
    struct wave_one *one;

    if (wave->error)
        return;
    SIM_BUG_ON(!wave->has_begun || signal >= wave->n || !wave->all[signal].n_bits);
    one = &wave->all[signal];
    value &= UINT64_MAX >> (64 - one->n_bits);
    if (one->value == value)
        return;
    one->value = value;
    wave->ops->change(wave, signal);
}

void wave_set_text(struct wave *wave, uint32_t signal, const char *text)
{
    struct wave_one *one;
    size_t n = 0;

    if (wave->error)
        return;
    SIM_BUG_ON(!wave->has_begun || signal >= wave->n || wave->all[signal].n_bits);
    one = &wave->all[signal];
    if (strncmp(one->text, text, WAVE_NAME_BYTES - 1) == 0)
        return;
    for (; n < WAVE_NAME_BYTES - 1 && text[n]; n++)
        one->text[n] = (char)(isgraph((unsigned char)text[n]) ? text[n] : '_');
    one->text[n] = '\0';
    wave->ops->change(wave, signal);
}

int wave_finish(struct wave *wave)
{
    if (!wave->error && wave->has_begun)
        wave->ops->finish(wave);
    if (!wave->error && (fflush(wave->out) != 0 || ferror(wave->out)))
        wave->error = SIM_EIO;
    return wave->error;
}
