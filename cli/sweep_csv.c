/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_csv.c - comma-separated values. */
#include "cli/sweep_merge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put_text(FILE *out, const char *text)
{
    const size_t n = strlen(text);

    if (n && strcspn(text, ",\"\r\n") == n && text[0] != ' ' && text[n - 1] != ' ') {
        (void)fputs(text, out);
        return;
    }
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            (void)fputc('"', out);
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

/* The shortest of the usual spellings that gives the same number again. */
static void put_real(FILE *out, double value)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%.15g", value);
    if (strtod(text, NULL) != value)
        (void)snprintf(text, sizeof(text), "%.17g", value);
    (void)fputs(text, out);
}

static void put_cell(FILE *out, const struct sweep_cell *cell)
{
    switch (cell->kind) {
    case SWEEP_NOTHING:
        break;
    case SWEEP_TEXT:
        put_text(out, cell->text);
        break;
    case SWEEP_WHOLE:
        (void)fprintf(out, "%" PRId64, cell->whole);
        break;
    case SWEEP_REAL:
        put_real(out, cell->real);
        break;
    case SWEEP_TRUTH:
        (void)fputs(cell->whole ? "true" : "false", out);
        break;
    }
}

void sweep_csv_head(FILE *out, const struct sweep_table *table)
{
    for (size_t i = 0; i < sweep_table_n_columns(table); i++) {
        if (i)
            (void)fputc(',', out);
        put_text(out, sweep_table_name(table, i));
    }
    (void)fputc('\n', out);
}

void sweep_csv_row(FILE *out, const struct sweep_cell *cells, size_t n_cells)
{
    for (size_t i = 0; i < n_cells; i++) {
        if (i)
            (void)fputc(',', out);
        put_cell(out, &cells[i]);
    }
    (void)fputc('\n', out);
}
