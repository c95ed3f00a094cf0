/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_result.h - the file that keeps what one point said (docs/schema/sweep-point.schema.json).
 * Knows: keys, JSON, sums. Must not know: what a result means. */
#ifndef CLI_SWEEP_RESULT_H
#define CLI_SWEEP_RESULT_H

#include "cli/sweep_plan.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWEEP_PATH_BYTES 4096u

/**
 * struct sweep_result - how a point ended.
 * @exit_code: -1 if it did not end by itself. @why: what makes it a failure; "" otherwise.
 * @errors: what it wrote to standard error. @json: its JSON, borrowed; NULL of a failure.
 */
struct sweep_result {
    int exit_code;
    const char *why;
    const char *errors;
    json_t *json;
};

/** sweep_result_folders - @dir and what belongs in it are there. Return: 0 or SIM_EIO, with @diag.
 */
int sweep_result_folders(const char *dir, struct sim_diag *diag);

/**
 * sweep_result_clean - remove the temporary files that a crash left in @dir, none of a writer that
 * lives, and nothing with any other name. Return: how many were removed.
 */
size_t sweep_result_clean(const char *dir);

/** sweep_result_path - where the result of @key is. @path: SWEEP_PATH_BYTES.
 * Return: SIM_EINVAL if @dir is too long. */
int sweep_result_path(const char *dir, const char *key, char *path);

/** sweep_result_write - the result of @point, whole or not at all. Return: 0, SIM_ENOMEM, SIM_EIO.
 */
int sweep_result_write(const char *dir, const char *program, const struct sweep_point *point,
                       const struct sweep_result *result, struct sim_diag *diag);

/**
 * sweep_result_state - what there is of @key in @dir. A file that is not whole is no result.
 * @why: if not NULL, of a failure: a copy of its reason, for the caller to free.
 */
enum sweep_state sweep_result_state(const char *dir, const char *key, char **why);

/** sweep_result_judge - what the file's JSON (NULL: there is none) says; @why: its reason,
 * borrowed,
 * "" if it is done; may be NULL. */
enum sweep_state sweep_result_judge(const json_t *json, const char **why);

/** sweep_result_read - the whole file of @key. @json: NULL if it is not there or not whole.
 * Return: 0 or SIM_ENOMEM. */
int sweep_result_read(const char *dir, const char *key, json_t **json);

#ifdef __cplusplus
}
#endif
#endif
