/* SPDX-License-Identifier: BSD-2-Clause
 * diag.h - what went wrong with input that the host gave us, and where.
 * Knows: error codes, file, line, offset. Must not know: models, records, verdicts. */
#ifndef SIM_DIAG_H
#define SIM_DIAG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every fallible function of the project returns 0 or one of these. */
enum sim_error {
    SIM_OK = 0,
    SIM_EINVAL = -1,  /* an argument or an input value that has no meaning */
    SIM_ENOMEM = -2,  /* the host has no memory, or the input asks for more than the limit */
    SIM_EIO = -3,     /* the host's file system or a child process failed */
    SIM_EFORMAT = -4, /* the input breaks its format */
    SIM_ETRUNC = -5,  /* the input ends too early; what came before it is good */
    SIM_EUNIMPL = -6, /* the architecture has it, we do not model it */
    SIM_EFULL = -7,   /* a pool or queue of ours is full: back-pressure, try again */
    SIM_ERANGE = -8,  /* outside what the hardware or the memory has */
};

#define SIM_DIAG_TEXT_BYTES 400u
#define SIM_DIAG_NO_OFFSET UINT64_MAX

/**
 * struct sim_diag - the first thing that went wrong.
 * @error:  SIM_OK while nothing did.
 * @line:   1-based line of a text input, 0 if that has no sense.
 * @column: 1-based column, 0 if unknown.
 * @offset: byte offset in a binary input, SIM_DIAG_NO_OFFSET if that has no sense.
 * @file:   name of the input as the user typed it (cut if very long).
 * @text:   one sentence without a full stop, with the way out where there is one.
 */
struct sim_diag {
    int error;
    uint32_t line;
    uint32_t column;
    uint64_t offset;
    char file[256];
    char text[SIM_DIAG_TEXT_BYTES];
};

void sim_diag_init(struct sim_diag *diag, const char *file);

/**
 * sim_diag_text - record an error with line and column (sim_diag_bytes: with a byte offset).
 *
 * The first error stays; later ones are dropped. Control characters and bytes outside ASCII
 * that come in through the arguments are shown as '?', so that a hostile file cannot write to
 * the terminal. A NULL @diag is allowed. Return: @error.
 */
int sim_diag_text(struct sim_diag *diag, int error, uint32_t line, uint32_t column, const char *fmt,
                  ...) __attribute__((format(printf, 5, 6)));
int sim_diag_bytes(struct sim_diag *diag, int error, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/** sim_diag_format - "file:line:column: text" or "file: offset N: text"; always terminated. */
void sim_diag_format(const struct sim_diag *diag, char *buf, size_t n_bytes);

/** SIM_BUG_ON - our own mistake: say where, then abort. Never for input or simulated software. */
#define SIM_BUG_ON(cond)                                                                           \
    do {                                                                                           \
        if (cond)                                                                                  \
            sim_bug(__FILE__, __LINE__, #cond);                                                    \
    } while (0)
void sim_bug(const char *file, int line, const char *cond) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
#endif
