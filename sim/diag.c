/* SPDX-License-Identifier: BSD-2-Clause
 * diag.c - formats what went wrong with input. */
#include "sim/diag.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_printable(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            *text = '?';
    }
}

void sim_diag_init(struct sim_diag *diag, const char *file)
{
    memset(diag, 0, sizeof(*diag));
    diag->offset = SIM_DIAG_NO_OFFSET;
    (void)snprintf(diag->file, sizeof(diag->file), "%s", file ? file : "");
    make_printable(diag->file);
}

static void fill(struct sim_diag *diag, int error, const char *fmt, va_list args)
{
    diag->error = error;
    (void)vsnprintf(diag->text, sizeof(diag->text), fmt, args);
    make_printable(diag->text);
}

int sim_diag_text(struct sim_diag *diag, int error, uint32_t line, uint32_t column, const char *fmt,
                  ...)
{
    va_list args;

    if (!diag || diag->error)
        return error;
    diag->line = line;
    diag->column = column;
    va_start(args, fmt);
    fill(diag, error, fmt, args);
    va_end(args);
    return error;
}

int sim_diag_bytes(struct sim_diag *diag, int error, uint64_t offset, const char *fmt, ...)
{
    va_list args;

    if (!diag || diag->error)
        return error;
    diag->offset = offset;
    va_start(args, fmt);
    fill(diag, error, fmt, args);
    va_end(args);
    return error;
}

void sim_diag_format(const struct sim_diag *diag, char *buf, size_t n_bytes)
{
    if (diag->line && diag->column)
        (void)snprintf(buf, n_bytes, "%s:%" PRIu32 ":%" PRIu32 ": %s", diag->file, diag->line,
                       diag->column, diag->text);
    else if (diag->line)
        (void)snprintf(buf, n_bytes, "%s:%" PRIu32 ": %s", diag->file, diag->line, diag->text);
    else if (diag->offset != SIM_DIAG_NO_OFFSET)
        (void)snprintf(buf, n_bytes, "%s: offset %" PRIu64 ": %s", diag->file, diag->offset,
                       diag->text);
    else
        (void)snprintf(buf, n_bytes, "%s: %s", diag->file, diag->text);
}

void sim_bug(const char *file, int line, const char *cond)
{
    (void)fprintf(stderr, "iommusim: bug at %s:%d: %s\n", file, line, cond);
    abort();
}
