/* SPDX-License-Identifier: BSD-2-Clause
 * wave_vcd.c - value change dump: the text that every viewer of waveforms reads (IEEE 1364-2005,
 * 18), with the texts that viewers have added as "string".
 * Knows: the format. Must not know: what a signal means. */
#include "sim/wave_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_CODE = '!',
    N_CODES = '~' - '!' + 1,
    CODE_BYTES = 8,
};

/* Errors are the stream's and are seen at the end. */
static void put(const struct wave *wave, const char *text)
{
    (void)fputs(text, wave->out);
}

static const char *code_of(uint32_t signal, char code[CODE_BYTES])
{
    size_t n = 0;

    do {
        code[n++] = (char)(FIRST_CODE + signal % N_CODES);
        signal /= N_CODES;
    } while (signal);
    code[n] = '\0';
    return code;
}

static void *vcd_open(struct wave *wave)
{
    put(wave, "$version iommusim $end\n$timescale 1ps $end\n");
    return calloc(1, sizeof(uint64_t)); /* the moment that was written last */
}

static void vcd_close(void *state)
{
    free(state);
}

static void write_time(const struct wave *wave)
{
    uint64_t *written_ps = wave->state;

    if (*written_ps == wave->time_ps)
        return;
    *written_ps = wave->time_ps;
    (void)fprintf(wave->out, "#%" PRIu64 "\n", wave->time_ps);
}

static void vcd_scope(struct wave *wave, const char *name)
{
    if (name)
        (void)fprintf(wave->out, "$scope module %s $end\n", name);
    else
        put(wave, "$upscope $end\n");
}

static void vcd_declare(struct wave *wave, uint32_t signal, const char *name)
{
    const unsigned n_bits = wave->all[signal].n_bits;
    char code[CODE_BYTES];

    (void)fprintf(wave->out, "$var %s %u %s %s $end\n", n_bits ? "wire" : "string",
                  n_bits ? n_bits : 1, code_of(signal, code), name);
}

static void write_value(const struct wave *wave, uint32_t signal)
{
    const struct wave_one *one = &wave->all[signal];
    char line[WAVE_NAME_BYTES + CODE_BYTES + 4];
    char code[CODE_BYTES];
    size_t n = 0;

    (void)code_of(signal, code);
    if (one->n_bits == 0) {
        (void)fprintf(wave->out, "s%s %s\n", one->text, code);
        return;
    }
    if (one->n_bits > 1)
        line[n++] = 'b';
    for (unsigned bit = one->n_bits; bit-- > 0;) {
        if (one->value >> bit || bit == 0) /* without leading zeros */
            line[n++] = one->value >> bit & 1 ? '1' : '0';
    }
    line[n] = '\0';
    (void)fprintf(wave->out, "%s%s%s\n", line, one->n_bits > 1 ? " " : "", code);
}

static void vcd_begin(struct wave *wave)
{
    put(wave, "$enddefinitions $end\n#0\n$dumpvars\n");
    for (uint32_t i = 0; i < wave->n; i++)
        write_value(wave, i);
    put(wave, "$end\n");
}

/* A moment at which nothing changes is not written, but the last one is. */
static void vcd_time(struct wave *wave)
{
    (void)wave;
}

static void vcd_change(struct wave *wave, uint32_t signal)
{
    write_time(wave);
    write_value(wave, signal);
}

static void vcd_finish(struct wave *wave)
{
    write_time(wave);
}

const struct wave_ops wave_vcd = {vcd_open,  vcd_close, vcd_scope,  vcd_declare,
                                  vcd_begin, vcd_time,  vcd_change, vcd_finish};
