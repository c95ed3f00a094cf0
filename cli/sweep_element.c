/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_element.c - elements.json: which points are whose. */
#include "cli/sweep_plan.h"
#include "cli/sweep_result.h"
#include "cli/sweep_slurm.h"

#include "sim/outfile.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "iommusim.sweep-elements/1"
#define MS_PER_S 1000u

static int elements_path(const char *dir, char *path)
{
    const int n = snprintf(path, SWEEP_PATH_BYTES, "%s/elements.json", dir);

    return n < 0 || (size_t)n >= SWEEP_PATH_BYTES ? SIM_EINVAL : 0;
}

int sweep_elements_write(const struct sweep_elements *elements, const char *dir,
                         struct sim_diag *diag)
{
    char path[SWEEP_PATH_BYTES];
    json_t *points = json_array();
    struct sim_outfile *out = NULL;
    json_t *json;
    int err;

    for (size_t i = 0; i < elements->n_points; i++)
        (void)json_array_append_new(points, json_integer((json_int_t)elements->points[i]));
    json = json_pack("{s:s, s:I, s:I, s:b, s:o}", "schema", SCHEMA, "elements",
                     (json_int_t)elements->n_elements, "timeout", (json_int_t)elements->timeout_s,
                     "retry", elements->retries, "points", points);
    if (json && elements_path(dir, path) == 0)
        out = sim_outfile_open(path, diag);
    err = out ? json_dumpf(json, sim_outfile_stream(out), JSON_COMPACT) : SIM_EIO;
    json_decref(json);
    if (!err)
        return sim_outfile_commit(out, diag);
    sim_outfile_abort(out);
    return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot write elements.json: %s", strerror(errno));
}

/* Numbers of points, each below the limit. */
static int take_points(struct sweep_elements *elements, const json_t *list)
{
    const size_t n = json_array_size(list);

    elements->points = calloc(n + 1, sizeof(*elements->points));
    if (!elements->points)
        return SIM_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(list, i);

        if (!json_is_integer(number) || json_integer_value(number) < 0 ||
            json_integer_value(number) >= SWEEP_MAX_POINTS)
            return SIM_EFORMAT;
        elements->points[i] = (size_t)json_integer_value(number);
    }
    elements->n_points = n;
    return 0;
}

static int take(struct sweep_elements *elements, const json_t *json)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    const json_int_t n = json_integer_value(json_object_get(json, "elements"));
    const json_int_t timeout = json_integer_value(json_object_get(json, "timeout"));

    if (!schema || strcmp(schema, SCHEMA) != 0 || n < 1 || n > SWEEP_MAX_ELEMENTS || timeout < 0)
        return SIM_EFORMAT;
    elements->n_elements = (uint32_t)n;
    elements->timeout_s = (uint64_t)timeout;
    elements->retries = json_is_true(json_object_get(json, "retry"));
    return take_points(elements, json_object_get(json, "points"));
}

int sweep_elements_read(struct sweep_elements *elements, const char *dir, struct sim_diag *diag)
{
    char path[SWEEP_PATH_BYTES];
    json_error_t error = {.text = "the name of the folder is too long"};
    json_t *json;
    int err;

    memset(elements, 0, sizeof(*elements));
    json = elements_path(dir, path) ? NULL : json_load_file(path, 0, &error);
    if (!json)
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0, "elements.json: %s", error.text);
    err = take(elements, json);
    json_decref(json);
    if (!err)
        return 0;
    free(elements->points);
    elements->points = NULL;
    return sim_diag_text(diag, err, 0, 0, "elements.json is no list of elements");
}

uint32_t sweep_elements_count(size_t n_points, uint64_t point_ms, uint64_t element_s,
                              uint64_t n_jobs)
{
    const uint64_t n = n_points * point_ms / (element_s * n_jobs * MS_PER_S);

    if (n > SWEEP_MAX_ELEMENTS)
        return SWEEP_MAX_ELEMENTS;
    return n ? (uint32_t)n : 1;
}
