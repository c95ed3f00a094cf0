/* SPDX-License-Identifier: BSD-2-Clause
 * wave_private.h - what wave.c asks of a format.
 * Knows: signals. Must not know: what they mean. */
#ifndef SIM_WAVE_PRIVATE_H
#define SIM_WAVE_PRIVATE_H

#include "sim/wave.h"

#include <stdbool.h>

/** struct wave_one - a signal. @n_bits: 0 is a text. */
struct wave_one {
    unsigned n_bits;
    uint64_t value;
    char text[WAVE_NAME_BYTES];
};

/**
 * struct wave_ops - a format.
 * @declare: signal number @signal, the next one. @begin: all are declared.
 * @change:  the signal's new value is in wave->all.
 * All but open and close note errors in wave->error.
 */
struct wave_ops {
    void *(*open)(struct wave *wave); /* NULL: no memory */
    void (*close)(void *state);
    void (*scope)(struct wave *wave, const char *name); /* NULL: up */
    void (*declare)(struct wave *wave, uint32_t signal, const char *name);
    void (*begin)(struct wave *wave);
    void (*time)(struct wave *wave);
    void (*change)(struct wave *wave, uint32_t signal);
    void (*finish)(struct wave *wave);
};

struct wave {
    const struct wave_ops *ops;
    void *state;
    FILE *out;
    struct wave_one *all;
    uint32_t n, n_room;
    uint32_t depth;
    uint64_t time_ps;
    bool has_begun;
    int error;
};

extern const struct wave_ops wave_vcd;
extern const struct wave_ops wave_fst;

#endif
