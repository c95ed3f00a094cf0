/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_plan.c - points in memory, and their keys. */
#include "cli/sweep_plan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_VERSION "iommusim.sweep-key/1"
#define FIRST_ROOM 256u

static int no_memory(struct sim_diag *diag)
{
    return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
}

int sweep_plan_init(struct sweep_plan *plan, struct sim_diag *diag)
{
    char *folder = NULL;

    memset(plan, 0, sizeof(*plan));
    plan->pool = sweep_pool_new();
    if (!plan->pool)
        return no_memory(diag);
    folder = getcwd(NULL, 0);
    if (!folder)
        return sim_diag_text(diag, SIM_EIO, 0, 0, "the current folder has no name");
    plan->folder = sweep_pool_add(plan->pool, folder);
    free(folder);
    if (!plan->folder)
        return no_memory(diag);
    return sweep_file_sum("/proc/self/exe", plan->program, diag);
}

void sweep_plan_free(struct sweep_plan *plan)
{
    for (size_t i = 0; i < plan->n_points; i++)
        free(plan->points[i].args);
    free(plan->points);
    sweep_pool_free(plan->pool);
    memset(plan, 0, sizeof(*plan));
}

int sweep_plan_column(struct sweep_plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->n_columns; i++) {
        if (strcmp(plan->columns[i], name) == 0)
            return (int)i;
    }
    if (plan->n_columns == SWEEP_MAX_COLUMNS)
        return SIM_EFULL;
    plan->columns[plan->n_columns] = sweep_pool_add(plan->pool, name);
    if (!plan->columns[plan->n_columns])
        return SIM_ENOMEM;
    return (int)plan->n_columns++;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* What a key is the sum of. */
struct parts {
    char *bytes;
    size_t n, room;
};

static int put(struct parts *parts, const char *text)
{
    const size_t n_bytes = strlen(text) + 1;

    if (parts->n + n_bytes > parts->room) {
        const size_t room = (parts->n + n_bytes) * 2;
        char *bytes = realloc(parts->bytes, room);

        if (!bytes)
            return SIM_ENOMEM;
        parts->bytes = bytes;
        parts->room = room;
    }
    memcpy(parts->bytes + parts->n, text, n_bytes);
    parts->n += n_bytes;
    return 0;
}

/* An argument, and the file that it names. A NUL ends each part, so none runs into the next. */
static int put_arg(struct sweep_plan *plan, struct parts *parts, const char *arg,
                   struct sim_diag *diag)
{
    const char *equals = arg[0] == '-' ? strchr(arg, '=') : NULL;
    char sum[SWEEP_SUM_CHARS];
    int err = sweep_pool_file_sum(plan->pool, equals ? equals + 1 : arg, sum, diag);

    if (!err && (put(parts, arg) || put(parts, sum)))
        err = no_memory(diag);
    return err;
}

int sweep_plan_key(struct sweep_plan *plan, const struct sweep_point *point, char *key,
                   struct sim_diag *diag)
{
    struct parts parts = {NULL, 0, 0};
    int err = put(&parts, KEY_VERSION) || put(&parts, plan->program) ? no_memory(diag) : 0;

    for (uint32_t i = 0; i < point->n_args && !err; i++) {
        SIM_BUG_ON(!point->args || !point->args[i]);
        err = put_arg(plan, &parts, point->args[i], diag);
    }
    if (!err)
        sweep_bytes_sum(parts.bytes, parts.n, key);
    free(parts.bytes);
    return err;
}

/* ---- points ---------------------------------------------------------------------------------- */

static int grow(struct sweep_plan *plan)
{
    const size_t room = plan->room ? plan->room * 2 : FIRST_ROOM;
    struct sweep_point *points;

    if (plan->n_points < plan->room)
        return 0;
    points = realloc(plan->points, room * sizeof(*points));
    if (!points)
        return SIM_ENOMEM;
    plan->points = points;
    plan->room = room;
    return 0;
}

/* Arguments and values lie in one piece. */
static int copy_words(struct sweep_plan *plan, struct sweep_point *point, const char *const *args,
                      const char *const *values)
{
    const uint32_t n = point->n_args + point->n_values;

    point->args = calloc(n ? n : 1, sizeof(*point->args));
    if (!point->args)
        return SIM_ENOMEM;
    point->values = point->args + point->n_args;
    for (uint32_t i = 0; i < n; i++) {
        const char *word = i < point->n_args ? args[i] : values[i - point->n_args];

        if (!word)
            continue;
        point->args[i] = sweep_pool_add(plan->pool, word);
        if (!point->args[i])
            return SIM_ENOMEM;
    }
    return 0;
}

int sweep_plan_add(struct sweep_plan *plan, const char *const *args, uint32_t n_args,
                   const char *const *values, struct sim_diag *diag)
{
    struct sweep_point point = {.n_args = n_args, .n_values = plan->n_columns};
    int err;

    if (plan->n_points == SWEEP_MAX_POINTS)
        return sim_diag_text(diag, SIM_EFULL, 0, 0, "more than %u points", SWEEP_MAX_POINTS);
    err = grow(plan) || copy_words(plan, &point, args, values) ? no_memory(diag) : 0;
    if (!err)
        err = sweep_plan_key(plan, &point, point.key, diag);
    if (err) {
        free(point.args);
        return err;
    }
    plan->points[plan->n_points++] = point;
    return 0;
}

struct place {
    const char *key;
    size_t number;
};

static int compare(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    const int order = strcmp(left->key, right->key);

    if (order)
        return order;
    return (left->number > right->number) - (left->number < right->number);
}

int sweep_plan_unique(struct sweep_plan *plan)
{
    struct place *places = calloc(plan->n_points + 1, sizeof(*places));
    size_t n_left = 0;

    if (!places)
        return SIM_ENOMEM;
    for (size_t i = 0; i < plan->n_points; i++)
        places[i] = (struct place){plan->points[i].key, i};
    qsort(places, plan->n_points, sizeof(*places), compare);
    for (size_t i = 1; i < plan->n_points; i++) {
        struct sweep_point *point = &plan->points[places[i].number];

        if (strcmp(places[i - 1].key, point->key) != 0)
            continue;
        free(point->args);
        point->args = NULL;
    }
    free(places);
    for (size_t i = 0; i < plan->n_points; i++) {
        if (plan->points[i].args)
            plan->points[n_left++] = plan->points[i];
    }
    plan->n_points = n_left;
    return 0;
}

/* ---- for people ------------------------------------------------------------------------------ */

static bool is_plain(const char *arg)
{
    return *arg && strspn(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-_=./:,+@%") == strlen(arg);
}

/* In $'...' every byte has a printable spelling, so that no name can write to the terminal. */
static void print_quoted(FILE *out, const char *arg)
{
    (void)fputs("$'", out);
    for (; *arg; arg++) {
        const unsigned char c = (unsigned char)*arg;

        if (c < 0x20 || c >= 0x7f)
            (void)fprintf(out, "\\%03o", c);
        else
            (void)fprintf(out, c == '\'' || c == '\\' ? "\\%c" : "%c", c);
    }
    (void)fputc('\'', out);
}

void sweep_plan_print(FILE *out, const struct sweep_point *point)
{
    (void)fputs("iommusim", out);
    for (uint32_t i = 0; i < point->n_args; i++) {
        (void)fputc(' ', out);
        if (is_plain(point->args[i]))
            (void)fputs(point->args[i], out);
        else
            print_quoted(out, point->args[i]);
    }
}
