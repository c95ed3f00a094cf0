/* SPDX-License-Identifier: BSD-2-Clause
 * wave.h - signals over time, as a file for viewers of waveforms: VCD or FST.
 * Knows: signals, scopes, time. Must not know: what a signal means.
 *
 * Declare all scopes and signals, begin, then move time forward and set values. Setting the value
 * that a signal has already costs a comparison. Memory does not grow with the length of the run.
 * The same calls give the same bytes. */
#ifndef SIM_WAVE_H
#define SIM_WAVE_H

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum wave_format {
    WAVE_VCD, /* text; @out may be a pipe */
    WAVE_FST, /* compressed, for quick viewing; @out must be a file that can be sought in */
};

#define WAVE_NAME_BYTES 64u /* with the end; longer names and texts are cut */

struct wave;

/** wave_new - writes to @out, which stays the caller's. Return: NULL without memory. */
struct wave *wave_new(enum wave_format format, FILE *out);
void wave_free(struct wave *wave);

/** wave_scope - what is declared next is inside @name; wave_up ends the innermost one. Bytes of a
 * name that viewers stumble over become '_'. */
void wave_scope(struct wave *wave, const char *name);
void wave_up(struct wave *wave);

/** wave_signal - a number of 1 to 64 bits, 0 at first. wave_text - a text, "-" at first.
 * Return: what to call it. */
uint32_t wave_signal(struct wave *wave, const char *name, unsigned n_bits);
uint32_t wave_text(struct wave *wave, const char *name);

/** wave_begin - all is declared; time is 0. */
void wave_begin(struct wave *wave);

/** wave_time - it is @time_ps now. Time never goes back: an earlier moment means now. */
void wave_time(struct wave *wave, uint64_t time_ps);
/** wave_set - bits above the signal's width are dropped. */
void wave_set(struct wave *wave, uint32_t signal, uint64_t value);
void wave_set_text(struct wave *wave, uint32_t signal, const char *text);

/** wave_finish - what is still to be written. Return: 0, or SIM_ENOMEM or SIM_EIO if anything went
 * wrong since wave_new. */
int wave_finish(struct wave *wave);

#ifdef __cplusplus
}
#endif
#endif
