/* SPDX-License-Identifier: BSD-2-Clause
 * result.c - what kind of result a file is; its settings; words of verdicts. */
#include "cli/result.h"

#include "cli/result_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 8u /* of settings in settings */

static const char *const schemas[RESULT_N_KINDS] = {
    [RESULT_REPLAY] = "iommusim.replay/1",         [RESULT_EXPLORE] = "iommusim.explore/1",
    [RESULT_TRANSITION] = "iommusim.transition/1", [RESULT_SWEEP] = "sweep.csv",
    [RESULT_COMPARISON] = "iommusim.compare/1",    [RESULT_LIST] = "a table",
};

static const struct {
    const char *word;
    int rank;
    const char *meaning;
} words[] = {
    {"HITLESS", 0, "each request got what the old or the new domain promises; nothing was refused"},
    {"INCONCLUSIVE", 0, "nothing bad was proven, but something is missing: not a pass"},
    {"BREAKS", 1,
     "requests were refused during the change though neither the old nor the new domain refuses "
     "them; safe, not hitless"},
    {"STALE-REFUSAL", 2, "requests are refused still when the change is over; safe, not hitless"},
    {"TORN", 3,
     "during the change a request got to a place that neither the old nor the new domain names; "
     "not safe"},
    {"STALE", 4, "when the change was over, a request still got to a wrong place; not safe"},
    {"POISONS", 5, "hardware may keep an entry that another configuration will trust; not safe"},
    {"DANGLES", 6, "hardware may read memory that software has given back; not safe"},
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

int result_rank(const char *word)
{
    for (size_t i = 0; i < N_WORDS; i++) {
        if (strcmp(words[i].word, word) == 0)
            return words[i].rank;
    }
    return -1;
}

const char *result_meaning(const char *word)
{
    for (size_t i = 0; i < N_WORDS; i++) {
        if (strcmp(words[i].word, word) == 0)
            return words[i].meaning;
    }
    return NULL;
}

const char *result_word(size_t i)
{
    return i < N_WORDS ? words[i].word : NULL;
}

const char *result_schema(enum result_kind kind)
{
    return schemas[kind];
}

const char *result_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

const json_t *result_at(const json_t *object, const char *path)
{
    char name[64];

    while (object && *path) {
        const size_t n = strcspn(path, ".");

        if (n >= sizeof(name))
            return NULL;
        memcpy(name, path, n);
        name[n] = '\0';
        object = json_object_get(object, name);
        path += n + (path[n] == '.');
    }
    return object;
}

double result_number(const json_t *object, const char *path)
{
    return json_number_value(result_at(object, path));
}

json_t *result_rules(const struct result *result)
{
    if (result->kind == RESULT_TRANSITION)
        return json_object_get(json_object_get(result->json, "verdict"), "rules");
    return json_object_get(json_object_get(result->json, "protocol"), "counts");
}

const char *result_input(const struct result *result)
{
    return result_text(result->json, result->kind == RESULT_REPLAY ? "trace" : "input");
}

/* ---- Settings ------------------------------------------------------------------------------- */

static void put_scalar(json_t *settings, const char *name, const json_t *value)
{
    char *text = NULL;

    if (json_is_string(value)) {
        (void)json_object_set_new(settings, name, json_string(json_string_value(value)));
        return;
    }
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    if (text)
        (void)json_object_set_new(settings, name, json_string(text));
    free(text);
}

/* An object whose members are being put; @n_path: of the path that leads to it. */
struct level {
    json_t *object;
    void *next;
    size_t n_path;
};

/* Objects in objects become one list: "mem.latency_ns". */
static void put_settings(json_t *settings, const char *name, json_t *value)
{
    struct level levels[MAX_DEPTH];
    char path[256];
    size_t depth = 0;

    (void)snprintf(path, sizeof(path), "%s", name);
    if (!json_is_object(value)) {
        put_scalar(settings, path, value);
        return;
    }
    levels[depth++] = (struct level){value, json_object_iter(value), strlen(path)};
    while (depth > 0) {
        struct level *level = &levels[depth - 1];
        json_t *member = json_object_iter_value(level->next);

        if (!level->next) {
            depth--;
            continue;
        }
        (void)snprintf(path + level->n_path, sizeof(path) - level->n_path, "%s%s",
                       level->n_path ? "." : "", json_object_iter_key(level->next));
        level->next = json_object_iter_next(level->object, level->next);
        if (json_is_object(member) && depth < MAX_DEPTH)
            levels[depth++] = (struct level){member, json_object_iter(member), strlen(path)};
        else
            put_scalar(settings, path, member);
    }
}

static void put_units(json_t *settings, const json_t *units)
{
    size_t i;
    json_t *unit;

    json_array_foreach (units, i, unit) {
        char name[32];

        (void)snprintf(name, sizeof(name), "unit %zu", i);
        put_settings(settings, name, json_object_get(unit, "idr"));
    }
}

json_t *result_settings(const struct result *result)
{
    static const char *const members[] = {"arch", "seed", "config", "rules", "cell", "settings"};
    json_t *settings = json_object();

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *value = json_object_get(result->json, members[i]);
        const bool is_inner = json_is_object(value) && strcmp(members[i], "config") == 0;

        if (value && !json_is_array(value))
            put_settings(settings, is_inner ? "" : members[i], value);
    }
    put_units(settings, json_object_get(result->json, "units"));
    return settings;
}

/* ---- Files ---------------------------------------------------------------------------------- */

#define MAX_JSON_BYTES ((size_t)256 << 20)
#define MAX_JSON_VALUES ((size_t)16000000)
#define PATH_BYTES 4096u

/** enum form - how a file begins. */
enum form {
    FORM_OTHER,
    FORM_FOLDER,
    FORM_CSV,
    FORM_DB,
    FORM_JSON,
};

static bool ends_with_csv(const char *path)
{
    const size_t n = strlen(path);

    return n > 4 && strcmp(path + n - 4, ".csv") == 0;
}

static enum form form_of(const char *path)
{
    static const char magic[] = "SQLite format 3";
    char begin[sizeof(magic)] = "";
    struct stat status;
    FILE *file;
    int c;

    const bool is_there = stat(path, &status) == 0;

    if (is_there && S_ISDIR(status.st_mode))
        return FORM_FOLDER;
    if (ends_with_csv(path))
        return FORM_CSV;
    if (is_there && S_ISFIFO(status.st_mode)) /* what is read is gone */
        return FORM_JSON;
    file = fopen(path, "re");
    if (!file)
        return FORM_OTHER;
    if (fread(begin, 1, sizeof(begin), file) == sizeof(begin) &&
        memcmp(begin, magic, sizeof(magic)) == 0) {
        (void)fclose(file);
        return FORM_DB;
    }
    rewind(file);
    do
        c = getc(file);
    while (c != EOF && isspace(c));
    (void)fclose(file);
    return c == '{' || c == '[' ? FORM_JSON : FORM_OTHER;
}

bool result_is_file(const char *path)
{
    return form_of(path) != FORM_OTHER;
}

/* What is larger than any result takes many times as much memory; so do many small values. */
struct limited {
    FILE *file;
    size_t n_bytes, n_values;
};

static bool is_too_large(const struct limited *limited)
{
    return limited->n_bytes > MAX_JSON_BYTES || limited->n_values > MAX_JSON_VALUES;
}

static size_t read_limited(void *buffer, size_t n_bytes, void *data)
{
    struct limited *limited = data;
    const size_t n = fread(buffer, 1, n_bytes, limited->file);

    limited->n_bytes += n;
    for (size_t i = 0; i < n; i++)
        limited->n_values += ((const char *)buffer)[i] == ',';
    return is_too_large(limited) ? (size_t)-1 : n;
}

static int read_json(struct result *result, const char *path, struct sim_diag *diag)
{
    struct limited limited = {.file = fopen(path, "re")};
    json_error_t error;
    json_t *json;

    if (!limited.file)
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
    json = json_load_callback(read_limited, &limited, 0, &error);
    (void)fclose(limited.file);
    if (!json && is_too_large(&limited))
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                             "more than %zu MiB or %zu values, as no result has",
                             MAX_JSON_BYTES >> 20, MAX_JSON_VALUES);
    if (!json)
        return sim_diag_text(diag, SIM_EFORMAT, (uint32_t)(error.line > 0 ? error.line : 0),
                             (uint32_t)(error.column > 0 ? error.column : 0), "not JSON: %s",
                             error.text);
    return result_take(result, path, json, diag);
}

static int take_rows(struct result *result, const char *path, json_t *head, json_t *rows,
                     struct sim_diag *diag)
{
    return result_is_table(head) ? result_take_table(result, path, head, rows, diag)
                                 : result_take_list(result, path, head, rows);
}

static int read_folder(struct result *result, const char *path, struct sim_diag *diag)
{
    char table[PATH_BYTES];
    json_t *head, *rows;
    int err;

    if (snprintf(table, sizeof(table), "%s/sweep.csv", path) >= (int)sizeof(table))
        return sim_diag_text(diag, SIM_EIO, 0, 0, "its name is too long");
    if (access(table, R_OK) != 0)
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                             "a folder without sweep.csv: iommusim sweep writes one");
    err = result_read_rows(table, &head, &rows, diag);
    return err ? err : result_take_table(result, path, head, rows, diag);
}

int result_read(struct result *result, const char *path, struct sim_diag *diag)
{
    json_t *head, *rows;
    int err;

    switch (form_of(path)) {
    case FORM_FOLDER:
        return read_folder(result, path, diag);
    case FORM_DB:
        err = result_read_db(path, &head, &rows, diag);
        return err ? err : result_take_table(result, path, head, rows, diag);
    case FORM_CSV:
        err = result_read_rows(path, &head, &rows, diag);
        return err ? err : take_rows(result, path, head, rows, diag);
    case FORM_JSON:
    case FORM_OTHER:
    default:
        return read_json(result, path, diag);
    }
}

static int find_kind(struct result *result, struct sim_diag *diag)
{
    const char *schema = result_text(result->json, "schema");

    for (int i = 0; i < RESULT_LIST; i++) {
        if (i == RESULT_SWEEP || strcmp(schema, schemas[i]) != 0)
            continue;
        result->kind = (enum result_kind)i;
        return 0;
    }
    if (result_find_list(result))
        return 0;
    if (*schema)
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                             "its schema is '%.60s', which this iommusim does not know", schema);
    return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                         "JSON without a member \"schema\": no result of iommusim");
}

int result_take(struct result *result, const char *path, json_t *json, struct sim_diag *diag)
{
    json_t *head, *rows;
    int err;

    if (result_rows(json, &head, &rows)) {
        json_decref(json);
        return take_rows(result, path, head, rows, diag);
    }
    *result = (struct result){.path = path, .json = json, .ops = json_array()};
    err = result->ops ? find_kind(result, diag) : SIM_ENOMEM;
    if (!err && result->kind < RESULT_SWEEP)
        err = result_operations(result, diag);
    if (err)
        result_free(result);
    return err;
}

bool result_can_compare(const struct result *result)
{
    return result->kind <= RESULT_SWEEP;
}

void result_free(struct result *result)
{
    json_decref(result->json);
    json_decref(result->ops);
    json_decref(result->list);
    *result = (struct result){.path = result->path};
}
