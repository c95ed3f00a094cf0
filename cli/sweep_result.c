/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_result.c - one file a point: a line of JSON that ends with the sum of all before it. */
#include "cli/sweep_result.h"

#include "sim/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEMA "iommusim.sweep-point/1"
#define MAX_FILE_BYTES (160L << 20)
#define TAIL_BEGIN ",\"sum\":\""
#define TAIL_END "\"}\n"
#define TAIL_BYTES (sizeof(TAIL_BEGIN) - 1 + SWEEP_SUM_CHARS - 1 + sizeof(TAIL_END) - 1)

static int make_folder(const char *path, struct sim_diag *diag)
{
    struct stat about;

    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode)))
        return 0;
    return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot make the folder %s: %s", path,
                         strerror(errno));
}

int sweep_result_folders(const char *dir, struct sim_diag *diag)
{
    char path[SWEEP_PATH_BYTES];
    const int n = snprintf(path, sizeof(path), "%s/points", dir);
    int err;

    if (n < 0 || (size_t)n >= sizeof(path))
        return sim_diag_text(diag, SIM_EIO, 0, 0, "the name of the folder is too long");
    err = make_folder(dir, diag);
    return err ? err : make_folder(path, diag);
}

int sweep_result_path(const char *dir, const char *key, char *path)
{
    const int n = snprintf(path, SWEEP_PATH_BYTES, "%s/points/%s.json", dir, key);

    return n < 0 || (size_t)n >= SWEEP_PATH_BYTES ? SIM_EINVAL : 0;
}

/* ---- out ------------------------------------------------------------------------------------- */

/* "key" stands behind "schema": sweep_result_state looks there. */
static json_t *make_json(const char *program, const struct sweep_point *point,
                         const struct sweep_result *result)
{
    json_t *args = json_array();

    for (uint32_t i = 0; i < point->n_args; i++)
        (void)json_array_append_new(args, json_string(point->args[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:O?}", "schema", SCHEMA, "key",
                     point->key, "program", program, "args", args, "exit",
                     result->exit_code < 0 ? json_null() : json_integer(result->exit_code), "why",
                     result->why, "stderr", result->errors, "result", result->json);
}

static int write_text(FILE *out, char *text)
{
    const size_t n_bytes = strlen(text) - 1; /* the closing brace comes behind the sum */
    char sum[SWEEP_SUM_CHARS];

    sweep_bytes_sum(text, n_bytes, sum);
    text[n_bytes] = '\0';
    return fprintf(out, "%s" TAIL_BEGIN "%s" TAIL_END, text, sum) < 0 ? SIM_EIO : 0;
}

int sweep_result_write(const char *dir, const char *program, const struct sweep_point *point,
                       const struct sweep_result *result, struct sim_diag *diag)
{
    char path[SWEEP_PATH_BYTES];
    json_t *json = make_json(program, point, result);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    struct sim_outfile *out = NULL;
    int err = SIM_EIO;

    json_decref(json);
    if (!text)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for a result");
    if (sweep_result_path(dir, point->key, path) == 0)
        out = sim_outfile_open(path, diag);
    if (out) {
        err = write_text(sim_outfile_stream(out), text);
        if (!err)
            err = sim_outfile_commit(out, diag);
        else
            sim_outfile_abort(out);
    }
    free(text);
    return err ? sim_diag_text(diag, err, 0, 0, "cannot write %s", path) : 0;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* Are these the bytes that were written? */
static bool is_whole(const char *text, size_t n_bytes)
{
    const char *tail = text + n_bytes - TAIL_BYTES;
    char sum[SWEEP_SUM_CHARS];

    sweep_bytes_sum(text, n_bytes - TAIL_BYTES, sum);
    return memcmp(tail, TAIL_BEGIN, sizeof(TAIL_BEGIN) - 1) == 0 &&
           memcmp(tail + sizeof(TAIL_BEGIN) - 1, sum, sizeof(sum) - 1) == 0;
}

/* The bytes of the file of @key, with a NUL behind them; NULL if it is not there or not whole. */
static int read_whole(const char *dir, const char *key, char **text, size_t *n_bytes)
{
    char path[SWEEP_PATH_BYTES];
    FILE *in = sweep_result_path(dir, key, path) ? NULL : fopen(path, "re");
    struct stat about;
    int err = 0;

    *text = NULL;
    if (in && fstat(fileno(in), &about) == 0 && S_ISREG(about.st_mode) &&
        about.st_size > (off_t)TAIL_BYTES && about.st_size < MAX_FILE_BYTES) {
        *n_bytes = (size_t)about.st_size;
        *text = malloc(*n_bytes + 1);
        err = *text ? 0 : SIM_ENOMEM;
    }
    if (*text && (fread(*text, 1, *n_bytes, in) != *n_bytes || !is_whole(*text, *n_bytes))) {
        free(*text);
        *text = NULL;
    }
    if (*text)
        (*text)[*n_bytes] = '\0';
    if (in)
        (void)fclose(in);
    return err;
}

/* A file under a name that is not its own key (copied, renamed) is no result either. */
static bool has_key(const char *text, const char *key)
{
    static const char head[] = "{\"schema\":\"" SCHEMA "\",\"key\":\"";

    return strncmp(text, head, sizeof(head) - 1) == 0 &&
           strncmp(text + sizeof(head) - 1, key, SWEEP_SUM_CHARS - 1) == 0;
}

int sweep_result_read(const char *dir, const char *key, json_t **json)
{
    size_t n_bytes = 0;
    char *text;
    int err = read_whole(dir, key, &text, &n_bytes);

    *json = NULL;
    if (text && has_key(text, key)) {
        /* The sum is right, so the text is: only memory can be missing. */
        *json = json_loadb(text, n_bytes, 0, NULL);
        err = *json ? 0 : SIM_ENOMEM;
    }
    free(text);
    return err;
}

enum sweep_state sweep_result_judge(const json_t *json, const char **why)
{
    const char *reason = json_string_value(json_object_get(json, "why"));

    if (why)
        *why = reason ? reason : "";
    if (!reason)
        return SWEEP_MISSING;
    return *reason ? SWEEP_FAILED : SWEEP_DONE;
}

enum sweep_state sweep_result_state(const char *dir, const char *key, char **why)
{
    json_t *json;
    const char *reason;
    enum sweep_state state;

    (void)sweep_result_read(dir, key, &json); /* without memory it would run again: no harm */
    state = sweep_result_judge(json, &reason);
    if (why)
        *why = state == SWEEP_FAILED ? strdup(reason) : NULL;
    json_decref(json);
    return state;
}
