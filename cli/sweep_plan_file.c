/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_plan_file.c - plan.jsonl: a line about the sweep, then a line for each point. */
#include "cli/sweep_plan.h"

#include "sim/outfile.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "iommusim.sweep-plan/1"
#define MAX_LINE_BYTES (1u << 20)

/* ---- out ------------------------------------------------------------------------------------- */

static json_t *json_words(const char *const *words, uint32_t n)
{
    json_t *json = json_array();

    for (uint32_t i = 0; i < n; i++)
        (void)json_array_append_new(json, words[i] ? json_string(words[i]) : json_null());
    return json;
}

/* One line; frees @json. */
static int write_line(FILE *out, json_t *json)
{
    const int err = json ? json_dumpf(json, out, JSON_COMPACT) : -1;

    json_decref(json);
    return err || fputc('\n', out) == EOF ? SIM_EIO : 0;
}

static int write_lines(const struct sweep_plan *plan, FILE *out)
{
    int err = write_line(out, json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "schema", SCHEMA,
                                        "program", plan->program, "folder", plan->folder, "points",
                                        (json_int_t)plan->n_points, "columns",
                                        json_words(plan->columns, plan->n_columns), "picks",
                                        json_words(plan->picks, plan->n_picks)));

    for (size_t i = 0; i < plan->n_points && !err; i++) {
        const struct sweep_point *point = &plan->points[i];

        err = write_line(out, json_pack("{s:s, s:o, s:o}", "key", point->key, "args",
                                        json_words(point->args, point->n_args), "values",
                                        json_words(point->values, point->n_values)));
    }
    return err;
}

int sweep_plan_write(const struct sweep_plan *plan, const char *path, struct sim_diag *diag)
{
    struct sim_outfile *out = sim_outfile_open(path, diag);

    if (!out)
        return SIM_EIO;
    if (write_lines(plan, sim_outfile_stream(out))) {
        sim_outfile_abort(out);
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot write %s: %s", path, strerror(errno));
    }
    return sim_outfile_commit(out, diag);
}

/* ---- in -------------------------------------------------------------------------------------- */

/* An open plan; @line_number of @line. */
struct reader {
    FILE *in;
    char *line;
    size_t room;
    uint32_t line_number;
    struct sim_diag *diag;
};

static int refuse(const struct reader *reader, const char *why)
{
    return sim_diag_text(reader->diag, SIM_EFORMAT, reader->line_number, 0, "%s", why);
}

/* Return: the next line as JSON; NULL at the end of the file or after a complaint. */
static json_t *next(struct reader *reader)
{
    const ssize_t n = getline(&reader->line, &reader->room, reader->in);
    json_error_t error;
    json_t *json;

    reader->line_number++;
    if (n <= 0)
        return NULL;
    json = n <= (ssize_t)MAX_LINE_BYTES ? json_loadb(reader->line, (size_t)n, 0, &error) : NULL;
    if (!json)
        (void)refuse(reader, "this is no line of a plan");
    return json;
}

/* The words of a list, in the pool. Return: how many, SIM_EFORMAT or SIM_ENOMEM. */
static int words_of(struct sweep_plan *plan, const json_t *list, const char **words, size_t room)
{
    const size_t n = json_array_size(list);

    if (!json_is_array(list) || n > room)
        return SIM_EFORMAT;
    for (size_t i = 0; i < n; i++) {
        const char *word = json_string_value(json_array_get(list, i));

        words[i] = word ? sweep_pool_add(plan->pool, word) : NULL;
        if (word && !words[i])
            return SIM_ENOMEM;
    }
    return (int)n;
}

static bool is_key(const char *key)
{
    return key && strlen(key) == SWEEP_SUM_CHARS - 1 &&
           strspn(key, "0123456789abcdef") == SWEEP_SUM_CHARS - 1;
}

static bool are_words(const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        if (!words[i])
            return false;
    }
    return n >= 0;
}

static int read_head(struct sweep_plan *plan, const json_t *json, struct reader *reader,
                     size_t *n_points)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    const char *program = json_string_value(json_object_get(json, "program"));
    const char *folder = json_string_value(json_object_get(json, "folder"));
    const int n_columns =
        words_of(plan, json_object_get(json, "columns"), plan->columns, SWEEP_MAX_COLUMNS);
    const int n_picks =
        words_of(plan, json_object_get(json, "picks"), plan->picks, SWEEP_MAX_COLUMNS);

    if (n_columns == SIM_ENOMEM || n_picks == SIM_ENOMEM)
        return SIM_ENOMEM;
    *n_points = (size_t)json_integer_value(json_object_get(json, "points"));
    if (!schema || strcmp(schema, SCHEMA) != 0 || !program || !folder ||
        !are_words(plan->columns, n_columns) || !are_words(plan->picks, n_picks) ||
        strlen(program) != SWEEP_SUM_CHARS - 1 || *n_points > SWEEP_MAX_POINTS)
        return refuse(reader, "this is no plan of a sweep of this version");
    memcpy(plan->program, program, SWEEP_SUM_CHARS);
    plan->n_columns = (uint32_t)n_columns;
    plan->n_picks = (uint32_t)n_picks;
    plan->folder = sweep_pool_add(plan->pool, folder);
    return plan->folder ? 0 : SIM_ENOMEM;
}

static int read_point(struct sweep_plan *plan, const json_t *json, struct reader *reader)
{
    const char *key = json_string_value(json_object_get(json, "key"));
    const char *args[SWEEP_MAX_ARGS];
    const char *values[SWEEP_MAX_COLUMNS];
    const int n_args = words_of(plan, json_object_get(json, "args"), args, SWEEP_MAX_ARGS);
    const int n_values = words_of(plan, json_object_get(json, "values"), values, SWEEP_MAX_COLUMNS);
    struct sweep_point *point;

    if (n_args == SIM_ENOMEM || n_values == SIM_ENOMEM)
        return SIM_ENOMEM;
    if (!is_key(key) || n_args == 0 || !are_words(args, n_args) || n_values < 0 ||
        n_values > (int)plan->n_columns || plan->n_points == plan->room)
        return refuse(reader, "this is no point of the plan");
    point = &plan->points[plan->n_points];
    point->n_args = (uint32_t)n_args;
    point->n_values = (uint32_t)n_values;
    point->args = calloc((size_t)point->n_args + point->n_values + 1, sizeof(*point->args));
    if (!point->args)
        return SIM_ENOMEM;
    point->values = point->args + n_args;
    memcpy(point->args, args, (size_t)n_args * sizeof(*args));
    memcpy(point->values, values, (size_t)n_values * sizeof(*values));
    memcpy(point->key, key, SWEEP_SUM_CHARS);
    plan->n_points++;
    return 0;
}

static int read_points(struct sweep_plan *plan, struct reader *reader, size_t n_points)
{
    json_t *json;
    int err = 0;

    plan->points = calloc(n_points + 1, sizeof(*plan->points));
    if (!plan->points)
        return SIM_ENOMEM;
    plan->room = n_points;
    while (!err && (json = next(reader))) {
        err = read_point(plan, json, reader);
        json_decref(json);
    }
    if (!err && !feof(reader->in))
        err = SIM_EFORMAT;
    if (!err && plan->n_points != n_points)
        err = refuse(reader, "the plan ends before its last point");
    return err;
}

int sweep_plan_read(struct sweep_plan *plan, const char *path, struct sim_diag *diag)
{
    struct reader reader = {.in = NULL, .diag = diag};
    size_t n_points = 0;
    json_t *head;
    int err;

    memset(plan, 0, sizeof(*plan));
    plan->pool = sweep_pool_new();
    reader.in = fopen(path, "re");
    if (!plan->pool || !reader.in) {
        if (reader.in)
            (void)fclose(reader.in);
        if (!plan->pool)
            return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot read %s: %s", path, strerror(errno));
    }
    head = next(&reader);
    err = head ? read_head(plan, head, &reader, &n_points)
               : refuse(&reader, "this is no plan of a sweep");
    json_decref(head);
    if (!err)
        err = read_points(plan, &reader, n_points);
    if (err == SIM_ENOMEM)
        (void)sim_diag_text(diag, err, 0, 0, "no memory");
    free(reader.line);
    (void)fclose(reader.in);
    return err;
}
