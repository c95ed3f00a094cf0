/* SPDX-License-Identifier: BSD-2-Clause
 * result_csv.c - a table in CSV: a line of names, then rows of as many fields. */
#include "cli/result_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELD_BYTES (1u << 20)

/* ---- Reading -------------------------------------------------------------------------------- */

/** struct reader - @line: where the record begins; @field: grows. */
struct reader {
    FILE *file;
    struct sim_diag *diag;
    uint32_t line, next_line;
    char *field;
    size_t n, room;
};

static int put_byte(struct reader *reader, int c)
{
    if (reader->n + 1 >= reader->room) {
        const size_t room = reader->room ? 2 * reader->room : 256;
        char *field = room <= MAX_FIELD_BYTES ? realloc(reader->field, room) : NULL;

        if (!field)
            return sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0, "a field is too long");
        reader->field = field;
        reader->room = room;
    }
    reader->field[reader->n++] = (char)c;
    reader->field[reader->n] = '\0';
    return 0;
}

/* In quotes, behind the first one. @end: what follows the last. */
static int read_quoted(struct reader *reader, int *end)
{
    int err = 0;

    while (!err) {
        int c = getc(reader->file);

        if (c == EOF)
            return sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0,
                                 "quotes are not closed");
        reader->next_line += c == '\n';
        if (c == '"') {
            *end = getc(reader->file);
            if (*end != '"')
                return 0;
        }
        err = put_byte(reader, c);
    }
    return err;
}

/* @end: the comma, line end or EOF behind it. */
static int read_field(struct reader *reader, int *end)
{
    int c = getc(reader->file);
    int err = 0;

    reader->n = 0;
    if (reader->field)
        reader->field[0] = '\0';
    if (c == '"')
        err = read_quoted(reader, &c);
    while (!err && c != ',' && c != '\n' && c != EOF) {
        err = c == '\r' ? 0 : put_byte(reader, c);
        c = getc(reader->file);
    }
    *end = c;
    reader->next_line += c == '\n';
    return err;
}

/* Return: 0 and @fields (empty at the end of the file), or the error. */
static int read_row(struct reader *reader, json_t **fields)
{
    int end = ',';
    int err = 0;

    *fields = json_array();
    reader->line = reader->next_line;
    while (!err && end == ',') {
        err = read_field(reader, &end);
        if (err || (end == EOF && !json_array_size(*fields) && !reader->n))
            break;
        if (json_array_append_new(*fields, json_string(reader->n ? reader->field : "")))
            err = sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0, "a field is not UTF-8");
    }
    if (err)
        json_decref(*fields);
    return err;
}

/* ---- The table ------------------------------------------------------------------------------ */

static int read_rows(struct reader *reader, const json_t *head, json_t *rows)
{
    json_t *row;
    int err;

    for (;;) {
        size_t n;

        err = read_row(reader, &row);
        if (err)
            return err;
        n = json_array_size(row);
        if (n == json_array_size(head))
            (void)json_array_append(rows, row);
        json_decref(row);
        if (n == 0)
            return 0;
        if (n != json_array_size(head))
            return sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0,
                                 "%zu fields, the first line has %zu", n, json_array_size(head));
    }
}

int result_read_rows(const char *path, json_t **head, json_t **rows, struct sim_diag *diag)
{
    struct reader reader = {.file = fopen(path, "re"), .diag = diag, .next_line = 1};
    int err;

    if (!reader.file)
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
    *rows = json_array();
    err = read_row(&reader, head);
    if (err)
        *head = NULL;
    else if (!json_array_size(*head))
        err = sim_diag_text(diag, SIM_EFORMAT, 1, 0, "the table is empty");
    if (!err)
        err = read_rows(&reader, *head, *rows);
    (void)fclose(reader.file);
    free(reader.field);
    if (err) {
        json_decref(*head);
        json_decref(*rows);
    }
    return err;
}
